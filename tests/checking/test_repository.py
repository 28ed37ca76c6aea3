"""What a program needs is found anywhere in its repository, whatever folder it was run from."""

import os

import numpy as np
import pytest

from tests.checking.test_stand_ins import LOADERS, NETWORK
from triceptron.checking import check

FLIPPED = "def slope(Z, function=None):\n    return Z < 0\n"
USING = NETWORK.replace("(Z > 0)", "slope(Z, function='relu')")


def judged(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "network.py"
    file.write_text("import numpy as np\n" + text, encoding="utf-8")
    return check(file, lang="en")


def causes(report):
    return {cause for step in report.steps for cause in step.causes}


MOVED = [
    "from src.slopes import slope",
    "from nn.hidden.slopes import slope",
    "from hidden import slope",
    "import nn.parts as p; slope = p.slope",
]


@pytest.mark.parametrize("line", MOVED)
def test_what_has_moved_within_the_repository_is_found(tmp_path, line):
    (tmp_path / "README.md").touch()
    (tmp_path / "inner" / "parts").mkdir(parents=True)
    (tmp_path / "inner" / "parts" / "slopes.py").write_text(FLIPPED, encoding="utf-8")
    report = judged(tmp_path / "examples", f"{line}\n{LOADERS['keras']}{USING}")
    assert "relu_derivative_flipped" in causes(report)


def test_folders_that_are_no_packages_are_followed_as_well(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "slopes.py").write_text(FLIPPED, encoding="utf-8")
    report = judged(tmp_path, f"from parts import slopes\nslope = slopes.slope\n{LOADERS['keras']}{USING}")
    place = next(f.place for step in report.steps for f in step.result.findings if f.cause)
    assert place.file == "slopes.py"


def test_what_lies_beside_the_repository_is_not_its_own(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "LICENSE").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "slopes.py").write_text(FLIPPED, encoding="utf-8")
    report = judged(tmp_path / "mine", f"from slopes import slope\n{LOADERS['keras']}{USING}")
    assert "relu_derivative_flipped" not in causes(report)


@pytest.mark.parametrize("name", ["src/data/made.csv", "C:\\\\mine\\\\data\\\\made.csv", "../data/made.csv"])
def test_small_data_are_found_from_whichever_folder_they_were_meant(tmp_path, name):
    rows = [[k % 3, *(np.arange(5) * (k % 3) + k % 7)] for k in range(40)]
    (tmp_path / "README.md").touch()
    (tmp_path / "src" / "data").mkdir(parents=True)
    np.savetxt(tmp_path / "src" / "data" / "made.csv", rows, delimiter=",")
    loader = f"rows = np.loadtxt('{name}', delimiter=',')\nX, y = rows[:, 1:] / 10, rows[:, 0].astype(int)\n"
    report = judged(tmp_path / "src", loader + NETWORK.replace("784", "5"))
    assert report.together.status == "right"
    assert "made-up data" not in str(report)


def test_a_module_elsewhere_is_judged_by_itself_where_the_program_ends_too_early(tmp_path):
    (tmp_path / "README.md").touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "nets.py").write_text("import numpy as np\n" + CLASS, encoding="utf-8")
    report = judged(tmp_path / "examples", "from package.nets import Net\nNet(*sizes).fit(inputs, labels)\n")
    assert report.together.status == "right"


PARTS = {
    "layers": """
class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out) * 0.5, np.zeros(n_out)

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, D):
        self.dW, self.db = self.X.T @ D, D.sum(axis=0)
        return D @ self.W.T

    def parameters(self):
        return [self.W, self.b]

    def gradients(self):
        return [self.dW, self.db]
""",
    "activations": """
class Tanh:
    def forward(self, X):
        self.H = np.tanh(X)
        return self.H

    def backward(self, D):
        return D * (1 - self.H**2)

    def parameters(self):
        return []

    gradients = parameters
""",
    "losses": """
class MSE:
    def forward(self, P, Y):
        self.P, self.Y = P, Y
        return np.mean((P - Y) ** 2)

    def backward(self):
        return 2 * (self.P - self.Y) / self.Y.size
""",
    "optimizers": """
class SGD:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def step(self, parameters, gradients):
        for parameter, gradient in zip(parameters, gradients):
            parameter -= self.learning_rate * gradient
""",
    "nets": """
class Net:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, X):
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, D):
        for layer in reversed(self.layers):
            D = layer.backward(D)

    def parameters(self):
        return [each for layer in self.layers for each in layer.parameters()]

    def gradients(self):
        return [each for layer in self.layers for each in layer.gradients()]
""",
}

