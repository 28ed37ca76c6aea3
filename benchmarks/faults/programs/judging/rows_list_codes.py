"""Rows are samples; a list of parameters and a list of gradients; sigmoid hidden; labels are codes; float32."""

import numpy as np


def make_parameters(sizes, generator):
    d, h, k = sizes
    weights_in = generator.normal(0.0, 0.5, (d, h)).astype(np.float32)  #: init_W1
    weights_out = generator.normal(0.0, 0.5, (h, k)).astype(np.float32)  #: init_W2
    return [weights_in, np.zeros(h, np.float32), weights_out, np.zeros(k, np.float32)]


def logistic(t):
    return 1 / (1 + np.exp(-t))  #: act


def scores(parameters, x):
    w, b, v, c = parameters
    hidden = logistic(x @ w + b)  #: H,Z
    return hidden @ v + c, hidden  #: O


def log_probabilities(s):
    s = s - s.max(axis=1, keepdims=True)  #: log_shift
    return s - np.log(np.exp(s).sum(axis=1, keepdims=True))  #: log_norm


def nll(parameters, x, labels):
    s, _ = scores(parameters, x)
    return -log_probabilities(s)[np.arange(len(labels)), labels].mean()  #: loss


def gradients(parameters, x, labels):
    w, b, v, c = parameters
    s, hidden = scores(parameters, x)
    g = np.exp(log_probabilities(s))  #: P
    g[np.arange(len(labels)), labels] -= 1  #: dO
    g /= len(labels)  #: mean
    back = (g @ v.T) * hidden * (1 - hidden)  #: dZ
    return [
        x.T @ back,  #: dW1
        back.sum(axis=0),  #: db1
        hidden.T @ g,  #: dW2
        g.sum(axis=0),  #: db2
    ]


def sgd(parameters, x, labels, rate, batch=16, passes=60, generator=None):
    history = []
    for _ in range(passes):  #: loop
        order = generator.permutation(len(x))
        shuffled_x, shuffled_labels = x[order], labels[order]  #: shuffle
        for at in range(0, len(x), batch):
            some = slice(at, at + batch)  #: batch
            slopes = gradients(parameters, shuffled_x[some], shuffled_labels[some])  #: step_backward
            for p, g in zip(parameters, slopes):
                p -= rate * g  #: up_W1
        history.append(nll(parameters, x, labels))
    return history


def classify(parameters, x):
    return np.argmax(scores(parameters, x)[0], axis=-1)  #: predict


if __name__ == "__main__":
    generator = np.random.default_rng(21)
    x = generator.normal(size=(80, 4)).astype(np.float32)
    labels = np.argmax(x[:, 1:4], axis=1)
    parameters = make_parameters((4, 8, 3), generator)
    history = sgd(parameters, x, labels, 0.5, generator=generator)
    print("loss", history[0], "then loss", history[-1])
    print("accuracy", np.mean(classify(parameters, x) == labels))
