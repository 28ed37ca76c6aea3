"""Anyone's network, in its own convention: right is called right, and a fault is found."""

import os

import pytest

from tests.checking.exercise import put
from triceptron import check

COLUMNS = """\
import numpy as np

def init_params():
    W1 = np.random.rand(10, 784) - 0.5
    b1 = np.random.rand(10, 1) - 0.5
    W2 = np.random.rand(10, 10) - 0.5
    b2 = np.random.rand(10, 1) - 0.5
    return W1, b1, W2, b2

def relu(Z):
    return np.maximum(Z, 0)

def relu_deriv(Z):
    return Z > 0

def softmax(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1 @ X + b1
    A1 = relu(Z1)
    Z2 = W2 @ A1 + b2
    return Z1, A1, Z2, softmax(Z2)

def one_hot(Y):
    rows = np.zeros((Y.size, Y.max() + 1))
    rows[np.arange(Y.size), Y] = 1
    return rows.T

def back_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2 @ A1.T
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T @ dZ2 * relu_deriv(Z1)
    dW1 = 1 / m * dZ1 @ X.T
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
"""

CACHE = """\
import numpy as np

def initialize_parameters(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1))}

def forward_propagation(X, parameters):
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    A2 = sigmoid(Z2)
    assert A2.shape == (1, X.shape[1])
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}

def backward_propagation(parameters, cache, X, Y):
    n = X.shape[1]
    dZ2 = cache["A2"] - Y
    dW2 = np.dot(dZ2, cache["A1"].T) / n
    db2 = np.sum(dZ2, axis=1, keepdims=True) / n
    dZ1 = np.dot(parameters["W2"].T, dZ2) * (1 - np.power(cache["A1"], 2))
    dW1 = np.dot(dZ1, X.T) / n
    db1 = np.sum(dZ1, axis=1, keepdims=True) / n
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
"""

OBJECT = """\
import numpy as np

class Network:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.1):
        self.W1 = np.random.randn(input_size, hidden_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size)
        self.b2 = np.zeros((1, output_size))
        self.learning_rate = learning_rate

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def forward(self, X):
        self.a1 = self.sigmoid(X @ self.W1 + self.b1)
        self.output = self.sigmoid(self.a1 @ self.W2 + self.b2)
        return self.output

    def backward(self, X, y, output):
        delta2 = (y - output) * output * (1 - output)
        delta1 = delta2 @ self.W2.T * self.a1 * (1 - self.a1)
        self.W2 += self.learning_rate * self.a1.T @ delta2
        self.b2 += self.learning_rate * delta2.sum(axis=0, keepdims=True)
        self.W1 += self.learning_rate * X.T @ delta1
        self.b1 += self.learning_rate * delta1.sum(axis=0, keepdims=True)

    def train(self, X, y, epochs):
        for _ in range(epochs):
            self.backward(X, y, self.forward(X))
"""

LISTS = """\
import numpy as np

class Net:
    def __init__(self, sizes):
        self.weights = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(b, 1) for b in sizes[1:]]

    def backprop(self, x, y):
        activations = [x]
        for w, b in zip(self.weights, self.biases):
            activations.append(1 / (1 + np.exp(-(w @ activations[-1] + b))))
        delta = activations[-1] - y
        nabla_w, nabla_b = [], []
        for layer in range(len(self.weights) - 1, -1, -1):
            nabla_w.insert(0, delta @ activations[layer].T)
            nabla_b.insert(0, delta.sum(axis=1, keepdims=True))
            a = activations[layer]
            delta = self.weights[layer].T @ delta * a * (1 - a)
        return nabla_b, nabla_w
"""

SCRIPT = """\
import numpy as np
import matplotlib.pyplot as plt

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])
w1 = 2 * np.random.random((3, 4)) - 1
w2 = 2 * np.random.random((4, 1)) - 1
lr = 0.5
for epoch in range(100000):
    hidden = 1 / (1 + np.exp(-(X @ w1)))
    output = 1 / (1 + np.exp(-(hidden @ w2)))
    delta2 = (output - y) * output * (1 - output)
    delta1 = delta2 @ w2.T * hidden * (1 - hidden)
    w2 = w2 - lr * hidden.T @ delta2
    w1 = w1 - lr * X.T @ delta1
    if epoch % 1000 == 0:
        print(epoch, np.mean((output - y) ** 2))
plt.show()
"""