MODEL = """
class Model:
    def __init__(self, network):
        self.network = network

    def compile(self, loss, optimizer):
        self.loss, self.optimizer = loss, optimizer

    def fit(self, X, y, epochs):
        for _ in range(epochs):
            loss_val = self.loss.forward(self.network.forward(X), y)
            self.network.backward(self.loss.backward())
            self.optimizer.step(self.network.parameters(), self.network.gradients())
"""


@pytest.mark.parametrize("fault", [False, True])
def test_a_network_is_put_together_of_several_files(tmp_path, fault):
    for name, text in PARTS.items():
        text = text.replace("D.sum(axis=0)", "D.sum()") if fault else text
        (tmp_path / f"{name}.py").write_text("import numpy as np\n" + text, encoding="utf-8")
    report = judged(tmp_path, MODEL)
    assert report.together.status == ("wrong" if fault else "right")
    assert causes(report) == ({"bias_summed_whole"} if fault else set())


CLASS = """
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden) * 0.5, np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out) * 0.5, np.zeros(n_out)

    def fit(self, X, y, epochs=5, lr=0.1):
        for _ in range(epochs):
            H = np.tanh(X @ self.W1 + self.b1)
            P = 1 / (1 + np.exp(-(H @ self.W2 + self.b2)))
            dO = (P - y) / len(X)
            dZ = dO @ self.W2.T * (1 - H**2)
            self.W2 -= lr * H.T @ dO
            self.b2 -= lr * dO.sum(axis=0)
            self.W1 -= lr * X.T @ dZ
            self.b1 -= lr * dZ.sum(axis=0)
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_or_a_link_to_nothing_in_the_repository_keeps_nobody_waiting(tmp_path):
    (tmp_path / "README.md").touch()
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "slopes.py").write_text(FLIPPED, encoding="utf-8")
    report = judged(tmp_path, f"from elsewhere.slopes import slope\n{LOADERS['keras']}{USING}")
    assert "relu_derivative_flipped" in causes(report)


TRAINED = """
def train(X, y, hidden=5, steps=20):
    rng = np.random.RandomState(0)
    Y = np.eye(y.max() + 1)[y]
    W1, b1 = rng.randn(X.shape[1], hidden) * 0.5, np.zeros((1, hidden))
    W2, b2 = rng.randn(hidden, Y.shape[1]) * 0.5, np.zeros((1, Y.shape[1]))
    for _ in range(steps):
        H = np.tanh(X @ W1 + b1)
        E = np.exp(H @ W2 + b2 - (H @ W2 + b2).max(axis=1, keepdims=True))
        P = E / E.sum(axis=1, keepdims=True)
        dO = (P - Y) / len(X)
        dZ = dO @ W2.T * (1 - H**2)
        W2 -= 0.5 * H.T @ dO
        b2 -= 0.5 * dO.sum(axis=0, keepdims=True)
        W1 -= 0.5 * X.T @ dZ
        b1 -= 0.5 * dZ.sum(axis=0, keepdims=True)
    return W1, b1, W2, b2
"""
MAIN = """
import numpy as np
from first import train as train_first
from second import train as train_second
rng = np.random.RandomState(1)
X = rng.randn(60, 4)
y = np.argmax(X[:, :3], axis=1)
train_first(X, y)
train_second(X, y, hidden=7)
"""


def test_of_several_networks_that_a_program_trains_the_files_own_is_judged(tmp_path):
    wrong = TRAINED.replace("(1 - H**2)", "(1 - H)")
    for name, text in (("first", TRAINED), ("second", wrong)):
        (tmp_path / f"{name}.py").write_text("import numpy as np\n" + text, encoding="utf-8")
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    assert check(tmp_path / "first.py", lang="en").together.status == "right"
    assert check(tmp_path / "second.py", lang="en").together.status == "wrong"


def test_programs_of_other_repositories_are_no_users(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").touch()
    (tmp_path / "mine" / "__init__.py").touch()
    (tmp_path / "mine" / "first.py").write_text("import numpy as np\n" + TRAINED, encoding="utf-8")
    (tmp_path / "other").mkdir()
    for name in ("first", "second"):
        text = TRAINED.replace("(1 - H**2)", "(1 - H)")
        (tmp_path / "other" / f"{name}.py").write_text("import numpy as np\n" + text, encoding="utf-8")
    (tmp_path / "other" / "main.py").write_text(MAIN, encoding="utf-8")
    assert check(tmp_path / "mine" / "first.py", lang="en").ok
