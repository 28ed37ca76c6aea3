"""Files that nothing runs, in another language or with a data part; arrays that are changed in place."""

import pytest

from benchmarks.faults.mutants import plain, programs
from tests.checking.test_programs import checked

FUNCTIONS = """
import numpy as np


def initialisation(n0, n1, n2):
    np.random.seed(4)
    W1 = np.random.randn(n1, n0) * 0.5
    b1 = np.zeros((n1, 1))
    W2 = np.random.randn(n2, n1) * 0.5
    b2 = np.zeros((n2, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def relu(x):
    return np.maximum(0, x)


def derivee_relu(x):
    return (x > 0).astype(float)


def sigmoide(x):
    return 1 / (1 + np.exp(-x))


def propagation_avant(X, parametres):
    Z1 = parametres["W1"].dot(X) + parametres["b1"]
    A1 = relu(Z1)
    Z2 = parametres["W2"].dot(A1) + parametres["b2"]
    A2 = sigmoide(Z2)
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def perte(A2, y):
    eps = 1e-12
    m = y.shape[1]
    return -1 / m * np.sum(y * np.log(A2 + eps) + (1 - y) * np.log(1 - A2 + eps))


def retropropagation(X, y, activations, parametres):
    m = y.shape[1]
    dZ2 = activations["A2"] - y
    dW2 = 1 / m * dZ2.dot(activations["A1"].T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(parametres["W2"].T, dZ2) * derivee_relu(activations["Z1"])
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def mise_a_jour(gradients, parametres, taux):
    parametres["W1"] = parametres["W1"] - taux * gradients["dW1"]
    parametres["b1"] = parametres["b1"] - taux * gradients["db1"]
    parametres["W2"] = parametres["W2"] - taux * gradients["dW2"]
    parametres["b2"] = parametres["b2"] - taux * gradients["db2"]
    return parametres


def prediction(X, parametres):
    A2 = propagation_avant(X, parametres)["A2"]
    return A2 >= 0.5


def entrainement(X, y, n1=6, taux=0.5, n_iter=100):
    parametres = initialisation(X.shape[0], n1, y.shape[0])
    historique = []
    for i in range(n_iter):
        activations = propagation_avant(X, parametres)
        historique.append(perte(activations["A2"], y))
        gradients = retropropagation(X, y, activations, parametres)
        parametres = mise_a_jour(gradients, parametres, taux)
    return parametres, historique
"""

DATA_AND_CLASS = """
import numpy as np

CLASSES = ["setosa", "versicolor", "virginica"]


def make_table(n=150, seed=2):
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 3
    table = rng.normal(loc=kind[:, None] * [1.0, -0.5, 2.0, 0.5] + 4, scale=1.0, size=(n, 4)).round(1)
    names = [CLASSES[k] for k in kind]
    return table, names


data, names = make_table()
codes = np.array([CLASSES.index(name) for name in names])
perm = np.random.default_rng(11).permutation(len(data))
data = data[perm]
codes = codes[perm]
n_train = int(0.7 * len(data))
Xtr, Xte = data[:n_train], data[n_train:]
ytr, yte = codes[:n_train], codes[n_train:]
center = Xtr.mean(axis=0)
spread = Xtr.std(axis=0)
Xtr = (Xtr - center) / spread
Xte = (Xte - center) / spread
Ytr = np.eye(3)[ytr]
Yte = np.eye(3)[yte]


class TwoLayerNet:
    def __init__(self, n_features, n_hidden, n_classes, lr=0.1):
        rng = np.random.default_rng(0)
        self.lr = lr
        self.W1 = rng.normal(size=(n_features, n_hidden)) * np.sqrt(2.0 / n_features)
        self.b1 = np.zeros(n_hidden)
        self.W2 = rng.normal(size=(n_hidden, n_classes)) * np.sqrt(2.0 / n_hidden)
        self.b2 = np.zeros(n_classes)

    def forward(self, X):
        self.Z1 = X @ self.W1 + self.b1
        self.A1 = self.Z1 * (self.Z1 > 0)
        scores = self.A1 @ self.W2 + self.b2
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.P = e / e.sum(axis=1, keepdims=True)
        return self.P

    def loss(self, X, Y):
        return -np.mean(np.sum(Y * np.log(self.forward(X)), axis=1))

    def backward(self, X, Y):
        n = X.shape[0]
        dO = (self.P - Y) / n
        dW2 = self.A1.T @ dO
        db2 = np.sum(dO, axis=0)
        dH = dO @ self.W2.T
        dZ = dH * (self.Z1 > 0)
        dW1 = X.T @ dZ
        db1 = np.sum(dZ, axis=0)
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2

    def fit(self, X, Y, X_val, Y_val, n_epochs=50):
        history = {"train": [], "val": []}
        for epoch in range(n_epochs):
            self.forward(X)
            self.backward(X, Y)
            history["train"].append(self.loss(X, Y))
            history["val"].append(self.loss(X_val, Y_val))
        return history

    def predict(self, X):
        return self.forward(X).argmax(axis=1)

    def score(self, X, y):
        return np.mean(self.predict(X) == y)
"""

