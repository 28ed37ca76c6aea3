"""Train and test files of numbers, the last column is the label (text here); softmax regression on a hidden layer."""

import io

import numpy as np

_rng = np.random.default_rng(30)


def _csv(n):
    rows = []
    for _ in range(n):
        a, b, c = _rng.normal(10, 4, 3).round(2)
        name = "low" if a + b < 17 else "mid" if a + b < 23 else "high"
        rows.append(f"{a},{b},{c},{name}")
    return io.StringIO("a,b,c,class\n" + "\n".join(rows))


train_csv, test_csv = _csv(120), _csv(40)
NAMES = ["low", "mid", "high"]


def read(handle):
    next(handle)
    features, targets = [], []
    for line in handle:
        *numbers, name = line.strip().split(",")
        features.append([float(v) for v in numbers])
        targets.append(NAMES.index(name))
    return np.array(features), np.array(targets)


def minmax(x, low, high):
    return (x - low) / (high - low)


def encode(t, k):
    return (t[:, None] == np.arange(k)).astype(float)


train_features, train_targets = read(train_csv)
test_features, test_targets = read(test_csv)
low, high = train_features.min(axis=0), train_features.max(axis=0)
train_features = minmax(train_features, low, high)
test_features = minmax(test_features, low, high)
train_onehot = encode(train_targets, 3)
test_onehot = encode(test_targets, 3)


def init_weights(sizes, seed=0):
    r = np.random.default_rng(seed)
    weights, biases = [], []
    for a, b in zip(sizes, sizes[1:]):
        weights.append(r.normal(size=(a, b)) * 0.8)
        biases.append(r.normal(size=b) * 0.1)
    return weights, biases


def sigm(z):
    return 1 / (1 + np.exp(-z))


def feed(x, weights, biases):
    hid = sigm(np.dot(x, weights[0]) + biases[0])
    scores = np.dot(hid, weights[1]) + biases[1]
    scores = np.exp(scores - np.max(scores, axis=1)[:, np.newaxis])
    return hid, scores / np.sum(scores, axis=1)[:, np.newaxis]


def cost(probs, onehot):
    return np.mean(-np.sum(onehot * np.log(probs), axis=1))


def gradient(x, onehot, hid, probs, weights):
    count = x.shape[0]
    d2 = probs - onehot
    d1 = np.dot(d2, weights[1].T) * hid * (1 - hid)
    return [np.dot(x.T, d1) / count, np.dot(hid.T, d2) / count], [d1.mean(axis=0), d2.mean(axis=0)]


weights, biases = init_weights([3, 10, 3])
step = 1.5
train_costs, test_costs = [], []
for i in range(150):
    hid, probs = feed(train_features, weights, biases)
    dw, db = gradient(train_features, train_onehot, hid, probs, weights)
    weights = [w - step * g for w, g in zip(weights, dw)]
    biases = [b - step * g for b, g in zip(biases, db)]
    train_costs.append(cost(probs, train_onehot))
    test_costs.append(cost(feed(test_features, weights, biases)[1], test_onehot))
print("loss", train_costs[0], "then loss", train_costs[-1], "test", test_costs[-1])
decided = feed(test_features, weights, biases)[1].argmax(axis=1)
print("accuracy", np.mean(decided == test_targets))
