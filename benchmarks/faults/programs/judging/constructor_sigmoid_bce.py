"""Rows are samples; the class is given its data; feedforward() and backprop() work on attributes; BCE."""

import numpy as np


def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))  #: act


def sigmoid_derivative(p):
    return p * (1.0 - p)  #: slope


class NeuralNetwork:
    def __init__(self, x, y, hidden=5, eta=0.5):
        np.random.seed(31)
        self.input = x
        self.y = y
        self.eta = eta
        self.weights1 = np.random.normal(0, 1, (x.shape[1], hidden))  #: init_W1
        self.bias1 = np.zeros((1, hidden))  #: init_b1
        self.weights2 = np.random.normal(0, 1, (hidden, 1))  #: init_W2
        self.bias2 = np.zeros((1, 1))  #: init_b2

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1) + self.bias1)  #: H,Z
        self.output = sigmoid(np.dot(self.layer1, self.weights2) + self.bias2)  #: O,P
        return self.output

    def loss(self):
        p = np.clip(self.output, 1e-12, 1 - 1e-12)
        return -np.mean(self.y * np.log(p) + (1 - self.y) * np.log(1 - p))  #: loss

    def backprop(self):
        n = len(self.y)  #: n
        d_output = (self.y - self.output) / n  #: dO
        d_weights2 = np.dot(self.layer1.T, d_output)  #: dW2
        d_bias2 = d_output.sum(axis=0, keepdims=True)  #: db2
        d_layer1 = np.dot(d_output, self.weights2.T) * sigmoid_derivative(self.layer1)  #: dZ
        d_weights1 = np.dot(self.input.T, d_layer1)  #: dW1
        d_bias1 = d_layer1.sum(axis=0, keepdims=True)  #: db1
        self.weights1 += self.eta * d_weights1  #: up_W1
        self.bias1 += self.eta * d_bias1  #: up_b1
        self.weights2 += self.eta * d_weights2  #: up_W2
        self.bias2 += self.eta * d_bias2  #: up_b2

    def train(self, rounds):
        losses = []
        for _ in range(rounds):  #: loop
            self.feedforward()  #: step_forward
            losses.append(self.loss())
            self.backprop()  #: step_backward
        return losses

    def predict(self, x):
        hidden = sigmoid(x @ self.weights1 + self.bias1)
        return (sigmoid(hidden @ self.weights2 + self.bias2) >= 0.5).astype(int)  #: predict


if __name__ == "__main__":
    np.random.seed(30)
    x = np.random.randn(90, 3)
    y = (x[:, :1] + x[:, 1:2] ** 2 > 0.8).astype(float)
    network = NeuralNetwork(x, y)
    losses = network.train(400)
    print("loss", losses[0], "then loss", losses[-1])
    print("right", np.mean(network.predict(x) == y))
