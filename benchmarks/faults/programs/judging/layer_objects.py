"""Rows are samples; every layer is an object with forward and backward; the loss is one of them."""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.standard_normal((n_in, n_out)) * np.sqrt(1 / n_in)  #: init_W1
        self.b = np.zeros(n_out)  #: init_b1

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b  #: Z

    def backward(self, grad):
        self.dW = self.x.T @ grad  #: dW1
        self.db = grad.sum(axis=0)  #: db1
        return grad @ self.W.T  #: dH

    def update(self, lr):
        self.W = self.W - lr * self.dW  #: up_W1
        self.b = self.b - lr * self.db  #: up_b1


class ReLU:
    def forward(self, x):
        self.mask = x > 0  #: slope
        return np.where(self.mask, x, 0.0)  #: act

    def backward(self, grad):
        return grad * self.mask  #: dZ


class SoftmaxCrossEntropy:
    def forward(self, logits, targets):
        z = logits - logits.max(axis=1, keepdims=True)  #: exp
        e = np.exp(z)
        self.p = e / e.sum(axis=1, keepdims=True)  #: norm
        self.targets = targets
        return -np.log(self.p[np.arange(len(targets)), targets]).mean()  #: loss

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(self.targets)), self.targets] -= 1.0  #: dO
        return grad / len(self.targets)  #: mean


class Network:
    def __init__(self, n_in, n_hidden, n_out, rng):
        self.layers = [Dense(n_in, n_hidden, rng), ReLU(), Dense(n_hidden, n_out, rng)]
        self.criterion = SoftmaxCrossEntropy()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)  #: step_forward
        return x

    def train_step(self, x, targets, lr):
        loss = self.criterion.forward(self.forward(x), targets)
        grad = self.criterion.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)  #: step_backward
        for layer in self.layers:
            if isinstance(layer, Dense):
                layer.update(lr)  #: step_update
        return loss

    def predict(self, x):
        return self.forward(x).argmax(axis=1)  #: predict


if __name__ == "__main__":
    rng = np.random.default_rng(9)
    x = rng.standard_normal((60, 4))
    targets = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    network = Network(4, 8, 3, rng)
    for epoch in range(80):  #: loop
        loss = network.train_step(x, targets, 0.5)
        if epoch % 20 == 0:
            print("epoch", epoch, "loss", loss)
    print("loss", network.train_step(x, targets, 0.0), np.mean(network.predict(x) == targets))
