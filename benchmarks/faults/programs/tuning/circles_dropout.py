"""Binary classifier for two concentric rings, samples in columns.

Hidden layer: leaky ReLU with inverted dropout. Output: one sigmoid unit.
Mini-batches, step decay of the learning rate, early stopping.
"""
import numpy as np
import copy

LEAK = 0.1


def make_rings(n, rng):
    radius = np.where(np.arange(n) % 2 == 0, 1.0, 2.2) + 0.15 * rng.standard_normal(n)
    angle = rng.uniform(0, 2 * np.pi, n)
    points = np.vstack([radius * np.cos(angle), radius * np.sin(angle)])
    label = (np.arange(n) % 2).reshape(1, n)
    return points, label


class RingClassifier:
    def __init__(self, n_in=2, n_hidden=24, keep_prob=0.9, lr=0.5, seed=0):
        self.rng = np.random.default_rng(seed)
        self.keep_prob = keep_prob
        self.lr = lr
        self.W1 = self.rng.standard_normal((n_hidden, n_in)) * np.sqrt(2 / n_in)
        self.b1 = np.zeros((n_hidden, 1))
        self.W2 = self.rng.standard_normal((1, n_hidden)) * np.sqrt(2 / n_hidden)
        self.b2 = np.zeros((1, 1))

    @property
    def state(self):
        return copy.deepcopy((self.W1, self.b1, self.W2, self.b2))

    @state.setter
    def state(self, value):
        self.W1, self.b1, self.W2, self.b2 = value

    def _forward(self, X, train=False):
        self.Z1 = self.W1 @ X + self.b1
        self.A1 = np.where(self.Z1 > 0, self.Z1, LEAK * self.Z1)
        if train:
            self.D1 = (self.rng.random(self.A1.shape) < self.keep_prob) / self.keep_prob
            self.A1 = self.A1 * self.D1
        Z2 = self.W2 @ self.A1 + self.b2
        return 1 / (1 + np.exp(-Z2))

    def cost(self, X, Y):
        A2 = np.clip(self._forward(X), 1e-8, 1 - 1e-8)
        losses = Y * np.log(A2) + (1 - Y) * np.log(1 - A2)
        return float(-losses.sum() / Y.shape[1])

    def _train_batch(self, X, Y):
        m = X.shape[1]
        A2 = self._forward(X, train=True)
        dZ2 = A2 - Y
        dW2 = dZ2 @ self.A1.T / m
        db2 = dZ2.mean(axis=1, keepdims=True)
        dA1 = self.W2.T @ dZ2
        dA1 = dA1 * self.D1
        dZ1 = dA1 * np.where(self.Z1 > 0, 1.0, LEAK)
        dW1 = dZ1 @ X.T / m
        db1 = dZ1.mean(axis=1, keepdims=True)
        for param, grad in [(self.W1, dW1), (self.b1, db1), (self.W2, dW2), (self.b2, db2)]:
            param -= self.lr * grad

    def fit(self, X, Y, X_val, Y_val, epochs=120, batch=32, patience=25):
        best, best_state, waited = np.inf, self.state, 0
        for epoch in range(1, epochs + 1):
            order = self.rng.permutation(X.shape[1])
            X, Y = X[:, order], Y[:, order]
            for k in range(0, X.shape[1], batch):
                self._train_batch(X[:, k:k + batch], Y[:, k:k + batch])
            if epoch % 40 == 0:
                self.lr *= 0.5
            val = self.cost(X_val, Y_val)
            if val < best:
                best, best_state, waited = val, self.state, 0
            else:
                waited += 1
            if epoch % 10 == 0:
                print(f"{epoch:4d}  cost {self.cost(X, Y):.4f}  validation {val:.4f}")
            if waited >= patience:
                print("stopped early at", epoch)
                break
        self.state = best_state
        return best

    def predict(self, X):
        return (self._forward(X) > 0.5).astype(int)


rng = np.random.default_rng(7)
X, Y = make_rings(360, rng)
X_train, Y_train = X[:, :240], Y[:, :240]
X_val, Y_val = X[:, 240:], Y[:, 240:]
clf = RingClassifier()
print("best validation cost", clf.fit(X_train, Y_train, X_val, Y_val))
print("accuracy", np.mean(clf.predict(X_train) == Y_train), np.mean(clf.predict(X_val) == Y_val))
