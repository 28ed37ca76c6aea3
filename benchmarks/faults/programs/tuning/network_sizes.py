"""
Stochastic gradient descent for a feed-forward network of any depth.
Weights and biases are lists, one entry per layer; every sample is a column.
Sigmoid neurons everywhere, cross-entropy cost.
"""
import random

import numpy as np


def sigmoid(z):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    """Derivative of the logistic function."""
    s = sigmoid(z)
    return s * (1 - s)


class CrossEntropyCost:

    @staticmethod
    def fn(a, y):
        a = np.clip(a, 1e-12, 1 - 1e-12)
        return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))

    @staticmethod
    def delta(z, a, y):
        return a - y


class Network:

    def __init__(self, sizes, cost=CrossEntropyCost):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.cost = cost
        self.biases = [np.zeros((n, 1)) for n in sizes[1:]]
        self.weights = [np.random.randn(n, p) / np.sqrt(p) for p, n in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def SGD(self, training_data, epochs, mini_batch_size, eta, test_data=None):
        n = len(training_data)
        for j in range(epochs):
            random.shuffle(training_data)
            mini_batches = [training_data[k:k + mini_batch_size] for k in range(0, n, mini_batch_size)]
            for mini_batch in mini_batches:
                self.update_mini_batch(mini_batch, eta)
            line = "Epoch {}: cost {:.5f}".format(j, self.total_cost(training_data))
            if test_data:
                line += ", test {} / {}".format(self.evaluate(test_data), len(test_data))
            if j % 5 == 0:
                print(line)

    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        m = len(mini_batch)
        self.weights = [w - eta / m * nw for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        # forward, keeping all weighted inputs and activations
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        # backward
        delta = self.cost.delta(zs[-1], activations[-1], y)
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(zs[-l])
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w

    def total_cost(self, data):
        return sum(self.cost.fn(self.feedforward(x), y) for x, y in data) / len(data)

    def evaluate(self, data):
        results = [(np.argmax(self.feedforward(x)), np.argmax(y)) for x, y in data]
        return sum(int(guess == truth) for guess, truth in results)


def vectorized(j, n=3):
    e = np.zeros((n, 1))
    e[j] = 1.0
    return e


if __name__ == "__main__":
    np.random.seed(3)
    random.seed(3)
    points = np.random.randn(240, 2)
    groups = (points[:, 0] > 0).astype(int) + (points[:, 0] * points[:, 1] > 0).astype(int)
    data = [(p.reshape(2, 1), vectorized(g)) for p, g in zip(points, groups)]
    net = Network([2, 12, 8, 3])
    net.SGD(data[:180], 41, 10, 1.0, test_data=data[180:])
