"""Rows are samples; a class; parameters, caches and gradients are attributes; labels are codes."""

import numpy as np


class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.3):
        rng = np.random.default_rng(7)
        self.learning_rate = learning_rate
        self.W1 = rng.normal(0, 0.4, (input_size, hidden_size))  #: init_W1
        self.b1 = np.zeros((1, hidden_size))  #: init_b1
        self.W2 = rng.normal(0, 0.4, (hidden_size, output_size))  #: init_W2
        self.b2 = np.zeros((1, output_size))  #: init_b2

    def relu(self, z):
        return np.where(z > 0, z, 0)  #: act

    def relu_derivative(self, z):
        return np.where(z > 0, 1, 0)  #: slope

    def softmax(self, z):
        exp_z = np.exp(z - np.max(z, axis=1, keepdims=True))  #: exp
        return exp_z / exp_z.sum(axis=1, keepdims=True)  #: norm

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1  #: Z
        self.a1 = self.relu(self.z1)  #: H
        self.z2 = np.dot(self.a1, self.W2) + self.b2  #: O
        self.a2 = self.softmax(self.z2)  #: P
        return self.a2

    def compute_loss(self, y_pred, y):
        n = y.shape[0]  #: loss_n
        correct = -np.log(y_pred[np.arange(n), y])  #: log_likelihood
        return np.sum(correct) / n  #: loss

    def backward(self, X, y):
        n = X.shape[0]  #: n
        delta = self.a2.copy()  #: P_copy
        delta[np.arange(n), y] -= 1  #: dO
        delta /= n  #: mean
        self.dW2 = np.dot(self.a1.T, delta)  #: dW2
        self.db2 = np.sum(delta, axis=0, keepdims=True)  #: db2
        hidden = np.dot(delta, self.W2.T)  #: dH
        hidden = hidden * self.relu_derivative(self.z1)  #: dZ
        self.dW1 = np.dot(X.T, hidden)  #: dW1
        self.db1 = np.sum(hidden, axis=0, keepdims=True)  #: db1

    def update_weights(self):
        self.W1 -= self.learning_rate * self.dW1  #: up_W1
        self.b1 -= self.learning_rate * self.db1  #: up_b1
        self.W2 -= self.learning_rate * self.dW2  #: up_W2
        self.b2 -= self.learning_rate * self.db2  #: up_b2

    def fit(self, X, y, epochs=60):
        self.losses = []
        for epoch in range(epochs):  #: loop
            y_pred = self.forward(X)  #: step_forward
            self.losses.append(self.compute_loss(y_pred, y))
            self.backward(X, y)  #: step_backward
            self.update_weights()  #: step_update
        return self

    def predict(self, X):
        return np.argmax(self.forward(X), axis=1)  #: predict


def load_points(n=75):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n, 4))
    return X, (X[:, 0] + X[:, 1] > 0) * 1 + (X[:, 2] > 0.5)


if __name__ == "__main__":
    X, y = load_points()
    model = NeuralNetwork(4, 9, 3).fit(X, y)
    print("first loss", model.losses[0], "last loss", model.losses[-1])
    print("accuracy", np.mean(model.predict(X) == y))
