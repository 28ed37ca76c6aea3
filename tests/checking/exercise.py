"""A right solution of the exercise as a learner would write it, for the tests to put faults into."""

import importlib.util
import itertools

from triceptron import check

RIGHT = """\
import numpy as np


def initialize(h, K):
    rng = np.random.RandomState(32)
    W1 = rng.normal(size=(trainX.shape[1], h)) * 0.01
    b1 = np.zeros((1, h))
    W2 = rng.normal(size=(h, K)) * 0.01
    b2 = np.zeros((1, K))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def linear_combination(X, W, b):
    return np.dot(X, W) + b


def ReLU(X):
    return np.maximum(X, 0)


def my_softmax(O):
    return np.exp(O) / np.sum(np.exp(O), axis=1, keepdims=True)


def softmax(O):
    return my_softmax(O - np.max(O, axis=1, keepdims=True))


def log_softmax(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


def cross_entropy_with_softmax(y_true, O):
    return -np.sum(y_true * log_softmax(O)) / len(y_true)


def forward(X, parameters):
    Z = linear_combination(X, parameters["W1"], parameters["b1"])
    H = ReLU(Z)
    return linear_combination(H, parameters["W2"], parameters["b2"])


def compute_gradient(y_true, y_pred, H, Z, X, parameters):
    n = len(y_true)
    dO = (y_pred - y_true) / n
    dW2 = np.dot(H.T, dO)
    db2 = np.sum(dO, axis=0)
    relu_grad = (Z >= 0) * 1.0
    dZ = np.dot(dO, parameters["W2"].T) * relu_grad
    dW1 = np.dot(X.T, dZ)
    db1 = np.sum(dZ, axis=0)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update(parameters, grads, learning_rate):
    parameters["W1"] -= learning_rate * grads["dW1"]
    parameters["b1"] -= learning_rate * grads["db1"]
    parameters["W2"] -= learning_rate * grads["dW2"]
    parameters["b2"] -= learning_rate * grads["db2"]


def backward(y_true, y_pred, H, Z, X, parameters, learning_rate):
    grads = compute_gradient(y_true, y_pred, H, Z, X, parameters)
    update(parameters, grads, learning_rate)


def train(trainX, trainY, testX, testY, parameters, epochs, learning_rate=0.01, verbose=False):
    training_losses, testing_losses = [], []
    for epoch in range(epochs):
        Z = linear_combination(trainX, parameters["W1"], parameters["b1"])
        H = ReLU(Z)
        O = linear_combination(H, parameters["W2"], parameters["b2"])
        training_losses.append(cross_entropy_with_softmax(trainY, O))
        testing_losses.append(cross_entropy_with_softmax(testY, forward(testX, parameters)))
        if verbose:
            print(epoch, training_losses[-1], testing_losses[-1])
        backward(trainY, softmax(O), H, Z, trainX, parameters, learning_rate)
    return training_losses, testing_losses


def predict(X, parameters):
    return np.argmax(softmax(forward(X, parameters)), axis=1)
"""

_numbers = itertools.count()


def put(old, new, text=RIGHT):
    """The text with one line written otherwise."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    line = text[: text.index(old)].rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    return text.replace(old, new.replace("\n", "\n" + indent))


def load(text, folder):
    """The text as a module, from a file in a folder."""
    name = f"steps_{next(_numbers)}"
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_text(text, folder, **options):
    """Check a text as a file of its own, in a process of its own."""
    path = folder / f"steps_{next(_numbers)}.py"
    path.write_text(text, encoding="utf-8")
    return check(path, **{"lang": "en", **options})