LAYERS = """
import numpy as np


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, grad):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(size=(n_in, n_out)) * 0.5
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T


class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, grad):
        return grad * (self.x > 0)


class Tanh(Layer):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y**2)


class SoftmaxLoss:
    def forward(self, logits, labels):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.p, self.labels = e / e.sum(axis=1, keepdims=True), labels
        return -np.log(self.p[np.arange(len(labels)), labels]).mean()

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad)), self.labels] -= 1
        return grad / len(grad)


class Descent:
    def __init__(self, layers, rate):
        self.layers, self.rate = layers, rate

    def step(self):
        for layer in self.layers:
            if isinstance(layer, Dense):
                layer.W -= self.rate * layer.dW
                layer.b -= self.rate * layer.db


class Stack:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)


def accuracy(net, x, labels):
    return (net.forward(x).argmax(axis=1) == labels).mean()
"""

KEPT = """
import numpy as np


class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden) * 0.5
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out) * 0.5
        self.b2 = np.zeros(n_out)

    def forward(self, X):
        self.X = X
        self.H = np.maximum(X @ self.W1 + self.b1, 0)
        s = self.H @ self.W2 + self.b2
        e = np.exp(s - s.max(axis=1, keepdims=True))
        self.P = e / e.sum(axis=1, keepdims=True)
        return self.P

    def backward(self, Y):
        d = (self.P - Y) / len(Y)
        self.dW2 = self.H.T @ d
        self.db2 = d.sum(axis=0)
        d = d @ self.W2.T * (self.H > 0)
        self.dW1 = self.X.T @ d
        self.db1 = d.sum(axis=0)
"""

UNKNOWN_WORDS = """
import numpy as np


class Setevi:
    def __init__(self, ulaz, sredina, izlaz):
        self.A = np.random.randn(ulaz, sredina) * 0.5
        self.B = np.random.randn(sredina, izlaz) * 0.5

    def napred(self, X):
        h = np.maximum(X @ self.A, 0)
        e = np.exp(h @ self.B - (h @ self.B).max(axis=1, keepdims=True))
        return h, e / e.sum(axis=1, keepdims=True)

    def korak(self, X, y, brzina):
        h, p = self.napred(X)
        p[np.arange(len(y)), y] -= 1
        nazad = p @ self.B.T * (h > 0)
        self.B -= brzina * h.T @ p / len(y)
        self.A -= brzina * X.T @ nazad / len(y)

    def uci(self, X, y, krugova=10):
        for krug in range(krugova):
            self.korak(X, y, 0.1)

    def pogodi(self, X):
        return self.napred(X)[1].argmax(axis=1)
"""

IN_PLACE = plain(programs("tuning")["namespace_leaky"])
PROGRAMS = {"functions": FUNCTIONS, "data": DATA_AND_CLASS, "in place": IN_PLACE, "layers": LAYERS}
PROGRAMS |= {"words": UNKNOWN_WORDS, "kept": KEPT}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_right_file_is_right(program, tmp_path):
    report = checked(PROGRAMS[program], tmp_path)
    assert report.ok, str(report)
    assert report.together.status == "right", str(report)


