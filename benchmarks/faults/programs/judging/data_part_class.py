"""Columns are samples after the data part has turned them; a class with fit, loss curves on both parts; sigmoid."""

import numpy as np

seed = np.random.default_rng(40)
features = seed.normal(2.0, 4.0, size=(110, 5))
targets = (features[:, 0] + features[:, 1] > 4).astype(int) + (features[:, 2] > 4)

shuffled = seed.permutation(110)
features, targets = features[shuffled], targets[shuffled]  #: data_shuffle
n_train = 80
train_features, test_features = features[:n_train].T, features[n_train:].T  #: data_train
train_targets, test_targets = targets[:n_train], targets[n_train:]  #: data_test
centre = train_features.mean(axis=1, keepdims=True)  #: data_statistics
spread = train_features.std(axis=1, keepdims=True)
train_features = (train_features - centre) / spread  #: data_scale
test_features = (test_features - centre) / spread  #: data_scale_test


def squash(a):
    return 1 / (1 + np.exp(-a))  #: act


def probabilities(o):
    e = np.exp(o - o.max(axis=0))  #: exp
    return e / e.sum(axis=0)  #: norm


class TwoLayers:
    def __init__(self, d, h, k):
        rng = np.random.default_rng(41)
        self.k = k
        self.W = rng.normal(0, 0.5, (h, d))  #: init_W1
        self.b = np.zeros((h, 1))  #: init_b1
        self.V = rng.normal(0, 0.5, (k, h))  #: init_W2
        self.c = np.zeros((k, 1))  #: init_b2

    def forward(self, X):
        self.X = X
        self.S = squash(self.W @ X + self.b)  #: H,Z
        self.P = probabilities(self.V @ self.S + self.c)  #: O,P
        return self.P

    def one_hot(self, labels):
        return np.eye(self.k)[labels].T  #: one_hot

    def cross_entropy(self, P, labels):
        return -np.mean(np.log(P[labels, np.arange(labels.size)]))  #: loss

    def gradients(self, labels):
        G = (self.P - self.one_hot(labels)) / labels.size  #: dO
        E = (self.V.T @ G) * self.S * (1 - self.S)  #: dZ
        return {
            "W": E @ self.X.T,  #: dW1
            "b": E.sum(axis=1, keepdims=True),  #: db1
            "V": G @ self.S.T,  #: dW2
            "c": G.sum(axis=1, keepdims=True),  #: db2
        }

    def step(self, gradients, eta):
        for name, gradient in gradients.items():
            setattr(self, name, getattr(self, name) - eta * gradient)  #: up_W1

    def fit(self, X, labels, X_test, labels_test, eta=0.9, epochs=120):
        curve, test_curve = [], []
        for _ in range(epochs):  #: loop
            test_curve.append(self.cross_entropy(self.forward(X_test), labels_test))  #: test_loss
            curve.append(self.cross_entropy(self.forward(X), labels))  #: step_forward
            self.step(self.gradients(labels), eta)  #: step_update
        return curve, test_curve

    def predict(self, X):
        return self.forward(X).argmax(axis=0)  #: predict


model = TwoLayers(5, 9, 3)
curve, test_curve = model.fit(train_features, train_targets, test_features, test_targets)
print("loss", curve[0], "then loss", curve[-1])
print("test", test_curve[-1], np.mean(model.predict(test_features) == test_targets))
