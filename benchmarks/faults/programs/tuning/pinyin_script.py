"""shenjing wangluo: san ceng."""

import numpy as np

np.random.seed(1)
N, D, H, C = 90, 5, 8, 3
shuju = np.random.randn(N, D)
biaoqian = np.argmax(shuju[:, :C] + 0.3 * np.random.randn(N, C), axis=1)
w1 = 0.4 * np.random.randn(D, H)
b1 = np.zeros(H)
w2 = 0.4 * np.random.randn(H, C)
b2 = np.zeros(C)


def f1(x):
    return np.where(x > 0, x, 0)


def f2(x):
    x = x - np.max(x, axis=1, keepdims=True)
    e = np.exp(x)
    return e / np.sum(e, axis=1, keepdims=True)


def lay1(x):
    return x @ w1 + b1


def lay2(a):
    return np.matmul(a, w2) + b2


def qian(x):
    z = lay1(x)
    a = f1(z)
    p = f2(lay2(a))
    return z, a, p


def sunshi(p, y):
    return np.mean(-np.log(p[range(len(y)), y]))


def fan(x, y, z, a, p):
    d2 = p.copy()
    d2[range(len(y)), y] -= 1
    d2 = d2 / len(y)
    gw2 = a.T @ d2
    gb2 = d2.sum(0)
    d1 = d2 @ w2.T
    d1[z <= 0] = 0
    gw1 = x.T @ d1
    gb1 = d1.sum(0)
    return gw1, gb1, gw2, gb2


xuexilv = 0.3
for lun in range(80):
    z, a, p = qian(shuju)
    gw1, gb1, gw2, gb2 = fan(shuju, biaoqian, z, a, p)
    w1 -= xuexilv * gw1
    b1 -= xuexilv * gb1
    w2 -= xuexilv * gw2
    b2 -= xuexilv * gb2
    if lun % 10 == 0:
        print("loss", lun, ":", sunshi(p, biaoqian))
yuce = np.argmax(qian(shuju)[2], axis=1)
print("zhengquelv", np.mean(yuce == biaoqian))