FAULTS = [
    ("functions", 'dZ2.dot(activations["A1"].T)', 'dZ2.dot(activations["Z1"].T)', "Z_for_H"),
    ("functions", "return A2 >= 0.5", "return A2 <= 0.5", "predicts_least"),
    ("functions", "dZ1.dot(X.T)", "dZ1.dot(X)", "transpose_missing"),
    ("data", "codes = codes[perm]", "codes = codes", "shuffled_apart"),
    ("data", "center = Xtr.mean(axis=0)", "center = data.mean(axis=0)", "test_statistics"),
    ("data", "CLASSES.index(name) for", "CLASSES.index(name) + 1 for", "labels_one_off"),
    ("layers", "x @ self.W + self.b", "x @ self.W", "bias_missing"),
    ("layers", "self.x.T @ grad", "self.x @ grad", "transpose_missing"),
    ("layers", "size=(n_in, n_out)", "size=(n_out, n_in)", "transpose_missing"),
    ("layers", "grad * (self.x > 0)", "grad * (self.x < 0)", "relu_derivative_flipped"),
    ("layers", "1 - self.y**2", "1 - self.y", "slope_formula"),
    ("layers", "return -np.log", "return np.log", "loss_sign"),
    ("layers", "grad.sum(axis=0)", "grad.sum()", "bias_summed_whole"),
    ("layers", "return grad / len(grad)", "return -grad / len(grad)", "gradient_sign"),
    ("layers", "-= self.rate * layer.dW", "+= self.rate * layer.dW", "update_sign"),
    ("layers", "argmax(axis=1)", "argmin(axis=1)", "predicts_least"),
    ("kept", "self.dW2 = self.H.T @ d", "self.dW2 = self.X.T @ d", "shapes_clash"),
    ("kept", "self.db1 = d.sum(axis=0)", "self.db1 = d.sum()", "bias_summed_whole"),
    ("words", " * (h > 0)", " * (h <= 0)", "relu_derivative_flipped"),
    ("words", "argmax(axis=1)", "argmax(axis=0)", "wrong_axis"),
    ("in place", "-= rate", "+= rate", "update_sign"),
    ("in place", "np.maximum(z, out, out=out)", "np.minimum(z, out, out=out)", "relu_flipped"),
    ("in place", "[...] -= rate", "[...] = rate", "update_replaces"),
]


@pytest.mark.parametrize(("program", "right", "fault", "cause"), FAULTS)
def test_a_fault_is_found_and_named(program, right, fault, cause, tmp_path):
    assert right in PROGRAMS[program]
    report = checked(PROGRAMS[program].replace(right, fault), tmp_path)
    found = [code for step in report.steps for code in step.causes]
    assert cause in found, str(report)


def test_a_class_whose_sizes_have_defaults_is_not_called_wrong_for_other_samples(tmp_path):
    text = """
import numpy as np

class Net:
    def __init__(self, features=784, hidden=30, classes=10):
        self.W1, self.b1 = np.random.randn(features, hidden) * 0.01, np.zeros((1, hidden))
        self.W2, self.b2 = np.random.randn(hidden, classes) * 0.01, np.zeros((1, classes))

    def forward(self, x):
        self.H = np.maximum(x @ self.W1 + self.b1, 0)
        return self.H @ self.W2 + self.b2
"""
    assert checked(text, tmp_path).ok


def test_a_softmax_over_columns_beside_a_training_that_cannot_run_is_right(tmp_path):
    text = """
import numpy as np
import nowhere

def softmax(z):
    return np.exp(z - np.max(z, axis=0)) / np.sum(np.exp(z - np.max(z, axis=0)), axis=0)

def learn_all(count, W, c):
    for k in range(count):
        W = W - 0.1 * (softmax(W @ samples + c) - truth) @ samples.T
    return W

samples, truth = nowhere.samples(), nowhere.truth().numbers
learn_all(3, nowhere.start(), nowhere.start())
"""
    assert checked(text, tmp_path).ok


