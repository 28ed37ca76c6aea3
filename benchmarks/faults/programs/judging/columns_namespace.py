"""Columns are samples; the parameters are a SimpleNamespace; ReLU and softmax; one-hot columns come in."""

from types import SimpleNamespace

import numpy as np


def new_net(n_in, n_hid, n_out, rng):
    return SimpleNamespace(
        W1=rng.normal(0, 0.6, (n_hid, n_in)),  #: init_W1
        b1=np.zeros((n_hid, 1)),  #: init_b1
        W2=rng.normal(0, 0.6, (n_out, n_hid)),  #: init_W2
        b2=np.zeros((n_out, 1)),  #: init_b2
    )


def rectify(v):
    return v * (v > 0)  #: act


def rectify_prime(v):
    return 1.0 * (v > 0)  #: slope


def normalise(v):
    w = np.exp(v - v.max(0))  #: exp
    return w / w.sum(0)  #: norm


def feed_forward(net, X):
    pre = net.W1 @ X + net.b1  #: Z
    hid = rectify(pre)  #: H
    out = normalise(net.W2 @ hid + net.b2)  #: O,P
    return SimpleNamespace(X=X, pre=pre, hid=hid, out=out)


def calculate_loss(state, T):
    return float(-np.einsum("kn,kn->", T, np.log(state.out)) / T.shape[1])  #: loss


def back_propagate(net, state, T):
    N = T.shape[1]  #: n
    err_out = state.out - T  #: dO
    err_hid = (net.W2.T @ err_out) * rectify_prime(state.pre)  #: dZ
    return SimpleNamespace(
        W1=err_hid @ state.X.T / N,  #: dW1
        b1=err_hid.mean(1, keepdims=True),  #: db1
        W2=err_out @ state.hid.T / N,  #: dW2
        b2=err_out.mean(1, keepdims=True),  #: db2
    )


def update_weights(net, grad, lr):
    net.W1 -= lr * grad.W1  #: up_W1
    net.b1 -= lr * grad.b1  #: up_b1
    net.W2 -= lr * grad.W2  #: up_W2
    net.b2 -= lr * grad.b2  #: up_b2


def run_training(net, X, T, lr=0.5, n_iter=90):
    for it in range(n_iter):  #: loop
        state = feed_forward(net, X)  #: step_forward
        grad = back_propagate(net, state, T)  #: step_backward
        update_weights(net, grad, lr)  #: step_update
        if it % 15 == 0:
            print("it", it, "loss", calculate_loss(state, T))


def winners(net, X):
    return feed_forward(net, X).out.argmax(0)  #: predict


if __name__ == "__main__":
    rng = np.random.default_rng(14)
    X = rng.normal(size=(6, 72))
    labels = X[:4].argmax(0)
    T = (labels == np.arange(4)[:, None]).astype(float)
    net = new_net(6, 9, 4, rng)
    run_training(net, X, T)
    print("accuracy", (winners(net, X) == labels).mean())
