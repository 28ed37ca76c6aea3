"""Right solutions in other styles: no false alarm."""

import re

import pytest

from tests.checking.exercise import RIGHT, check_text

LOOPS = """
import math
import numpy as np

def initialize(h, K):
    m = len(trainX[0])
    params = {}
    params["W1"] = np.array([[np.random.randn() * 0.01 for _ in range(h)] for _ in range(m)])
    params["b1"] = np.array([0.0] * h)
    params["W2"] = np.array([[np.random.randn() * 0.01 for _ in range(K)] for _ in range(h)])
    params["b2"] = np.array([0.0] * K)
    return params

def linear_combination(X, W, b):
    Z = np.zeros((len(X), W.shape[1]))
    for i in range(len(X)):
        for j in range(W.shape[1]):
            Z[i, j] = sum(X[i, k] * W[k, j] for k in range(W.shape[0])) + b[j]
    return Z

def ReLU(Z):
    return np.array([[z if z > 0 else 0.0 for z in row] for row in Z])

def softmax(O):
    P = np.zeros_like(O)
    for i, row in enumerate(O):
        exps = [math.exp(o - max(row)) for o in row]
        P[i] = [e / sum(exps) for e in exps]
    return P

def log_softmax(O):
    L = np.zeros(O.shape)
    for i, row in enumerate(O):
        top = max(row)
        L[i] = [o - top - math.log(sum(math.exp(q - top) for q in row)) for o in row]
    return L

def cross_entropy_with_softmax(y_true, O):
    L, loss = log_softmax(O), 0.0
    for i in range(len(O)):
        for k in range(O.shape[1]):
            if y_true[i][k] == 1:
                loss -= L[i][k]
    return loss / len(O)

def forward(X, params):
    H = ReLU(linear_combination(X, params["W1"], params["b1"]))
    return linear_combination(H, params["W2"], params["b2"])

def compute_gradient(y_true, y_pred, H, Z, X, params):
    n, m = X.shape
    h, K = params["W2"].shape
    g = {key: np.zeros_like(value) for key, value in params.items()}
    for i in range(n):
        d = [(y_pred[i, k] - y_true[i, k]) / n for k in range(K)]
        for k in range(K):
            g["b2"][k] += d[k]
            for j in range(h):
                g["W2"][j, k] += H[i, j] * d[k]
        for j in range(h):
            if Z[i, j] > 0:
                back = sum(d[k] * params["W2"][j, k] for k in range(K))
                g["b1"][j] += back
                for f in range(m):
                    g["W1"][f, j] += X[i, f] * back
    return {"d" + key: value for key, value in g.items()}

def update(params, grads, lr):
    for key in params:
        params[key] = params[key] - lr * grads["d" + key]
    return params

def predict(X, params):
    return [int(max(range(len(o)), key=lambda k: o[k])) for o in forward(X, params)]
"""

EINSUM_TUPLE = '''
"""Parameters as a tuple, biases (h,), forward hands out Z, H and O, everything returns something new."""
import numpy as np

def initialize(m, h, K, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, np.sqrt(2 / m), (m, h)), np.zeros(h), rng.normal(0, np.sqrt(2 / h), (h, K)), np.zeros(K)

relu = lambda z: z * (z > 0)

def linear_combination(X, W, b):
    return np.einsum("nm,mh->nh", X, W) + b

def softmax(scores):
    e = np.exp(scores - scores.max(-1)[:, None])
    return e / e.sum(-1)[:, None]

def log_softmax(scores):
    top = scores.max(-1)[:, None]
    return scores - top - np.log(np.exp(scores - top).sum(-1))[:, None]

def cross_entropy(labels, scores):
    return -log_softmax(scores)[range(len(labels)), labels].mean()

def forward(X, theta):
    W1, b1, W2, b2 = theta
    Z = linear_combination(X, W1, b1)
    H = relu(Z)
    return Z, H, linear_combination(H, W2, b2)

def compute_gradient(labels, P, H, Z, X, theta):
    delta = P.copy()
    delta[np.arange(len(labels)), labels] -= 1
    delta /= len(labels)
    back = np.einsum("nk,hk->nh", delta, theta[2])
    back[Z <= 0] = 0
    return np.einsum("nm,nh->mh", X, back), back.sum(0), np.einsum("nh,nk->hk", H, delta), delta.sum(0)

def update(theta, grads, eta):
    return tuple(t - eta * g for t, g in zip(theta, grads))

def train(X, y, testX, testy, theta, epochs, eta=0.1, verbose=False):
    history = {"train": [], "test": []}
    for _ in range(epochs):
        Z, H, O = forward(X, theta)
        history["train"].append(cross_entropy(y, O))
        history["test"].append(cross_entropy(testy, forward(testX, theta)[-1]))
        theta = update(theta, compute_gradient(y, softmax(O), H, Z, X, theta), eta)
    return history["train"], history["test"], theta

def predict(X, theta):
    return forward(X, theta)[2].argmax(1)
'''