NAMEDTUPLE = """
from collections import namedtuple
import numpy as np

Parametros = namedtuple("Parametros", ["W1", "b1", "W2", "b2"])


def inicializa(entradas, ocultos, saidas, semente=0):
    r = np.random.default_rng(semente)
    W1, W2 = r.normal(size=(ocultos, entradas)) * 0.5, r.normal(size=(saidas, ocultos)) * 0.5
    return Parametros(W1=W1, b1=np.zeros((ocultos, 1)), W2=W2, b2=np.zeros((saidas, 1)))


def propaga(par, X):
    A = np.tanh(par.W1 @ X + par.b1)
    return A, par.W2 @ A + par.b2


def retropropaga(par, X, T):
    A, S = propaga(par, X)
    dS = (S - T) / X.shape[1]
    dZ = (par.W2.T @ dS) * (1 - A**2)
    return dZ @ X.T, dZ.sum(axis=1, keepdims=True), dS @ A.T, dS.sum(axis=1, keepdims=True)


def treina(par, X, T, epocas=50, taxa=0.05):
    for _ in range(epocas):
        par = Parametros(*[p - taxa * g for p, g in zip(par, retropropaga(par, X, T))])
    return par
"""


def test_a_namedtuple_of_parameters_in_portuguese_is_driven(tmp_path):
    assert checked(NAMEDTUPLE, tmp_path).together.status == "right"
    wrong = checked(NAMEDTUPLE.replace("(1 - A**2)", "(1 - A)"), tmp_path)
    assert "slope_formula" in wrong["relu_derivative"].causes


def test_a_gradient_that_does_not_fit_its_velocity_is_named(tmp_path):
    text = NAMEDTUPLE.replace(
        "        par = ",
        "        v = [0.9 * u + g for u, g in zip(v, retropropaga(par, X, T))]\n        par = ",
    )
    text = text.replace("retropropaga(par, X, T))])", "v)])").replace(
        "    for _ in", "    v = [np.zeros_like(p) for p in par]\n    for _ in"
    )
    assert checked(text, tmp_path).together.status == "right"
    turned = checked(text.replace("dZ @ X.T,", "X @ dZ.T,"), tmp_path)
    assert turned.wrong == ("compute_gradient",)


PAIRS = """
import random

import numpy as np


class Net:
    def __init__(self, sizes):
        self.biases = [np.random.randn(b, 1) for b in sizes[1:]]
        self.weights = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]

    def fit(self, training_data, epochs, batch_size, eta):
        for _ in range(epochs):
            random.shuffle(training_data)
            for start in range(0, len(training_data), batch_size):
                self.step(training_data[start : start + batch_size], eta)

    def step(self, batch, eta):
        gradients = [self.backward(x, y) for x, y in batch]
        rate = eta / len(batch)
        for k in range(len(self.weights)):
            self.weights[k] = self.weights[k] - rate * sum(dW[k] for dW, _ in gradients)
            self.biases[k] = self.biases[k] - rate * sum(db[k] for _, db in gradients)

    def backward(self, x, y):
        sums, outs = [], [x]
        for W, b in zip(self.weights, self.biases):
            sums.append(np.dot(W, outs[-1]) + b)
            outs.append(squash(sums[-1]))
        delta = (outs[-1] - y) * slope(sums[-1])
        dW, db = [np.dot(delta, outs[-2].T)], [delta]
        for k in range(len(self.weights) - 1, 0, -1):
            delta = np.dot(self.weights[k].T, delta) * slope(sums[k - 1])
            dW.insert(0, np.dot(delta, outs[k - 1].T))
            db.insert(0, delta)
        return dW, db


def squash(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    return squash(z) * (1 - squash(z))
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("slope(sums[k - 1])", "slope(outs[k])", "slope_wrong_array", 33),
        ("np.dot(self.weights[k].T, delta)", "np.dot(self.weights[k], delta)", "transpose_missing", 33),
        ("return squash(z) * (1 - squash(z))", "return squash(z)", "relu_derivative_itself", 44),
    ],
)
def test_a_fault_in_every_network_is_told_though_no_way_to_call_it_is_right(old, new, code, line, tmp_path):
    assert checked(PAIRS, tmp_path).together.status == "right"
    wrong = "relu_derivative" if line == 44 else "compute_gradient"
    step = checked(PAIRS.replace(old, new), tmp_path)[wrong]
    assert (step.causes, step.result.findings[0].place.line) == ((code,), line), str(step)


def test_a_batch_whose_last_sample_alone_counts_is_told(tmp_path):
    text = PAIRS.replace("sum(dW[k] for dW, _ in gradients)", "[dW[k] for dW, _ in gradients][-1]")
    assert checked(text, tmp_path)["compute_gradient"].causes == ("only_last_sample",)


UNKNOWN = """
import numpy as np