LOOP = """\
import numpy as np

def build_model(X, y, n_hidden, num_passes=20000, lr=0.01):
    np.random.seed(0)
    W1 = np.random.randn(X.shape[1], n_hidden) / np.sqrt(X.shape[1])
    b1 = np.zeros((1, n_hidden))
    W2 = np.random.randn(n_hidden, 3) / np.sqrt(n_hidden)
    b2 = np.zeros((1, 3))
    for i in range(num_passes):
        a1 = np.tanh(X @ W1 + b1)
        scores = np.exp(a1 @ W2 + b2)
        probs = scores / scores.sum(axis=1, keepdims=True)
        delta3 = probs
        delta3[range(len(X)), y] -= 1
        dW2 = a1.T @ delta3
        db2 = delta3.sum(axis=0, keepdims=True)
        delta2 = delta3 @ W2.T * (1 - a1**2)
        dW1 = X.T @ delta2
        db1 = delta2.sum(axis=0)
        W1 -= lr * dW1
        b1 -= lr * db1
        W2 -= lr * dW2
        b2 -= lr * db2
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
"""

COUNTED = (
    SCRIPT.replace(
        "X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])", "N = 40\nX = np.random.rand(N, 3)"
    )
    .replace("y = np.array([[0], [1], [1], [0]])", "y = np.ones((N, 1))\nb2 = np.zeros((1, 1))")
    .replace("(hidden @ w2)", "(hidden @ w2 + b2)")
    .replace("lr * hidden.T @ delta2", "lr * hidden.T @ delta2 / N")
    .replace("lr * X.T @ delta1", "lr * X.T @ delta1 / N\n    b2 = b2 - lr * delta2.mean(axis=0)")
)

PROGRAMS = {
    "counted": COUNTED,
    "columns": COLUMNS,
    "cache": CACHE,
    "object": OBJECT,
    "lists": LISTS,
    "script": SCRIPT,
    "loop": LOOP,
}


def checked(text, folder, name="network.py"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return check(file, lang="en")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_right_network_in_another_convention_is_right(program, tmp_path):
    report = checked(PROGRAMS[program], tmp_path)
    assert report.ok, str(report)
    assert report.together.status == "right", str(report)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (
            "columns",
            "samples are columns: (features, samples); labels: integer codes; hidden ReLU, output softmax",
        ),
        ("cache", "hidden tanh, output sigmoid, cross-entropy"),
        ("object", "samples are rows; labels: one-hot; hidden sigmoid, output sigmoid, squared error"),
    ],
)
def test_the_convention_is_told(program, words, tmp_path):
    shown = " ".join(str(checked(PROGRAMS[program], tmp_path).to_dict()).split())
    assert words in shown


FAULTS = [
    ("columns", "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)", "db1 = 1 / m * np.sum(dZ1)", "bias_summed_whole"),
    ("columns", "W2.T @ dZ2 * relu_deriv(Z1)", "W2.T @ dZ2", "relu_derivative_missing"),
    ("columns", "dW2 = 1 / m * dZ2 @ A1.T", "dW2 = 1 / m * dZ2 @ Z1.T", "Z_for_H"),
    ("columns", "dW1 = 1 / m * dZ1 @ X.T", "dW1 = dZ1 @ X.T", "mean_missing"),
    ("cache", "(1 - np.power(cache[\"A1\"], 2))", "(1 - cache[\"A1\"])", None),
    ("cache", "db2 = np.sum(dZ2, axis=1, keepdims=True) / n", "db2 = np.sum(dZ2) / n * 2", None),
    ("object", "self.W1 += self.learning_rate", "self.W1 -= self.learning_rate", None),
    ("object", "delta1 = delta2 @ self.W2.T * self.a1 * (1 - self.a1)\n        self.W2 += self.learning_rate * self.a1.T @ delta2", "self.W2 += self.learning_rate * self.a1.T @ delta2\ndelta1 = delta2 @ self.W2.T * self.a1 * (1 - self.a1)", "weights_changed_too_early"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "right", "fault", "cause"), FAULTS)
def test_a_fault_in_another_convention_is_found(program, right, fault, cause, tmp_path):
    report = checked(put(right, fault, PROGRAMS[program]), tmp_path)
    assert report.together.status == "wrong", str(report)
    if cause is not None:
        assert [cause] == [code for step in report.steps for code in step.causes]


def test_a_function_that_cannot_be_called_is_not_called_wrong(tmp_path):
    text = COLUMNS.replace(
        "def back_prop(Z1, A1, Z2, A2, W1, W2, X, Y):", "def back_prop(alien, thing, other, more):"
    )
    report = checked(text, tmp_path)
    assert report.ok
    assert report["back_prop"].status == "other"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it is run in a copy of this process")
