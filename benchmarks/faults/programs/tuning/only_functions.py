import numpy as np


def prepare(table, share=0.75):
    table = table[np.random.permutation(len(table))]
    features, classes = table[:, :-1], table[:, -1].astype(int)
    k = int(share * len(table))
    x_train, x_test = features[:k], features[k:]
    y_train, y_test = classes[:k], classes[k:]
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    return (x_train - mean) / std, y_train, (x_test - mean) / std, y_test


def weights(n_in, n_hid, n_out):
    return [
        np.random.normal(0, 0.3, (n_in, n_hid)),
        np.zeros(n_hid),
        np.random.normal(0, 0.3, (n_hid, n_out)),
        np.zeros(n_out),
    ]


def relu(s):
    return np.where(s < 0, 0, s)


def layer_1(x, params):
    return relu(x @ params[0] + params[1])


def layer_2(h, params):
    s = h @ params[2] + params[3]
    s = s - s.max(axis=1)[:, None]
    return np.exp(s) / np.exp(s).sum(axis=1)[:, None]


def loss(prob, y):
    return -np.log(prob[np.arange(len(y)), y] + 1e-12).mean()


def step(x, y, params, alpha):
    h = layer_1(x, params)
    prob = layer_2(h, params)
    g = prob.copy()
    g[np.arange(len(y)), y] -= 1
    g /= len(y)
    gh = g @ params[2].T
    gh[h <= 0] = 0
    params[2] -= alpha * h.T @ g
    params[3] -= alpha * g.sum(axis=0)
    params[0] -= alpha * x.T @ gh
    params[1] -= alpha * gh.sum(axis=0)
    return loss(prob, y)


def learn(table, n_hid=12, alpha=0.2, rounds=60, batch=20):
    x_train, y_train, x_test, y_test = prepare(table)
    params = weights(x_train.shape[1], n_hid, y_train.max() + 1)
    for r in range(rounds):
        order = np.random.permutation(len(x_train))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            train_loss = step(x_train[rows], y_train[rows], params, alpha)
        test_loss = loss(layer_2(layer_1(x_test, params), params), y_test)
        if r % 10 == 0:
            print("loss", train_loss, "test", test_loss)
    return params


def decide(x, params):
    return np.argmax(layer_2(layer_1(x, params), params), axis=1)


if __name__ == "__main__":
    np.random.seed(6)
    numbers = np.random.normal(size=(160, 5)) * [1, 2, 3, 4, 5] + 7
    kinds = (numbers[:, 0] > 7).astype(int) + (numbers[:, 3] > 9)
    params = learn(np.column_stack([numbers, kinds]))
