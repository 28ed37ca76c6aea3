import numpy as np

np.random.seed(10)


def leaky(z):
    return np.where(z >= 0, z, 0.1 * z)


def d_leaky(z):
    return np.where(z >= 0, 1, 0.1)


def soft(z):
    t = np.exp(z - np.max(z, axis=0, keepdims=True))
    return t / t.sum(axis=0, keepdims=True)


class Net:
    def __init__(self, dims):
        self.L = len(dims) - 1
        self.w = [None] + [np.random.randn(dims[k + 1], dims[k]) / np.sqrt(dims[k]) for k in range(self.L)]
        self.b = [None] + [np.zeros((dims[k + 1], 1)) for k in range(self.L)]

    def fp(self, x):
        self.a, self.z = [x], [None]
        for k in range(1, self.L + 1):
            self.z.append(self.w[k] @ self.a[-1] + self.b[k])
            self.a.append(soft(self.z[-1]) if k == self.L else leaky(self.z[-1]))
        return self.a[-1]

    def bp(self, t):
        m = t.shape[1]
        delta = self.a[-1] - t
        self.dw, self.db = {}, {}
        for k in range(self.L, 0, -1):
            self.dw[k] = delta @ self.a[k - 1].T / m
            self.db[k] = delta.mean(axis=1, keepdims=True)
            if k > 1:
                delta = (self.w[k].T @ delta) * d_leaky(self.z[k - 1])

    def descend(self, lr):
        for k in range(1, self.L + 1):
            self.w[k] = self.w[k] - lr * self.dw[k]
            self.b[k] = self.b[k] - lr * self.db[k]


def cost(p, t):
    return -(t * np.log(p)).sum() / t.shape[1]


x = np.random.randn(4, 150)
labels = (x[0] * x[1] > 0).astype(int) + (x[2] > 0.5)
t = np.eye(3)[labels].T
net = Net([4, 16, 3])
for it in range(201):
    p = net.fp(x)
    net.bp(t)
    net.descend(0.5)
    if it % 50 == 0:
        print("iteration", it, "loss", cost(p, t))
pred = net.fp(x).argmax(axis=0)
print("train accuracy", (pred == labels).mean())
