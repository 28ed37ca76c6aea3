"""A plain script: rows are samples, sigmoid twice, squared error, parameters are globals."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))  #: act


def sigmoid_derivative(a):
    return a * (1 - a)  #: slope


np.random.seed(42)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.1, 0.9], [0.9, 0.1]])
y = np.array([[0], [1], [1], [0], [1], [1]])

lr = 0.8
epochs = 601
W1 = np.random.uniform(-1, 1, (2, 4))  #: init_W1
b1 = np.zeros((1, 4))  #: init_b1
W2 = np.random.uniform(-1, 1, (4, 1))  #: init_W2
b2 = np.zeros((1, 1))  #: init_b2

for epoch in range(epochs):  #: loop
    z1 = np.dot(X, W1) + b1  #: Z
    a1 = sigmoid(z1)  #: H
    z2 = np.dot(a1, W2) + b2  #: O
    output = sigmoid(z2)  #: P

    error = output - y  #: error
    loss = 0.5 * np.sum(error**2)  #: loss
    if epoch % 100 == 0:
        print("epoch", epoch, "loss", loss)

    d_output = error * sigmoid_derivative(output)  #: dO
    d_hidden = np.dot(d_output, W2.T) * sigmoid_derivative(a1)  #: dZ

    W2 -= lr * np.dot(a1.T, d_output)  #: up_W2
    b2 -= lr * np.sum(d_output, axis=0, keepdims=True)  #: up_b2
    W1 -= lr * np.dot(X.T, d_hidden)  #: up_W1
    b1 -= lr * np.sum(d_hidden, axis=0, keepdims=True)  #: up_b1