LAYERS = '''
"""Other names for keys and locals, and helpers; gradients like cache dictionaries."""
import numpy as np

EPS = 0.0

def _affine(a, w, c):
    return a @ w + c

def initialize_parameters(h, K):
    scale = 1e-2
    return {"W_1": scale * np.random.randn(trainX.shape[1], h), "b_1": np.zeros((1, h)),
            "W_2": scale * np.random.randn(h, K), "b_2": np.zeros((1, K))}

def linear_combination(inputs, weights, bias):
    return _affine(inputs, weights, bias)

def ReLU(values):
    out = values.copy()
    out[out < 0] = 0
    return out

def relu_derivative(values):
    slope = np.zeros_like(values)
    slope[values >= 0] = 1
    return slope

def my_softmax(scores):
    exps = np.exp(scores)
    return (exps.T / exps.sum(1)).T

def softmax(scores):
    return my_softmax((scores.T - scores.max(1)).T)

def log_softmax(scores):
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)

def cross_entropy_with_softmax(truth, scores):
    return float(np.mean(-(truth * log_softmax(scores)).sum(axis=1)))

def forward(batch, params):
    hidden = ReLU(_affine(batch, params["W_1"], params["b_1"]))
    return _affine(hidden, params["W_2"], params["b_2"])

def compute_gradient(truth, guess, hidden, pre, batch, params):
    count = truth.shape[0]
    error = guess - truth
    grads = {}
    grads["dW_2"] = hidden.T.dot(error) / count
    grads["db_2"] = error.mean(axis=0, keepdims=True)
    error = error.dot(params["W_2"].T) * relu_derivative(pre)
    grads["dW_1"] = batch.T.dot(error) / count
    grads["db_1"] = error.mean(axis=0, keepdims=True)
    return grads

def update(params, grads, rate):
    for name in list(params):
        params[name] -= rate * grads["d" + name]

def backward(truth, guess, hidden, pre, batch, params, rate):
    update(params, compute_gradient(truth, guess, hidden, pre, batch, params), rate)

def train(trainX, trainY, testX, testY, params, epochs, rate=0.01, verbose=False):
    result = []
    for _ in range(epochs):
        pre = _affine(trainX, params["W_1"], params["b_1"])
        hidden = ReLU(pre)
        scores = _affine(hidden, params["W_2"], params["b_2"])
        result.append((cross_entropy_with_softmax(trainY, scores), cross_entropy_with_softmax(testY, forward(testX, params))))
        backward(trainY, softmax(scores), hidden, pre, trainX, params, rate)
    return [a for a, _ in result], [b for _, b in result]

def predict(batch, params):
    return softmax(forward(batch, params)).argmax(axis=1).reshape(-1, 1)
'''

SCIPY = """
import numpy as np
from scipy.special import log_softmax as _log_softmax, logsumexp, softmax as _softmax

def softmax(O: np.ndarray) -> np.ndarray:
    return _softmax(O, axis=1)

def log_softmax(O: np.ndarray) -> np.ndarray:
    return O - logsumexp(O, axis=1, keepdims=True)

def cross_entropy_with_softmax(y_true, O):
    return -np.average(np.sum(y_true * _log_softmax(O, axis=1), axis=1))
"""

OURS = "from triceptron.steps import *\n"

SINGLE = '''
"""Every array is taken to float32 on the way, as frameworks do."""
import numpy as np

def f(a):
    return np.asarray(a, dtype=np.float32)

def linear_combination(X, W, b): return f(X) @ f(W) + f(b)
def ReLU(X): return np.maximum(f(X), np.float32(0))
def softmax(O):
    e = np.exp(f(O) - f(O).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
def log_softmax(O):
    s = f(O) - f(O).max(axis=1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=1, keepdims=True))
def cross_entropy_with_softmax(Y, O): return -(f(Y) * log_softmax(O)).sum() / np.float32(len(Y))
def forward(X, p): return linear_combination(ReLU(linear_combination(X, p["W1"], p["b1"])), p["W2"], p["b2"])
def compute_gradient(Y, P, H, Z, X, p):
    d = (f(P) - f(Y)) / np.float32(len(Y))
    z = d @ f(p["W2"]).T * (f(Z) > 0)
    return dict(dW1=f(X).T @ z, db1=z.sum(0), dW2=f(H).T @ d, db2=d.sum(0))
'''

