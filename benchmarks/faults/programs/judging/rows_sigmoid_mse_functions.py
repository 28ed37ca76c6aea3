"""Rows are samples; functions on separate arguments; sigmoid twice; mean squared error; one-hot targets."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))  #: act


def sigmoid_prime(x):
    s = sigmoid(x)
    return s * (1 - s)  #: slope


def random_weights(n, m, k):
    rng = np.random.default_rng(77)
    return rng.normal(0, 1 / np.sqrt(n), (n, m)), rng.normal(0, 1 / np.sqrt(m), (m, k))  #: init_W1


def feedforward(x, w1, b1, w2, b2):
    z1 = x @ w1 + b1  #: Z
    h1 = sigmoid(z1)  #: H
    z2 = h1 @ w2 + b2  #: O
    y_hat = sigmoid(z2)  #: P
    return z1, h1, z2, y_hat


def mse(y_hat, y):
    return np.mean(np.sum((y_hat - y) ** 2, axis=1))  #: loss


def backpropagation(x, y, z1, h1, z2, y_hat, w2):
    m = x.shape[0]  #: n
    d2 = 2 * (y_hat - y) * sigmoid_prime(z2) / m  #: dO
    d1 = (d2 @ w2.T) * sigmoid_prime(z1)  #: dZ
    grad_w1 = x.T @ d1  #: dW1
    grad_b1 = d1.sum(axis=0)  #: db1
    grad_w2 = h1.T @ d2  #: dW2
    grad_b2 = d2.sum(axis=0)  #: db2
    return grad_w1, grad_b1, grad_w2, grad_b2


def optimize(x, y, hidden, lr, n_epochs):
    w1, w2 = random_weights(x.shape[1], hidden, y.shape[1])
    b1, b2 = np.zeros(hidden), np.zeros(y.shape[1])
    losses = []
    for epoch in range(n_epochs):  #: loop
        z1, h1, z2, y_hat = feedforward(x, w1, b1, w2, b2)  #: step_forward
        losses.append(mse(y_hat, y))
        grad_w1, grad_b1, grad_w2, grad_b2 = backpropagation(x, y, z1, h1, z2, y_hat, w2)  #: step_backward
        w1 = w1 - lr * grad_w1  #: up_W1
        b1 = b1 - lr * grad_b1  #: up_b1
        w2 = w2 - lr * grad_w2  #: up_W2
        b2 = b2 - lr * grad_b2  #: up_b2
    return (w1, b1, w2, b2), losses


def predict_classes(x, weights):
    return np.argmax(feedforward(x, *weights)[-1], axis=1)  #: predict


if __name__ == "__main__":
    rng = np.random.default_rng(15)
    x = rng.normal(size=(60, 5))
    codes = np.argmax(x[:, :3], axis=1)
    weights, losses = optimize(x, np.eye(3)[codes], 8, 2.0, 250)
    print("loss", losses[0], "then loss", losses[-1])
    print("accuracy", np.mean(predict_classes(x, weights) == codes))
