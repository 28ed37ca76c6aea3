"""Rows are samples; functions; a dict of parameters; one-hot labels; the loss takes logits."""

import numpy as np


def init_network(n_inputs, n_hidden, n_classes):
    W1 = np.random.randn(n_inputs, n_hidden) * np.sqrt(2 / n_inputs)  #: init_W1
    b1 = np.zeros(n_hidden)  #: init_b1
    W2 = np.random.randn(n_hidden, n_classes) * np.sqrt(2 / n_hidden)  #: init_W2
    b2 = np.zeros(n_classes)  #: init_b2
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def relu(Z):
    return np.maximum(0, Z)  #: act


def relu_derivative(Z):
    return (Z > 0).astype(float)  #: slope


def softmax(O):
    E = np.exp(O - np.max(O, axis=1, keepdims=True))  #: exp
    return E / np.sum(E, axis=1, keepdims=True)  #: norm


def log_softmax(O):
    shifted = O - np.max(O, axis=1, keepdims=True)  #: log_shift
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))  #: log_norm


def cross_entropy(Y, O):
    n = len(Y)  #: loss_n
    return -np.sum(Y * log_softmax(O)) / n  #: loss


def one_hot(y, n_classes):
    Y = np.zeros((len(y), n_classes))
    Y[np.arange(len(y)), y] = 1  #: one_hot
    return Y


def forward(X, params):
    Z = X @ params["W1"] + params["b1"]  #: Z
    H = relu(Z)  #: H
    O = H @ params["W2"] + params["b2"]  #: O
    return O, {"X": X, "Z": Z, "H": H}


def backward(Y, O, params, cache):
    n = len(Y)  #: n
    dO = (softmax(O) - Y) / n  #: dO
    dW2 = cache["H"].T @ dO  #: dW2
    db2 = np.sum(dO, axis=0)  #: db2
    dH = dO @ params["W2"].T  #: dH
    dZ = dH * relu_derivative(cache["Z"])  #: dZ
    dW1 = cache["X"].T @ dZ  #: dW1
    db1 = np.sum(dZ, axis=0)  #: db1
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def update(params, grads, learning_rate):
    params["W1"] -= learning_rate * grads["W1"]  #: up_W1
    params["b1"] -= learning_rate * grads["b1"]  #: up_b1
    params["W2"] -= learning_rate * grads["W2"]  #: up_W2
    params["b2"] -= learning_rate * grads["b2"]  #: up_b2
    return params


def train(X, Y, params, learning_rate=0.5, epochs=40, batch_size=30):
    for epoch in range(epochs):  #: loop
        order = np.random.permutation(len(X))
        X, Y = X[order], Y[order]  #: shuffle
        for start in range(0, len(X), batch_size):
            X_batch = X[start : start + batch_size]
            Y_batch = Y[start : start + batch_size]
            O, cache = forward(X_batch, params)  #: step_forward
            grads = backward(Y_batch, O, params, cache)  #: step_backward
            params = update(params, grads, learning_rate)  #: step_update
        if epoch % 10 == 0 or epoch == epochs - 1:
            print("epoch", epoch, "loss", cross_entropy(Y, forward(X, params)[0]))
    return params


def predict(X, params):
    return np.argmax(forward(X, params)[0], axis=1)  #: predict


if __name__ == "__main__":
    np.random.seed(0)
    X = np.random.randn(90, 5)
    y = np.argmax(X[:, :3] + 0.3 * np.random.randn(90, 3), axis=1)
    Y = one_hot(y, 3)
    params = train(X, Y, init_network(5, 8, 3))
    print("accuracy", np.mean(predict(X, params) == y))
