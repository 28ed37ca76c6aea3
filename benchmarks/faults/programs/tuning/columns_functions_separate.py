"""Columns are samples; functions; W1, b1, W2, b2 handed on one by one; labels are codes."""

import numpy as np


def init_params(n_x=6, n_h=7, n_y=3):
    W1 = np.random.rand(n_h, n_x) - 0.5  #: init_W1
    b1 = np.zeros((n_h, 1))  #: init_b1
    W2 = np.random.rand(n_y, n_h) - 0.5  #: init_W2
    b2 = np.zeros((n_y, 1))  #: init_b2
    return W1, b1, W2, b2


def ReLU(Z):
    return np.maximum(Z, 0)  #: act


def deriv_ReLU(Z):
    return Z > 0  #: slope


def softmax(Z):
    expZ = np.exp(Z - np.max(Z, axis=0, keepdims=True))  #: exp
    return expZ / np.sum(expZ, axis=0, keepdims=True)  #: norm


def one_hot(Y):
    one_hot_Y = np.zeros((3, Y.size))
    one_hot_Y[Y, np.arange(Y.size)] = 1  #: one_hot
    return one_hot_Y


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1  #: Z
    A1 = ReLU(Z1)  #: H
    Z2 = W2.dot(A1) + b2  #: O
    A2 = softmax(Z2)  #: P
    return Z1, A1, Z2, A2


def back_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size  #: n
    dZ2 = A2 - one_hot(Y)  #: dO
    dW2 = 1 / m * dZ2.dot(A1.T)  #: dW2
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)  #: db2
    dZ1 = W2.T.dot(dZ2) * deriv_ReLU(Z1)  #: dZ
    dW1 = 1 / m * dZ1.dot(X.T)  #: dW1
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)  #: db1
    return dW1, db1, dW2, db2


def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    W1 = W1 - alpha * dW1  #: up_W1
    b1 = b1 - alpha * db1  #: up_b1
    W2 = W2 - alpha * dW2  #: up_W2
    b2 = b2 - alpha * db2  #: up_b2
    return W1, b1, W2, b2


def get_predictions(A2):
    return np.argmax(A2, axis=0)  #: predict


def get_accuracy(predictions, Y):
    return np.sum(predictions == Y) / Y.size


def get_loss(A2, Y):
    return -np.mean(np.sum(one_hot(Y) * np.log(A2), axis=0))  #: loss


def gradient_descent(X, Y, alpha, iterations):
    W1, b1, W2, b2 = init_params()
    for i in range(iterations):  #: loop
        Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)  #: step_forward
        dW1, db1, dW2, db2 = back_prop(Z1, A1, Z2, A2, W1, W2, X, Y)  #: step_backward
        W1, b1, W2, b2 = update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha)  #: step_update
        if i % 20 == 0:
            print("Iteration", i, "loss", get_loss(A2, Y), get_accuracy(get_predictions(A2), Y))
    return W1, b1, W2, b2


if __name__ == "__main__":
    np.random.seed(1)
    data = np.random.rand(80, 6)
    X_train = data.T
    Y_train = np.argmax(data[:, :3], axis=1)
    W1, b1, W2, b2 = gradient_descent(X_train, Y_train, 0.5, 101)
