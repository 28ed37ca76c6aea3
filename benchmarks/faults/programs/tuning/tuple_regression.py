"""Rows are samples; the parameters are a tuple; tanh, an identity output, half the mean squared error."""

import numpy as np


def init(rng, n_in, n_hidden, n_out):
    W1 = rng.normal(size=(n_in, n_hidden)) / np.sqrt(n_in)  #: init_W1
    b1 = np.zeros(n_hidden)  #: init_b1
    W2 = rng.normal(size=(n_hidden, n_out)) / np.sqrt(n_hidden)  #: init_W2
    b2 = np.zeros(n_out)  #: init_b2
    return W1, b1, W2, b2


def hidden_layer(theta, X):
    W1, b1, _, _ = theta
    return np.tanh(X @ W1 + b1)  #: H,Z


def model(theta, X):
    _, _, W2, b2 = theta
    return hidden_layer(theta, X) @ W2 + b2  #: O


def loss(theta, X, Y):
    residual = model(theta, X) - Y  #: residual
    return 0.5 * np.sum(residual**2) / len(X)  #: loss


def gradient(theta, X, Y):
    W1, b1, W2, b2 = theta
    H = hidden_layer(theta, X)
    dO = (H @ W2 + b2 - Y) / len(X)  #: dO
    dW2 = H.T @ dO  #: dW2
    db2 = dO.sum(axis=0)  #: db2
    dZ = (dO @ W2.T) * (1 - H**2)  #: dZ
    dW1 = X.T @ dZ  #: dW1
    db1 = dZ.sum(axis=0)  #: db1
    return dW1, db1, dW2, db2


def descend(theta, grads, eta):
    return tuple(p - eta * g for p, g in zip(theta, grads))  #: up_W1


def fit(theta, X, Y, eta=0.2, steps=120):
    losses = []
    for _ in range(steps):  #: loop
        losses.append(loss(theta, X, Y))
        theta = descend(theta, gradient(theta, X, Y), eta)  #: step_update
    return theta, losses


if __name__ == "__main__":
    rng = np.random.default_rng(11)
    X = rng.uniform(-2, 2, size=(64, 3))
    Y = np.sin(X[:, :2]) + 0.1 * X[:, 2:]
    theta, losses = fit(init(rng, 3, 8, 2), X, Y)
    print("loss", losses[0], "to loss", losses[-1])