class Perzeptron:
    def __init__(self, m, h, k):
        r = np.random.default_rng(0)
        self.V, self.c = r.normal(size=(m, h)) * 0.5, np.zeros(h)
        self.U, self.d = r.normal(size=(h, k)) * 0.5, np.zeros(k)

    def fit(self, X, y, epochs=5, tempo=0.1):
        for _ in range(epochs):
            h = np.tanh(X @ self.V + self.c)
            s = np.exp(h @ self.U + self.d)
            f = s / s.sum(axis=1, keepdims=True)
            f[np.arange(len(y)), y] -= 1
            f = f / len(y)
            dU, dd = h.T @ f, f.sum(axis=0)
            a = (f @ self.U.T) * (1 - h**2)
            dV, dc = X.T @ a, a.sum(axis=0)
            self.V -= tempo * dV
            self.c -= tempo * dc
            self.U -= tempo * dU
            self.d -= tempo * dd
"""


@pytest.mark.parametrize(
    ("old", "new", "step", "code"),
    [
        ("dU, dd = h.T @ f,", "dU, dd = X.T @ f,", "compute_gradient", "shapes_clash"),
        ("a.sum(axis=0)", "a.sum(axis=1)", "compute_gradient", "wrong_axis"),
        ("self.c -= tempo * dc", "self.c -= tempo * dd", "update", "update_swapped"),
    ],
)
def test_what_does_not_fit_a_parameter_of_unknown_name_is_told(old, new, step, code, tmp_path):
    assert checked(UNKNOWN, tmp_path).together.status == "right"
    assert checked(UNKNOWN.replace(old, new), tmp_path)[step].causes == (code,)


TOLD = """
import numpy as np

def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))

KINDS = {"sigmoid": (sigmoid, lambda A: A * (1 - A)), "tanh": (np.tanh, lambda A: 1 - A**2)}

class Layer:
    def __init__(self, inputs, neurons, activation):
        self.act, self.slope = KINDS[activation]
        self.W, self.b = np.random.randn(neurons, inputs) * 0.5, np.zeros((neurons, 1))

    def feedforward(self, A):
        self.before, self.A = A, self.act(self.W @ A + self.b)
        return self.A

    def backprop(self, dA):
        dZ = dA * self.slope(self.A)
        back = self.W.T @ dZ
        self.W -= 0.1 * dZ @ self.before.T / dZ.shape[1]
        self.b -= 0.1 * dZ.sum(axis=1, keepdims=True) / dZ.shape[1]
        return back
"""


def test_layers_that_have_their_own_activation_are_put_together(tmp_path):
    assert checked(TOLD, tmp_path).together.status == "right"
    report = checked(TOLD.replace("1 - A**2", "1 - A").replace("A * (1 - A)", "A * (1 + A)"), tmp_path)
    assert report.together.status == "wrong"


SPANISH = """
import numpy as np

class Red:
    def __init__(self, neuronas_entrada, neuronas_salida, capas_ocultas, neuronas_por_capa: list):
        anchos = [neuronas_entrada] + neuronas_por_capa + [neuronas_salida]
        self.pesos = [np.random.randn(a, b) * 0.5 for a, b in zip(anchos, anchos[1:])]
        self.sesgos = [np.zeros(b) for b in anchos[1:]]

    def feedforward(self, x):
        self.salidas = [x]
        for i, (w, b) in enumerate(zip(self.pesos, self.sesgos)):
            z = self.salidas[-1] @ w + b
            self.salidas.append(np.maximum(z, 0) if i + 1 < len(self.pesos) else z)
        return self.salidas[-1]

    def backpropagation(self, y, tasa_aprendizaje):
        delta = self.salidas[-1] - y
        for i in reversed(range(len(self.pesos))):
            atras = (delta @ self.pesos[i].T) * (self.salidas[i] > 0)
            self.pesos[i] -= tasa_aprendizaje * np.outer(self.salidas[i], delta)
            self.sesgos[i] -= tasa_aprendizaje * delta
            delta = atras

    def train(self, x_train, y_train, epocas, tasa_aprendizaje, tolerancia):
        for epoca in range(epocas):
            errores = []
            for x, y in zip(x_train, y_train):
                salida = self.feedforward(x)
                self.backpropagation(y, tasa_aprendizaje)
                errores.append(np.mean((y - salida) ** 2))
            if np.mean(errores) < tolerancia:
                break