FORWARD_WITH_CACHE = """
import numpy as np

def forward(X, parameters):
    Z = X @ parameters["W1"] + parameters["b1"]
    H = np.maximum(Z, 0)
    O = H @ parameters["W2"] + parameters["b2"]
    return O, {"Z": Z, "H": H}

def predict(X, parameters):
    O, cache = forward(X, parameters)
    return O.argmax(axis=1)
"""

HISTORY_AFTER = (
    RIGHT.replace("        training_losses.append(cross_entropy_with_softmax(trainY, O))\n", "")
    .replace(
        "        testing_losses.append(cross_entropy_with_softmax(testY, forward(testX, parameters)))\n", ""
    )
    .replace(
        "parameters, learning_rate)\n    return training_losses",
        "parameters, learning_rate)\n"
        "        training_losses.append(cross_entropy_with_softmax(trainY, forward(trainX, parameters)))\n"
        "        testing_losses.append(cross_entropy_with_softmax(testY, forward(testX, parameters)))\n"
        "    return training_losses",
    )
)

STYLES = {
    "loops": LOOPS,
    "einsum, tuples, biases (h,), integer labels": EINSUM_TUPLE,
    "other names and helpers": LAYERS,
    "scipy": SCIPY,
    "our own functions": OURS,
    "float32 inside": SINGLE,
    "forward hands out a cache": FORWARD_WITH_CACHE,
    "losses recorded after the update": HISTORY_AFTER,
    "slope 0 at 0": RIGHT.replace("(Z >= 0) * 1.0", "np.where(Z > 0, 1, 0)"),
    "slope from H": RIGHT.replace("(Z >= 0) * 1.0", "(H > 0).astype(float)"),
    "slope by copy": RIGHT.replace("(Z >= 0) * 1.0", "Z.copy()\n    relu_grad[relu_grad >= 0] = 1\n    relu_grad[relu_grad < 0] = 0"),
    "slope by sign": RIGHT.replace("(Z >= 0) * 1.0", "np.heaviside(Z, 0.5)"),
    "biases (h,)": re.sub(r"np\.zeros\(\(1, (\w)\)\)", r"np.zeros(\1)", RIGHT),
    "update returns new ones": RIGHT.replace("def update(", "def update_(").split("def update_(")[0] + "def update(parameters, grads, learning_rate):\n    return {key: parameters[key] - learning_rate * grads['d' + key] for key in parameters}\n",
    "He's start": RIGHT.replace("size=(trainX.shape[1], h)) * 0.01", "size=(trainX.shape[1], h)) * np.sqrt(2 / trainX.shape[1])"),
    "loss by picking": RIGHT.replace("-np.sum(y_true * log_softmax(O)) / len(y_true)", "-log_softmax(O)[np.arange(len(O)), np.argmax(y_true, axis=1)].mean()"),
    "ReLU by where": RIGHT.replace("np.maximum(X, 0)", "np.where(X > 0, X, 0)"),
    "ReLU by absolute value": RIGHT.replace("np.maximum(X, 0)", "(X + abs(X)) / 2"),
    "row maximum by a list": RIGHT.replace("my_softmax(O - np.max(O, axis=1, keepdims=True))", "np.stack([np.exp(o - o.max()) / np.exp(o - o.max()).sum() for o in O])"),
    "matrices": RIGHT.replace("np.dot(X, W) + b", "np.asarray(np.matrix(X) * np.matrix(W)) + b"),
    "prediction by the logits": RIGHT.replace("np.argmax(softmax(forward(X, parameters)), axis=1)", "forward(X, parameters).argmax(-1)"),
    "keyword arguments": RIGHT.replace("grads = compute_gradient(y_true, y_pred, H, Z, X, parameters)", "grads = compute_gradient(y_true=y_true, y_pred=y_pred, H=H, Z=Z, X=X, parameters=parameters)"),
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_a_right_solution_is_called_right(style, tmp_path):
    report = check_text(STYLES[style], tmp_path)
    assert report.ok, str(report)
    assert {step.status for step in report.steps} <= {"right", "missing"}
    assert any(step.status == "right" for step in report.steps)
