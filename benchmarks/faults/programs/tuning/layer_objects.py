"""A network of layer objects, each with forward and backward."""

from __future__ import annotations

import numpy as np


class Dense:
    def __init__(self, n_in: int, n_out: int, seed: int) -> None:
        gen = np.random.RandomState(seed)
        self.W = gen.normal(0.0, np.sqrt(1.0 / n_in), (n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, grad: np.ndarray) -> np.ndarray:
        self.grad_W = np.dot(self.x.T, grad)
        self.grad_b = np.sum(grad, axis=0, keepdims=True)
        return np.dot(grad, self.W.T)

    def step(self, lr: float) -> None:
        self.W -= lr * self.grad_W
        self.b -= lr * self.grad_b


class Rectifier:
    """ReLU."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad: np.ndarray) -> np.ndarray:
        return grad * self.mask

    def step(self, lr: float) -> None:
        pass


class SoftmaxCrossEntropy:
    def forward(self, scores: np.ndarray, target: np.ndarray) -> float:
        shifted = scores - np.amax(scores, axis=1, keepdims=True)
        exps = np.exp(shifted)
        self.probs = exps / exps.sum(axis=1, keepdims=True)
        self.target = target
        return float(-(target * np.log(self.probs)).sum() / len(scores))

    def backward(self) -> np.ndarray:
        return (self.probs - self.target) / len(self.target)


class Network:
    def __init__(self, layers: list) -> None:
        self.layers = layers
        self.criterion = SoftmaxCrossEntropy()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_step(self, x: np.ndarray, target: np.ndarray, lr: float) -> float:
        loss = self.criterion.forward(self(x), target)
        grad = self.criterion.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        for layer in self.layers:
            layer.step(lr)
        return loss


def one_hot(y: np.ndarray, k: int) -> np.ndarray:
    out = np.zeros((y.size, k))
    out[np.arange(y.size), y] = 1
    return out


if __name__ == "__main__":
    gen = np.random.RandomState(0)
    x = gen.normal(size=(100, 6))
    y = np.argmax(x @ gen.normal(size=(6, 4)), axis=1)
    net = Network([Dense(6, 12, 1), Rectifier(), Dense(12, 4, 2)])
    t = one_hot(y, 4)
    for epoch in range(60):
        loss = net.train_step(x, t, lr=0.5)
        if epoch % 20 == 0:
            print("loss", loss)
    guess = np.argmax(net(x), axis=1)
    print("right", (guess == y).mean())
