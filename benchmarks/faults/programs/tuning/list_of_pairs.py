"""Layers are pairs (W, b) in a list, any number of them; mini-batches come from a generator."""

import numpy as np

rng = np.random.default_rng(7)


def make_layers(sizes):
    layers = []
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
        W = rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)
        layers.append((W, np.zeros(fan_out)))
    return layers


def run(layers, x):
    acts = [x]
    for i, (W, b) in enumerate(layers):
        x = acts[-1] @ W + b
        if i < len(layers) - 1:
            x = np.maximum(x, 0.0)
        acts.append(x)
    return acts


def log_probs(scores):
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def nll(scores, labels):
    return -log_probs(scores)[np.arange(len(labels)), labels].mean()


def grads(layers, x, labels):
    acts = run(layers, x)
    delta = np.exp(log_probs(acts[-1]))
    delta[np.arange(len(labels)), labels] -= 1.0
    delta /= len(labels)
    out = []
    for i in reversed(range(len(layers))):
        W, b = layers[i]
        out.append((acts[i].T @ delta, delta.sum(axis=0)))
        if i > 0:
            delta = (delta @ W.T) * (acts[i] > 0)
    return out[::-1]


def batches(x, labels, size):
    order = rng.permutation(len(x))
    for start in range(0, len(x), size):
        pick = order[start : start + size]
        yield x[pick], labels[pick]


def sgd(layers, gs, lr):
    return [(W - lr * dW, b - lr * db) for (W, b), (dW, db) in zip(layers, gs)]


def learn(layers, x, labels, lr=0.1, epochs=20, size=16):
    for epoch in range(epochs):
        for bx, by in batches(x, labels, size):
            layers = sgd(layers, grads(layers, bx, by), lr)
        print("epoch", epoch, "loss", nll(run(layers, x)[-1], labels))
    return layers


def accuracy(layers, x, labels):
    return (run(layers, x)[-1].argmax(axis=1) == labels).mean()


x = rng.uniform(-1, 1, (128, 4))
labels = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.3).astype(int)
layers = learn(make_layers([4, 9, 3]), x, labels)
print("accuracy", accuracy(layers, x, labels))
