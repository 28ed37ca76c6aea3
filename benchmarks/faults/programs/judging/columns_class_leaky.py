"""Columns are samples; a class with a dict of parameters; the cache is a tuple; leaky ReLU, softmax."""

import numpy as np


class MLP:
    def __init__(self, n_features, n_hidden, n_classes, seed=0):
        rng = np.random.default_rng(seed)
        self.n_classes = n_classes
        self.params = {
            "W1": rng.normal(size=(n_hidden, n_features)) / np.sqrt(n_features),  #: init_W1
            "b1": np.zeros((n_hidden, 1)),  #: init_b1
            "W2": rng.normal(size=(n_classes, n_hidden)) / np.sqrt(n_hidden),  #: init_W2
            "b2": np.zeros((n_classes, 1)),  #: init_b2
        }

    @staticmethod
    def leaky_relu(z, alpha=0.1):
        return np.where(z > 0, z, alpha * z)  #: act

    @staticmethod
    def leaky_relu_backward(dA, z, alpha=0.1):
        dZ = np.array(dA, copy=True)
        dZ[z <= 0] *= alpha  #: slope
        return dZ

    @staticmethod
    def softmax(z):
        z = z - np.amax(z, axis=0)  #: exp
        e = np.exp(z)
        return e / e.sum(axis=0)  #: norm

    def forward(self, X):
        p = self.params
        z1 = np.matmul(p["W1"], X) + p["b1"]  #: Z
        a1 = self.leaky_relu(z1)  #: H
        z2 = np.matmul(p["W2"], a1) + p["b2"]  #: O
        y_hat = self.softmax(z2)  #: P
        return y_hat, (X, z1, a1, y_hat)

    def encode(self, y):
        encoded = np.zeros((self.n_classes, y.size))
        encoded[y, np.arange(y.size)] = 1.0  #: one_hot
        return encoded

    def cross_entropy(self, y_hat, Y):
        return -np.sum(Y * np.log(y_hat)) / Y.shape[1]  #: loss

    def backward(self, cache, Y):
        X, z1, a1, y_hat = cache
        m = Y.shape[1]  #: n
        dz2 = (y_hat - Y) / m  #: dO
        dW2 = np.matmul(dz2, a1.T)  #: dW2
        db2 = np.sum(dz2, axis=1, keepdims=True)  #: db2
        da1 = np.matmul(self.params["W2"].T, dz2)  #: dH
        dz1 = self.leaky_relu_backward(da1, z1)  #: dZ
        dW1 = np.matmul(dz1, X.T)  #: dW1
        db1 = np.sum(dz1, axis=1, keepdims=True)  #: db1
        return dW1, db1, dW2, db2

    def step(self, gradients, lr):
        dW1, db1, dW2, db2 = gradients
        self.params["W1"] -= lr * dW1  #: up_W1
        self.params["b1"] -= lr * db1  #: up_b1
        self.params["W2"] -= lr * dW2  #: up_W2
        self.params["b2"] -= lr * db2  #: up_b2

    def fit(self, X, y, lr=0.4, n_epochs=70, verbose=True):
        Y = self.encode(y)
        for epoch in range(n_epochs):  #: loop
            y_hat, cache = self.forward(X)  #: step_forward
            gradients = self.backward(cache, Y)  #: step_backward
            self.step(gradients, lr)  #: step_update
            if verbose and epoch % 10 == 0:
                print(f"[{epoch:3}] loss {self.cross_entropy(y_hat, Y)}")
        return self

    def predict(self, X):
        y_hat, _ = self.forward(X)
        return y_hat.argmax(axis=0)  #: predict


if __name__ == "__main__":
    rng = np.random.default_rng(12)
    X = rng.normal(size=(4, 65))
    y = np.where(X[0] > 0.4, 2, np.where(X[1] > 0, 1, 0))
    model = MLP(4, 6, 3).fit(X, y)
    print("accuracy", np.mean(model.predict(X) == y))
