import numpy as np

# Predicts house prices (made-up data) with a 2-layer net.
# Convention: every COLUMN is a house.

class HousePriceNet:

    LEAK = 0.01

    def __init__(self, n_features, n_hidden=16, learning_rate=0.05, weight_decay=1e-3):
        rs = np.random.RandomState(0)
        self.w1 = rs.randn(n_hidden, n_features) * np.sqrt(2.0 / n_features)
        self.c1 = np.zeros((n_hidden, 1))
        self.w2 = rs.randn(1, n_hidden) * np.sqrt(2.0 / n_hidden)
        self.c2 = np.zeros((1, 1))
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay

    def leaky(self, s):
        return np.where(s > 0, s, self.LEAK * s)

    def leaky_slope(self, s):
        return np.where(s > 0, 1.0, self.LEAK)

    def forward(self, x):
        self.x = x
        self.s1 = self.w1 @ x + self.c1
        self.h1 = self.leaky(self.s1)
        self.pred = self.w2 @ self.h1 + self.c2
        return self.pred

    def mse(self, x, target):
        """Half the mean squared error."""
        difference = self.forward(x) - target
        return 0.5 * np.mean(difference ** 2)

    def backward(self, target):
        batch = target.shape[1]
        d_pred = (self.pred - target) / batch
        self.g_w2 = d_pred @ self.h1.T
        self.g_c2 = np.sum(d_pred, axis=1, keepdims=True)
        d_h1 = self.w2.T @ d_pred
        d_s1 = d_h1 * self.leaky_slope(self.s1)
        self.g_w1 = d_s1 @ self.x.T
        self.g_c1 = np.sum(d_s1, axis=1, keepdims=True)
        # weight decay: derivative of 0.5 * wd * ||w||^2
        self.g_w2 += self.weight_decay * self.w2
        self.g_w1 += self.weight_decay * self.w1

    def step(self):
        self.w1 -= self.learning_rate * self.g_w1
        self.c1 -= self.learning_rate * self.g_c1
        self.w2 -= self.learning_rate * self.g_w2
        self.c2 -= self.learning_rate * self.g_c2


def make_houses(n, rs):
    size = rs.uniform(40, 250, n)
    rooms = np.round(size / 30 + rs.randn(n))
    age = rs.uniform(0, 80, n)
    distance = rs.exponential(8, n)
    price = 2500 * size + 8000 * rooms - 900 * age - 3000 * distance + 4e6 / (age + 20)
    price = price + rs.randn(n) * 15000
    return np.stack([size, rooms, age, distance]), price.reshape(1, -1)


def minibatches(x, y, size, rs):
    order = rs.permutation(x.shape[1])
    for i in range(0, x.shape[1], size):
        pick = order[i:i + size]
        yield x[:, pick], y[:, pick]


rs = np.random.RandomState(42)
x, y = make_houses(600, rs)
x_train, x_valid = x[:, :500], x[:, 500:]
y_train, y_valid = y[:, :500], y[:, 500:]

x_mean = x_train.mean(axis=1, keepdims=True)
x_std = x_train.std(axis=1, keepdims=True)
y_mean, y_std = y_train.mean(), y_train.std()
x_train = (x_train - x_mean) / x_std
x_valid = (x_valid - x_mean) / x_std
y_train = (y_train - y_mean) / y_std
y_valid = (y_valid - y_mean) / y_std

net = HousePriceNet(x_train.shape[0])
for epoch in range(1, 61):
    for xb, yb in minibatches(x_train, y_train, 50, rs):
        net.forward(xb)
        net.backward(yb)
        net.step()
    if epoch % 10 == 0:
        print("epoch", epoch, "train error", net.mse(x_train, y_train), "valid error", net.mse(x_valid, y_valid))

guess = net.forward(x_valid[:, :5]) * y_std + y_mean
print("predicted prices:", np.round(guess.ravel()))
print("true prices:     ", np.round((y_valid[:, :5] * y_std + y_mean).ravel()))
