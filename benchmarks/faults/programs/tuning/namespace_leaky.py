"""Parameters in a namespace, small functions by lambda and partial, products by einsum, leaky ReLU."""

from functools import partial
from types import SimpleNamespace

import numpy as np


def leaky(z, slope=0.05):
    out = np.multiply(z, slope)
    return np.maximum(z, out, out=out)


leaky_slope = lambda z, slope=0.05: np.where(z > 0, 1.0, slope)
dense = partial(np.einsum, "ni,ih->nh")
outer = partial(np.einsum, "ni,nh->ih")
sigmoid = lambda t: 0.5 * (np.tanh(0.5 * t) + 1)


def new_params(d, h, k, seed=3):
    r = np.random.RandomState(seed)
    return SimpleNamespace(
        Wa=r.randn(d, h) / np.sqrt(d),
        ba=np.zeros(h),
        Wb=r.randn(h, k) / np.sqrt(h),
        bb=np.zeros(k),
    )


def fwd(q, X):
    z = dense(X, q.Wa) + q.ba
    a = leaky(z)
    p = sigmoid(dense(a, q.Wb) + q.bb)
    return z, a, p


def bce(p, T):
    return -np.mean(np.sum(T * np.log(p) + (1 - T) * np.log(1 - p), axis=1))


def bwd(q, X, T, z, a, p):
    n = X.shape[0]
    eo = (p - T) / n
    eh = dense(eo, q.Wb.T) * leaky_slope(z)
    return SimpleNamespace(Wa=outer(X, eh), ba=eh.sum(0), Wb=outer(a, eo), bb=eo.sum(0))


def sgd(q, g, rate=0.3):
    for name in vars(q):
        getattr(q, name)[...] -= rate * getattr(g, name)


X = np.random.RandomState(1).uniform(-1, 1, (80, 5))
T = np.stack([X[:, 0] > X[:, 1], X[:, 2] > 0, X.sum(1) > 0.5], axis=1).astype(float)
q = new_params(5, 7, 3)
for epoch in range(100):
    z, a, p = fwd(q, X)
    g = bwd(q, X, T, z, a, p)
    sgd(q, g)
    if epoch % 20 == 0:
        print(f"epoch {epoch} loss {bce(p, T):.4f}")
print("right:", np.mean((fwd(q, X)[2] > 0.5) == T))
