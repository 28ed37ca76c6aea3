"""
Red neuronal para regresión: aproximar y = sen(x) con una capa oculta.
Los parámetros se guardan en una lista [W1, b1, W2, b2].
"""
import numpy as np


def generar_datos(n, semilla):
    azar = np.random.RandomState(semilla)
    x = azar.uniform(-np.pi, np.pi, size=(n, 1))
    y = np.sin(x) + azar.normal(0, 0.05, size=(n, 1))
    return x, y


def inicializar(entradas, ocultas, salidas):
    azar = np.random.RandomState(10)
    W1 = azar.randn(entradas, ocultas)
    b1 = np.zeros((1, ocultas))
    W2 = azar.randn(ocultas, salidas) / np.sqrt(ocultas)
    b2 = np.zeros((1, salidas))
    return [W1, b1, W2, b2]


def tangente(z):
    return np.tanh(z)


def derivada_tangente(z):
    return 1 - np.tanh(z)**2


def propagar(parametros, x):
    W1, b1, W2, b2 = parametros
    z1 = x @ W1 + b1
    a1 = tangente(z1)
    salida = a1 @ W2 + b2      # salida lineal
    return z1, a1, salida


def error_cuadratico(salida, y):
    return np.mean((salida - y)**2)


def retropropagar(parametros, x, y):
    W1, b1, W2, b2 = parametros
    z1, a1, salida = propagar(parametros, x)
    n = x.shape[0]

    d_salida = 2 * (salida - y) / n
    gW2 = a1.T @ d_salida
    gb2 = d_salida.sum(axis=0, keepdims=True)
    d_oculta = d_salida @ W2.T
    d_z1 = d_oculta * derivada_tangente(z1)
    gW1 = x.T @ d_z1
    gb1 = d_z1.sum(axis=0, keepdims=True)
    return [gW1, gb1, gW2, gb2]


def actualizar(parametros, gradientes, tasa):
    return [p - tasa * g for p, g in zip(parametros, gradientes)]


def entrenar(x, y, ocultas=20, tasa=0.03, epocas=2000):
    parametros = inicializar(x.shape[1], ocultas, y.shape[1])
    for epoca in range(epocas):
        gradientes = retropropagar(parametros, x, y)
        parametros = actualizar(parametros, gradientes, tasa)
        if epoca % 200 == 0:
            perdida = error_cuadratico(propagar(parametros, x)[2], y)
            print(f"época {epoca:5d}   error {perdida:.5f}")
    return parametros


def predecir(parametros, x):
    return propagar(parametros, x)[2]


if __name__ == "__main__":
    x_ent, y_ent = generar_datos(200, 0)
    x_pru, y_pru = generar_datos(50, 1)
    parametros = entrenar(x_ent, y_ent)
    print("error de entrenamiento:", error_cuadratico(predecir(parametros, x_ent), y_ent))
    print("error de prueba:", error_cuadratico(predecir(parametros, x_pru), y_pru))