"""


def test_a_class_whose_arguments_are_spanish_is_driven(tmp_path):
    assert checked(SPANISH, tmp_path).together.status == "right"
    wrong = checked(
        SPANISH.replace("tasa_aprendizaje * delta\n", "tasa_aprendizaje * delta.sum()\n"), tmp_path
    )
    assert wrong.together.status == "wrong"


HANDED = """
import numpy as np

class Layer:
    def forward(self, input):
        return input

    def backward(self, input, grad_output):
        return grad_output

class Dense(Layer):
    def __init__(self, input_units, output_units):
        self.rate = 0.1
        self.weights, self.biases = np.random.randn(input_units, output_units) * 0.5, np.zeros(output_units)

    def forward(self, input):
        return input @ self.weights + self.biases

    def backward(self, input, grad_output):
        back = grad_output @ self.weights.T
        self.weights = self.weights - self.rate * input.T @ grad_output
        self.biases = self.biases - self.rate * grad_output.sum(axis=0)
        return back

class ReLU(Layer):
    def forward(self, input):
        return np.maximum(0, input)

    def backward(self, input, grad_output):
        return grad_output * (input > 0)
"""


def test_layers_that_are_handed_their_input_again_are_put_together(tmp_path):
    assert checked(HANDED, tmp_path).together.status == "right"
    wrong = checked(HANDED.replace("grad_output.sum(axis=0)", "grad_output.sum()"), tmp_path)
    assert "bias_summed_whole" in {cause for step in wrong.steps for cause in step.causes}


HANDED_WITH_A_LOSS = """
import numpy as np


class Dense:
    def __init__(self, input_units, output_units):
        self.weights, self.biases = np.random.randn(input_units, output_units) * 0.1, np.zeros(output_units)

    def forward(self, input):
        return np.dot(input, self.weights) + self.biases

    def backward(self, input, grad_output):
        assert input.shape[1] == len(self.weights)
        self.weights = self.weights - 0.1 * np.dot(input.T, grad_output)
        self.biases = self.biases - 0.1 * grad_output.sum(axis=0)
        return np.dot(grad_output, self.weights.T)


class ReLU:
    def forward(self, input):
        return np.maximum(0, input)

    def backward(self, input, grad_output):
        return grad_output * (input > 0)


def softmax_crossentropy(logits, reference_answers):
    picked = logits[np.arange(len(logits)), reference_answers]
    return -picked + np.log(np.sum(np.exp(logits), axis=-1))


def grad_softmax_crossentropy(logits, reference_answers):
    ones = np.zeros_like(logits)
    ones[np.arange(len(logits)), reference_answers] = 1
    softmax = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return (softmax - ones) / logits.shape[0]
"""


def test_what_fails_for_labels_of_another_kind_is_no_clash_in_every_network(tmp_path):
    report = checked(HANDED_WITH_A_LOSS, tmp_path)
    assert report["compute_gradient"].causes == ("weights_changed_too_early",)
    assert report.wrong == ("compute_gradient",)


def test_losses_of_each_sample_are_averaged_where_nothing_else_does(tmp_path):
    text = HANDED_WITH_A_LOSS.replace("return np.dot(grad_output, self.weights.T)", "return back")
    start = text.index("self.weights = self.weights - 0.1")
    text = text[:start] + "back = np.dot(grad_output, self.weights.T)\n        " + text[start:]
    assert checked(text.replace("assert input.shape[1] == len(self.weights)", "pass"), tmp_path).ok
