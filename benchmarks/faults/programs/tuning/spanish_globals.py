"""Red neuronal de dos capas con variables globales y descenso por lotes."""

import numpy as np

np.random.seed(8)


def generar(n):
    X = np.random.rand(n, 3) * 2 - 1
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    return X, y


def normalizar(X, media, desviacion):
    return (X - media) / desviacion


datos, etiquetas = generar(140)
indices = np.random.permutation(140)
datos, etiquetas = datos[indices], etiquetas[indices]
corte = 100
X_ent, X_pru = datos[:corte], datos[corte:]
y_ent, y_pru = etiquetas[:corte], etiquetas[corte:]
media, desviacion = X_ent.mean(axis=0), X_ent.std(axis=0)
X_ent = normalizar(X_ent, media, desviacion)
X_pru = normalizar(X_pru, media, desviacion)
Y_ent = np.zeros((corte, 2))
Y_ent[np.arange(corte), y_ent] = 1

pesos1 = np.random.randn(3, 12) * 0.6
sesgo1 = np.zeros(12)
pesos2 = np.random.randn(12, 2) * 0.6
sesgo2 = np.zeros(2)


def softmax(v):
    v = np.exp(v - v.max(axis=1, keepdims=True))
    return v / v.sum(axis=1, keepdims=True)


def capa_oculta(X):
    return np.maximum(X @ pesos1 + sesgo1, 0)


def propagar(X):
    oculta = capa_oculta(X)
    return oculta, softmax(oculta @ pesos2 + sesgo2)


def entropia(salida, Y):
    return -np.sum(Y * np.log(salida)) / len(Y)


def entrenar(X, Y, tasa=0.3, epocas=60, lote=25):
    global pesos1, sesgo1, pesos2, sesgo2
    for epoca in range(epocas):
        mezcla = np.random.permutation(len(X))
        X, Y = X[mezcla], Y[mezcla]
        for inicio in range(0, len(X), lote):
            Xb, Yb = X[inicio : inicio + lote], Y[inicio : inicio + lote]
            oculta, salida = propagar(Xb)
            delta2 = (salida - Yb) / len(Xb)
            delta1 = (delta2 @ pesos2.T) * (oculta > 0)
            pesos2 = pesos2 - tasa * oculta.T @ delta2
            sesgo2 = sesgo2 - tasa * delta2.sum(axis=0)
            pesos1 = pesos1 - tasa * Xb.T @ delta1
            sesgo1 = sesgo1 - tasa * delta1.sum(axis=0)
        if epoca % 10 == 0:
            print("loss", entropia(propagar(X)[1], Y))


entrenar(X_ent, Y_ent)
aciertos = np.argmax(propagar(X_pru)[1], axis=1) == y_pru
print("exactitud", np.mean(aciertos))