def test_living_functions_are_driven(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text, status in ((COLUMNS, "right"), (COLUMNS.replace("dZ2 @ A1.T", "dZ2 @ Z1.T"), "wrong")):
        file = tmp_path / f"{status}.py"
        file.write_text(text, encoding="utf-8")
        scope = {"__name__": "__main__"}
        exec(compile(text, str(file), "exec"), scope)
        report = check(scope, lang="en")
        assert report["back_prop"].status == report.together.status == status
    assert {file.name for file in tmp_path.iterdir()} == {"right.py", "wrong.py"}
    finding = report["back_prop"].result.findings[0]
    assert finding.cause.code == "Z_for_H"
    assert finding.place.text == "dW2 = 1 / m * dZ2 @ Z1.T"


def test_a_name_is_mapped_by_an_option_or_a_comment(tmp_path):
    text = "import numpy as np\ndef positive(Z):\n    return np.maximum(Z, 0)\n"
    file = tmp_path / "steps.py"
    file.write_text(text, encoding="utf-8")
    assert check(file, names={"relu": "positive"})["relu"].status == "right"
    file.write_text(text.replace("def", "# triceptron: relu\ndef"), encoding="utf-8")
    assert check(file)["relu"].name == "positive"


def test_prints_of_python_2_are_read(tmp_path):
    text = COLUMNS.replace("    return rows.T", "    print 'rows', rows.shape\n    return rows.T")
    assert checked(text, tmp_path).together.status == "right"


def test_functions_without_a_start_are_driven(tmp_path):
    start = CACHE.index("def initialize_parameters")
    text = CACHE[:start] + CACHE[CACHE.index("def forward_propagation") :]
    assert checked(text, tmp_path).together.status == "right"


TABLE = """\
import numpy as np

def layers(n_in, n_hidden, n_out):
    return {"W1": np.random.randn(n_in, n_hidden), "b1": np.zeros(n_hidden),
            "W2": np.random.randn(n_hidden, n_out), "b2": np.zeros(n_out)}

def train(table, params, lr, epochs):
    for _ in range(epochs):
        X, y = table[:, :-1], table[:, -1].astype(int)
        H = np.tanh(X @ params["W1"] + params["b1"])
        E = np.exp(H @ params["W2"] + params["b2"])
        D = (E / E.sum(axis=1, keepdims=True) - np.eye(E.shape[1])[y]) / len(y)
        dZ = D @ params["W2"].T * (1 - H**2)
        slopes = {"W1": X.T @ dZ, "b1": dZ.sum(axis=0), "W2": H.T @ D, "b2": D.sum(axis=0)}
        params = {name: params[name] - lr * slopes[name] for name in params}
    return params
"""


def test_a_training_is_handed_a_table_and_parameters(tmp_path):
    assert checked(TABLE, tmp_path).together.status == "right"
    assert checked(TABLE.replace("(1 - H**2)", "(1 - H)"), tmp_path).together.status == "wrong"


def test_a_softmax_that_is_shifted_twice_is_right(tmp_path):
    report = checked(put("Z - Z.max(axis=0)", "(Z - 1) - (Z - 1).max(axis=0)", COLUMNS), tmp_path)
    assert report["softmax"].status == "right"
    assert report.ok


@pytest.mark.parametrize(("slope", "status"), [("LEAK", "other"), ("0.01", "wrong")])
def test_a_leaky_relu_that_says_so_is_meant(slope, status, tmp_path):
    leaky = put("np.maximum(Z, 0)", f"np.where(Z > 0, Z, {slope} * Z)", COLUMNS)
    forward, _, _ = leaky.partition("def back_prop")  # no run shows more
    assert checked(f"LEAK = 0.01\n{forward}", tmp_path)["relu"].status == status


SCRIPT_OF_TWO = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
Y = (X[:, :1] > 0) * 1.0
W1, b1, W2, b2 = rng.normal(size=(3, 5)), np.zeros(5), rng.normal(size=(5, 1)), np.zeros(1)
for epoch in range(9):
    H = np.tanh(X @ W1 + b1)
    P = 1 / (1 + np.exp(-(H @ W2 + b2)))
    D = (P - Y) / 30
    dZ = D @ W2.T * (1 - H**2)
    W2, b2, W1, b1 = W2 - H.T @ D, b2 - D.sum(axis=0), W1 - X.T @ dZ, b1 - dZ.sum(axis=0)
print(np.mean(np.where(CHOICE) == Y))
"""


@pytest.mark.parametrize(("choice", "status"), [("P < 0.5, 0, 1", "right"), ("P < 0.5, 1, 0", "wrong")])
def test_the_smaller_class_may_be_told_first(choice, status, tmp_path):
    text = SCRIPT_OF_TWO.replace("CHOICE", choice)
    assert checked(text, tmp_path)["predict"].status == status


def test_a_predict_that_gives_probabilities_to_its_user_is_not_called_wrong(tmp_path):
    predict = "\ndef predict(X):\n    return 1 / (1 + np.exp(-(np.tanh(X @ W1 + b1) @ W2 + b2)))\n\nprint(predict(X))\n"
    assert checked(SCRIPT_OF_TWO.replace("CHOICE", "P < 0.5, 0, 1") + predict, tmp_path).ok
