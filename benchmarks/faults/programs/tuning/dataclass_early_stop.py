"""Parameters in a dataclass; early stopping on a validation part, a learning rate that decays."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Params:
    w_hidden: np.ndarray
    b_hidden: np.ndarray
    w_out: np.ndarray
    b_out: np.ndarray


def start(rng, d, h):
    return Params(
        w_hidden=rng.normal(0, 0.5, (d, h)),
        b_hidden=np.zeros(h),
        w_out=rng.normal(0, 0.5, (h, 1)),
        b_out=np.zeros(1),
    )


def hidden(p, x):
    return np.tanh(x @ p.w_hidden + p.b_hidden)


def output(p, h):
    return h @ p.w_out + p.b_out


def mse(pred, y):
    return np.mean((pred - y) ** 2)


def backward(p, x, y):
    h = hidden(p, x)
    err = 2 * (output(p, h) - y) / len(x)
    g_w_out = h.T @ err
    g_b_out = err.sum(axis=0)
    back = (err @ p.w_out.T) * (1 - h**2)
    g_w_hidden = x.T @ back
    g_b_hidden = back.sum(axis=0)
    return Params(g_w_hidden, g_b_hidden, g_w_out, g_b_out)


def descend(p, g, eta):
    return Params(
        p.w_hidden - eta * g.w_hidden,
        p.b_hidden - eta * g.b_hidden,
        p.w_out - eta * g.w_out,
        p.b_out - eta * g.b_out,
    )


rng = np.random.default_rng(5)
inputs = rng.uniform(-2, 2, (150, 2))
targets = np.sin(inputs[:, :1]) + 0.5 * inputs[:, 1:] + 0.05 * rng.normal(size=(150, 1))
x_train, y_train = inputs[:100], targets[:100]
x_val, y_val = inputs[100:], targets[100:]
mu, sigma = x_train.mean(0), x_train.std(0)
x_train = (x_train - mu) / sigma
x_val = (x_val - mu) / sigma

params = start(rng, 2, 10)
eta, best, patience, epoch = 0.1, np.inf, 0, 0
while epoch < 300 and patience < 20:
    grads = backward(params, x_train, y_train)
    params = descend(params, grads, eta)
    val_loss = mse(output(params, hidden(params, x_val)), y_val)
    if val_loss < best - 1e-6:
        best, patience = val_loss, 0
    else:
        patience += 1
    if epoch % 50 == 0:
        print("validation loss", val_loss)
    eta *= 0.999
    epoch += 1
