"""The book's style: lists of weights and biases, one column per sample, batches of pairs."""

import random

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #: act


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))  #: slope


class Network:
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]  #: init_b1
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]  #: init_W1

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)  #: Z
        return a

    def cost_derivative(self, output_activations, y):
        return output_activations - y  #: error

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b  #: z
            zs.append(z)
            activation = sigmoid(z)  #: H
            activations.append(activation)
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])  #: dO
        nabla_b[-1] = delta  #: db2
        nabla_w[-1] = np.dot(delta, activations[-2].T)  #: dW2
        for layer in range(2, self.num_layers):
            delta = np.dot(self.weights[-layer + 1].T, delta) * sigmoid_prime(zs[-layer])  #: dZ
            nabla_b[-layer] = delta  #: db1
            nabla_w[-layer] = np.dot(delta, activations[-layer - 1].T)  #: dW1
        return nabla_b, nabla_w

    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]  #: sum_b
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]  #: sum_w
        self.weights = [w - eta / len(mini_batch) * nw for w, nw in zip(self.weights, nabla_w)]  #: up_W1
        self.biases = [b - eta / len(mini_batch) * nb for b, nb in zip(self.biases, nabla_b)]  #: up_b1

    def total_cost(self, data):
        return sum(0.5 * np.sum((self.feedforward(x) - y) ** 2) for x, y in data) / len(data)  #: loss

    def SGD(self, training_data, epochs, mini_batch_size, eta):
        for epoch in range(epochs):  #: loop
            random.shuffle(training_data)
            for k in range(0, len(training_data), mini_batch_size):
                self.update_mini_batch(training_data[k : k + mini_batch_size], eta)  #: step_update
            if epoch % 5 == 0:
                print("epoch", epoch, "loss", self.total_cost(training_data))

    def evaluate(self, test_data):
        return sum(int(np.argmax(self.feedforward(x)) == np.argmax(y)) for x, y in test_data)  #: predict


if __name__ == "__main__":
    np.random.seed(2)
    random.seed(2)
    inputs = [np.random.randn(4, 1) for _ in range(60)]
    training_data = [(x, np.eye(3)[:, [np.argmax(x[:3])]]) for x in inputs]
    net = Network([4, 6, 3])
    net.SGD(training_data, 21, 10, 3.0)
    print("right", net.evaluate(training_data))
