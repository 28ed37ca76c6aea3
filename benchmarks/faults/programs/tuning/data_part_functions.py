"""Rows are samples; a data part with shuffling, a split and standardising; functions on W1, b1, W2, b2."""

import numpy as np


def raw_data(n=120):
    rng = np.random.default_rng(3)
    X = rng.normal(5, 3, size=(n, 4))
    y = 1 + np.argmax(X[:, :3], axis=1)
    return np.round(X, 1), y


X, y = raw_data()
y = y - 1  #: data_labels
order = np.random.default_rng(0).permutation(len(X))
X, y = X[order], y[order]  #: data_shuffle
X_train, y_train = X[:90], y[:90]  #: data_train
X_test, y_test = X[90:], y[90:]  #: data_test
mean, std = X_train.mean(axis=0), X_train.std(axis=0)  #: data_statistics
X_train = (X_train - mean) / std  #: data_scale
X_test = (X_test - mean) / std  #: data_scale_test


def init_parameters(n_in, n_hidden, n_out):
    np.random.seed(9)
    W1 = np.random.randn(n_in, n_hidden) * 0.5  #: init_W1
    b1 = np.zeros((1, n_hidden))  #: init_b1
    W2 = np.random.randn(n_hidden, n_out) * 0.5  #: init_W2
    b2 = np.zeros((1, n_out))  #: init_b2
    return W1, b1, W2, b2


def relu(Z):
    return np.maximum(Z, 0)  #: act


def softmax(Z):
    e = np.exp(Z - np.max(Z, axis=1, keepdims=True))  #: exp
    return e / np.sum(e, axis=1, keepdims=True)  #: norm


def forward(X, W1, b1, W2, b2):
    Z1 = np.dot(X, W1) + b1  #: Z
    A1 = relu(Z1)  #: H
    Z2 = np.dot(A1, W2) + b2  #: O
    A2 = softmax(Z2)  #: P
    return Z1, A1, A2


def compute_loss(A2, y):
    n = len(y)  #: loss_n
    return -np.sum(np.log(A2[np.arange(n), y])) / n  #: loss


def backprop(X, y, Z1, A1, A2, W2):
    n = len(y)  #: n
    dZ2 = A2.copy()  #: P_copy
    dZ2[np.arange(n), y] -= 1  #: dO
    dZ2 /= n  #: mean
    dW2 = np.dot(A1.T, dZ2)  #: dW2
    db2 = np.sum(dZ2, axis=0, keepdims=True)  #: db2
    dZ1 = np.dot(dZ2, W2.T) * (Z1 > 0)  #: dZ
    dW1 = np.dot(X.T, dZ1)  #: dW1
    db1 = np.sum(dZ1, axis=0, keepdims=True)  #: db1
    return dW1, db1, dW2, db2


def train(X_train, y_train, X_test, y_test, learning_rate=0.5, epochs=80):
    W1, b1, W2, b2 = init_parameters(X_train.shape[1], 8, 3)
    train_losses, test_losses = [], []
    for epoch in range(epochs):  #: loop
        Z1, A1, A2 = forward(X_train, W1, b1, W2, b2)  #: step_forward
        train_losses.append(compute_loss(A2, y_train))  #: train_loss
        test_losses.append(compute_loss(forward(X_test, W1, b1, W2, b2)[2], y_test))  #: test_loss
        dW1, db1, dW2, db2 = backprop(X_train, y_train, Z1, A1, A2, W2)  #: step_backward
        W1 = W1 - learning_rate * dW1  #: up_W1
        b1 = b1 - learning_rate * db1  #: up_b1
        W2 = W2 - learning_rate * dW2  #: up_W2
        b2 = b2 - learning_rate * db2  #: up_b2
    return (W1, b1, W2, b2), train_losses, test_losses


def predict(X, parameters):
    return np.argmax(forward(X, *parameters)[-1], axis=1)  #: predict


if __name__ == "__main__":
    parameters, train_losses, test_losses = train(X_train, y_train, X_test, y_test)
    print("loss", train_losses[0], "then loss", train_losses[-1])
    print("test", test_losses[-1], np.mean(predict(X_test, parameters) == y_test))
