"""A program whose data are not here runs on small made-up ones, and a class that nobody calls is called."""

import json

import numpy as np
import pytest

from triceptron.checking import UnreadableFileError, check

LOADERS = {  # what a program loads, and what it makes of it
    "kaggle": """
import pandas as pd
data = np.array(pd.read_csv("train.csv"))
m, n = data.shape
np.random.shuffle(data)
data = data[1000:m]
X, y = data[:, 1:] / 255.0, data[:, 0]
""",
    "keras": """
from keras.datasets import mnist
(X_train, y_train), (X_test, y_test) = mnist.load_data()
X, y = X_train.reshape(60000, 784) / 255, y_train
""",
    "idx": """
import gzip
with gzip.open("data/train-images-idx3-ubyte.gz", "rb") as file:
    X = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784) / 255
with gzip.open("data/train-labels-idx1-ubyte.gz", "rb") as file:
    y = np.frombuffer(file.read(), np.uint8, offset=8)
""",
    "pickle": """
import gzip, pickle
with gzip.open("mnist.pkl.gz", "rb") as file:
    (X, y), valid, test = pickle.load(file, encoding="latin1")
""",
    "openml": """
from sklearn.datasets import fetch_openml
mnist = fetch_openml("mnist_784", version=1, as_frame=False)
X, y = mnist["data"][:60000] / 255.0, mnist["target"][:60000].astype(int)
""",
    "lines": """
rows = [line.split(",") for line in open("mnist_dataset/mnist_train_100.csv").readlines()]
X = np.array([row[1:] for row in rows], dtype=float) / 255
y = np.array([int(row[0]) for row in rows])
""",
    "torchvision": """
from torchvision import datasets, transforms
train = datasets.MNIST(".", train=True, download=True, transform=transforms.ToTensor())
X, y = train.data.view(-1, 784).numpy() / 255, train.targets.numpy()
""",
    "a pair": """
import pickle
with open("cropped.pkl", "rb") as file:
    X, y = pickle.load(file)
""",
    "a module": """
from mnist_loader import load_data
(X, y), valid, test = load_data()
""",
}

NETWORK = """
def softmax(O):
    E = np.exp(O - O.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)

Y = np.eye(10)[y]
rng = np.random.default_rng(0)
W1, b1, W2, b2 = rng.normal(size=(784, 10)) * 0.05, np.zeros(10), rng.normal(size=(10, 10)), np.zeros(10)
for epoch in range(100):
    Z = X @ W1 + b1
    H = np.maximum(Z, 0)
    P = softmax(H @ W2 + b2)
    dO = (P - Y) / len(X)
    dZ = dO @ W2.T * (Z > 0)
    W2 -= 0.1 * H.T @ dO
    b2 -= 0.1 * dO.sum(axis=0)
    W1 -= 0.1 * X.T @ dZ
    b1 -= 0.1 * dZ.sum(axis=0)
print(np.mean(P.argmax(axis=1) == y))
"""


def judged(tmp_path, text):
    file = tmp_path / "network.py"
    file.write_text("import numpy as np\n" + text, encoding="utf-8")
    return check(file, lang="en")


@pytest.mark.parametrize("loader", LOADERS)
def test_missing_data_are_made_up(tmp_path, loader):
    report = judged(tmp_path, LOADERS[loader] + NETWORK)
    assert report.together.status == "right"
    assert not report.wrong
    assert "made-up data" in str(report)


@pytest.mark.parametrize("loader", ["kaggle", "keras"])
def test_a_fault_is_found_on_made_up_data(tmp_path, loader):
    report = judged(tmp_path, LOADERS[loader] + NETWORK.replace("dZ.sum(axis=0)", "dZ.sum()"))
    assert report["compute_gradient"].causes == ("bias_summed_whole",)


def test_modules_beside_the_program_are_followed(tmp_path):
    (tmp_path / "helpers.py").write_text("def slope(Z):\n    return Z < 0\n", encoding="utf-8")
    text = "from helpers import slope\n" + LOADERS["keras"] + NETWORK.replace("(Z > 0)", "slope(Z)")
    report = judged(tmp_path, text)
    assert report.together.status == "wrong"
    assert any("relu_derivative_flipped" in step.causes for step in report.steps)


ABOVE = """
import os, sys
sys.path.append(os.pardir)
from common.functions import slope
from dataset.digits import load
X, y = load()
"""

DATASET = """
import os, pickle
import numpy as np
folder = os.path.dirname(os.path.abspath(__file__))

def load():
    if not os.path.exists(folder + "/kept.pkl"):
        with open(folder + "/kept.pkl", "wb") as file:
            pickle.dump(np.random.RandomState(3).uniform(size=(60, 784)), file)
    with open(folder + "/kept.pkl", "rb") as file:
        return pickle.load(file), np.arange(60) % 10
"""


def test_packages_above_the_program_are_followed_and_what_they_write_is_found_again(tmp_path):
    for folder in ("common", "dataset", "chapter"):
        (tmp_path / folder).mkdir()
    (tmp_path / "common" / "functions.py").write_text("def slope(Z):\n    return Z < 0\n", encoding="utf-8")
    (tmp_path / "dataset" / "digits.py").write_text(DATASET, encoding="utf-8")
    report = judged(tmp_path / "chapter", ABOVE + NETWORK.replace("(Z > 0)", "slope(Z)"))
    assert any("relu_derivative_flipped" in step.causes for step in report.steps)


def test_small_data_beside_the_program_are_read(tmp_path):
    rows = [[k % 3, *(np.arange(5) * (k % 3) + k % 7)] for k in range(40)]
    (tmp_path / "data").mkdir()
    np.savetxt(tmp_path / "data" / "made.csv", rows, delimiter=",", header="class,a,b,c,d,e", comments="")
    loader = """
import os
import pandas as pd
assert os.listdir("data") == ["made.csv"]
table = pd.read_csv("data/made.csv")
X, y = table[["a", "b", "c", "d", "e"]].to_numpy() / 10, table["class"].to_numpy().astype(int)
"""
    report = judged(tmp_path, loader + NETWORK.replace("784", "5"))
    assert report.together.status == "right"
    assert "made-up data" not in str(report)


def test_names_that_numpy_no_longer_has_are_given_back_and_told(tmp_path):
    report = judged(tmp_path, LOADERS["keras"].replace("X, y =", "X, y = np.asfarray(X_train), y_train #")
                    + "X = X.reshape(len(X), -1).astype(np.float_) / 255\n" + NETWORK)  # fmt: skip
    assert report.together.status == "right"
    assert {"np.asfarray", "np.float_"} & {*report.revived} if not hasattr(np, "asfarray") else True
    assert all(name in str(report) for name in report.revived)


def test_a_loader_gives_as_many_parts_as_are_taken(tmp_path):
    text = "import loader\ntrain_set, valid_set, test_set = loader.load_mnist()\nX, y = train_set\n"
    assert judged(tmp_path, text + NETWORK).together.status == "right"


def test_a_run_that_stops_early_says_where_and_why(tmp_path):
    early = "rows = [1, 2]\nrows.leave()\nfor _ in range(3):\n    W1 = W1 - 1\n    b1 = b1 - 1\n"
    report = judged(tmp_path, "def relu(Z):\n    return np.maximum(Z, 0)\n\n" + early)
    assert any("AttributeError" in reason and place.text == "rows.leave()" for place, reason in report.notes)
    with pytest.raises(UnreadableFileError, match="rows.leave"):
        judged(tmp_path, early)


CLASS = """
class Net:
    def __init__(self, n_inputs, n_hidden, n_outputs, learning_rate=0.1):
        self.W1 = np.random.randn(n_hidden, n_inputs) * 0.5
        self.b1 = np.zeros((n_hidden, 1))
        self.W2 = np.random.randn(n_outputs, n_hidden) * 0.5
        self.b2 = np.zeros((n_outputs, 1))
        self.rate = learning_rate

    def fit(self, X, Y, epochs=10):
        m = X.shape[1]
        for _ in range(epochs):
            H = np.tanh(self.W1 @ X + self.b1)
            P = 1 / (1 + np.exp(-(self.W2 @ H + self.b2)))
            d2 = (P - Y) / m
            d1 = self.W2.T @ d2 * (1 - H**2)
            self.W2 -= self.rate * d2 @ H.T
            self.b2 -= self.rate * d2.sum(axis=1, keepdims=True)
            self.W1 -= self.rate * d1 @ X.T
            self.b1 -= self.rate * d1.sum(axis=1, keepdims=True)
"""


def test_a_class_that_nobody_calls_is_trained(tmp_path):
    assert judged(tmp_path, CLASS).together.status == "right"


def test_a_fault_in_a_class_that_nobody_calls_is_found(tmp_path):
    report = judged(tmp_path, CLASS.replace("(1 - H**2)", "(1 - H)"))
    assert report.together.status == "wrong"
    places = [finding.place for step in report.steps for finding in step.result.findings]
    assert any(place is not None and "1 - H" in place.text for place in places)


LAYER = """
import numpy as np

class Layer:
    def __init__(self, before, after):
        self.W, self.b = np.random.randn(before, after) * 0.4, np.zeros(after)

    def push(self, A):
        self.A = A
        return A @ self.W + self.b

    def pull(self, D, rate):
        back = D @ self.W.T
        self.W -= rate * self.A.T @ D
        self.b -= rate * D.sum(axis=0)
        return back
"""

USER = """
import numpy as np
from layer import Layer

X = np.random.RandomState(0).uniform(size=(30, 4))
Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
first, last = Layer(4, 5), Layer(5, 3)
for epoch in range(20):
    H = np.tanh(first.push(X))
    E = np.exp(last.push(H))
    P = E / E.sum(axis=1, keepdims=True)
    first.pull(last.pull((P - Y) / 30, 0.5) * (1 - H**2), 0.5)
"""


def test_a_file_that_only_defines_is_run_by_the_program_beside_it(tmp_path):
    (tmp_path / "main.py").write_text(USER, encoding="utf-8")
    file = tmp_path / "layer.py"
    file.write_text(LAYER, encoding="utf-8")
    assert check(file, lang="en").together.status == "right"
    file.write_text(LAYER.replace("D.sum(axis=0)", "D.sum()"), encoding="utf-8")
    report = check(file, lang="en")
    (finding,) = [f for step in report.steps for f in step.result.findings]
    assert finding.cause.code == "bias_summed_whole"
    assert "D.sum()" in finding.place.text


def test_a_module_is_judged_by_itself_where_the_program_ends_too_early(tmp_path):
    (tmp_path / "net.py").write_text("import numpy as np\n" + CLASS, encoding="utf-8")
    report = judged(tmp_path, "from net import Net\nNet(*sizes).fit(inputs, labels)\n")
    assert report.file == "network.py"
    assert report.together.status == "right"
    assert any("sizes" in reason for _, reason in report.notes)


def test_a_module_of_python_2_is_read(tmp_path):
    (tmp_path / "helpers.py").write_text("def told(loss):\n    print 'loss', loss\n", encoding="utf-8")
    report = judged(tmp_path, "from helpers import told\n" + LOADERS["keras"] + NETWORK + "told(1)\n")
    assert report.together.status == "right"


def test_what_a_missing_library_gives_does_nothing_wherever_it_is_used(tmp_path):
    text = """
import drawing, tqdm
from mpl_toolkits.mplot3d import Axes3D
class Window(drawing.Widget):
    pass
print(f"{2 * drawing.size() - 1:.2f}", len(drawing.shown()))
"""
    bar = "bar = tqdm.tqdm(range(100))\nfor epoch in bar:\n    bar.set_description('at work')"
    report = judged(tmp_path, text + LOADERS["keras"] + NETWORK.replace("for epoch in range(100):", bar))
    assert report.together.status == "right"


def test_a_file_that_only_points_to_the_data_is_none(tmp_path):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab12\nsize 76813\n"
    (tmp_path / "train.csv").write_text(pointer, encoding="utf-8")
    report = judged(tmp_path, LOADERS["kaggle"] + NETWORK)
    assert report.together.status == "right"
    assert "made-up data" in str(report)


BATCHES = """
for epoch in range(3):
    order = np.random.permutation(len(X))
    for start in range(0, len(X), 64):
        x, t = X[order[start : start + 64]], Y[order[start : start + 64]]
        assert len(x) > 0
        Z = x @ W1 + b1
        H = np.maximum(Z, 0)
        dO = (softmax(H @ W2 + b2) - t) / len(x)
        dZ = dO @ W2.T * (Z > 0)
        W2, b2, W1, b1 = W2 - H.T @ dO, b2 - dO.sum(axis=0), W1 - x.T @ dZ, b1 - dZ.sum(axis=0)
"""


def test_a_last_batch_may_not_be_whole(tmp_path):
    report = judged(tmp_path, LOADERS["keras"] + NETWORK[: NETWORK.index("for epoch")] + BATCHES)
    assert report.together.status == "right"
    assert not any("AssertionError" in reason for _, reason in report.notes)


def test_a_table_has_the_features_and_classes_that_the_weights_want(tmp_path):
    loader = """
table = np.genfromtxt("measured.csv", delimiter=",", skip_header=1)
X, y = table[:, :-1], table[:, -1].astype(int)
"""
    text = NETWORK.replace("np.eye(10)[y]", "np.eye(y.max() + 1)[y]").replace("784", "5")
    text = text.replace("(10, 10)", "(10, 3)").replace(", np.zeros(10)\n", ", np.zeros(3)\n")
    assert judged(tmp_path, loader + text).together.status == "right"


def test_an_array_of_one_is_a_number_as_it_was(tmp_path):
    told = "print('%.3f' % np.array([[float(np.ones(1))]]))\nX[0, 0] = np.zeros(1)\n"
    report = judged(tmp_path, LOADERS["keras"] + told + NETWORK)
    assert report.together.status == "right"


STEPPING = CLASS.replace("def fit(self, X, Y, epochs=10):", "def improve(self, X, Y):").replace(
    "for _ in range(epochs):", "for _ in range(1):"
)


def test_a_method_that_nobody_knows_is_tried_with_samples_and_labels(tmp_path):
    assert judged(tmp_path, STEPPING).together.status == "right"
    assert judged(tmp_path, STEPPING.replace("(1 - H**2)", "(1 - H)")).together.status == "wrong"


LOADED = """
import os
def load_digits(folder):
    return [open(os.path.join(folder, name)).read() for name in os.listdir(folder)]

(X, y), (X_test, y_test) = load_digits("data/0_to_9")
"""


def test_what_a_function_of_the_programs_fails_to_load_is_made_up(tmp_path):
    report = judged(tmp_path, LOADED + NETWORK)
    assert report.together.status == "right"
    assert "load_digits" in str(report)


def test_much_text_that_is_read_before_hides_no_labels(tmp_path):
    text = "rows = [[float(k) for k in '1 2 3 4 5 6 7 8'.split()] for _ in range(20_000)]\nnp.array(rows)\n"
    network = NETWORK.replace("(P - Y)", "error(P)").replace(
        "Y = np.eye(10)[y]",
        """
def error(P):
    D = P.copy()
    D[np.arange(len(y)), y] -= 1
    return D
""",
    )
    assert judged(tmp_path, LOADERS["keras"] + text + network).together.status == "right"


COURSE = """\
import copy
import numpy as np
from dnn_utils import relu, relu_backward, sigmoid, sigmoid_backward
from public_tests import *

print(relu_test(relu))
A_prev, W, b = linear_forward_test_case()

def initialize_parameters(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x), "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h), "b2": np.zeros((n_y, 1))}

def L_model_forward(X, parameters):
    A1, Z1 = relu(parameters["W1"] @ X + parameters["b1"])
    AL, Z2 = sigmoid(parameters["W2"] @ A1 + parameters["b2"])
    return AL, (X, A1, Z1, Z2, parameters)

def compute_cost(AL, Y):
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / Y.shape[1]

def L_model_backward(AL, Y, caches):
    X, A1, Z1, Z2, parameters = caches
    m = Y.shape[1]
    dZ2 = sigmoid_backward(-(Y / AL - (1 - Y) / (1 - AL)), Z2)
    dZ1 = relu_backward(parameters["W2"].T @ dZ2, Z1)
    return {"dW1": dZ1 @ X.T / m, "db1": dZ1.sum(axis=1, keepdims=True) / m,
            "dW2": dZ2 @ A1.T / m, "db2": dZ2.sum(axis=1, keepdims=True) / m}

def update_parameters(params, grads, learning_rate):
    parameters = copy.deepcopy(params)
    for name in parameters:
        parameters[name] = parameters[name] - learning_rate * grads["d" + name]
    return parameters
"""
"""An assignment of a well-known course, whose helpers are not here."""


@pytest.mark.parametrize(("wrong", "status"), [("dZ1 @ X.T / m", "right"), ("dZ1 @ X.T", "wrong")])
def test_a_course_whose_helpers_are_not_here_is_judged(wrong, status, tmp_path):
    file = tmp_path / "course.py"
    file.write_text(COURSE.replace("dZ1 @ X.T / m", wrong), encoding="utf-8")
    assert check(file, lang="en")["compute_gradient"].status == status


BATCHES = """\
import numpy as np
import pandas as pd
data = pd.read_csv(r"C:\\\\digits\\\\train.csv").values
np.random.shuffle(data)
X, Y = data[:, 1:] / 255, np.eye(10)[data[:, 0]]
W1, b1, W2, b2 = np.random.randn(784, 9) / 28, np.zeros(9), np.random.randn(9, 10) / 3, np.zeros(10)
for epoch in range(6):
    for batch in range(len(X) // 512):
        x, y = X[batch * 512 : (batch + 1) * 512], Y[batch * 512 : (batch + 1) * 512]
        H = np.tanh(x @ W1 + b1)
        E = np.exp(H @ W2 + b2)
        D = (E / E.sum(axis=1, keepdims=True) - y) / len(y)
        dZ = D @ W2.T * (1 - H**2)
        W2, b2, W1, b1 = W2 - H.T @ D, b2 - D.sum(axis=0), W1 - x.T @ dZ, b1 - dZ.sum(axis=0)
"""


def test_made_up_samples_are_one_batch_at_least(tmp_path):
    pytest.importorskip("pandas")
    file = tmp_path / "batches.py"
    file.write_text(BATCHES, encoding="utf-8")
    assert check(file, lang="en").together.status == "right"


FRAMES = {  # how a program takes samples and labels out of a table whose columns nothing lists
    "by a list": """
features = ["HighBP", "BMI", "Age", "Smoker"]
X, y = df[features].values, df["has_diabetes"].values
""",
    "by a function": """
def prepared(table):
    table = table.drop(columns=["id"]).dropna()
    return table[["HighBP", "BMI", "Age", "Smoker"]].to_numpy(), np.array(table.Outcome)

X, y = prepared(df)
""",
    "by a word": """
y = (df["has_diabetes"] == "yes").astype(int).values
X = df[["HighBP", "BMI", "Age", "Smoker"]].values
""",
    "with an old pandas": """
for name, column in df.iteritems():
    df[name].hist()
df = df.append(dict.fromkeys(df.columns, 1), ignore_index=True)
X, y = np.array(df[["HighBP", "BMI", "Age", "Smoker"]]), np.array(df["has_diabetes"])
""",
}


@pytest.mark.parametrize("taken", FRAMES)
def test_a_made_up_table_has_the_columns_that_it_is_asked_for(tmp_path, taken):
    start = 'import pandas as pd\ndf = pd.read_csv("survey.csv")\n' + FRAMES[taken]
    text = NETWORK.replace("np.eye(10)[y]", "np.eye(2)[y.astype(int)]").replace("784", "4")
    text = text.replace("(10, 10)", "(10, 2)").replace(", np.zeros(10)\n", ", np.zeros(2)\n")
    report = judged(tmp_path, start + text)
    assert report.together.status == "right"
    assert "survey.csv" in str(report)


def test_definitions_are_judged_where_a_constant_beside_them_needs_what_is_not_here(tmp_path):
    lost = 'pictures = [open(name).read() for name in "ab"]\nX_train = pictures[:, 0] / 255\n'
    network = """
small = X_train[:, :20]
widths = [4, 5, 3]
"""
    assert judged(tmp_path, lost + network + CLASS).together.status == "right"


PASSENGERS = """
import numpy as np
import pandas as pd

def prepare(table):
    t = table.copy()
    t["Sex"] = (t["Sex"] == "female").astype(float)
    t["Fare"] = np.log1p(t["Fare"].fillna(0))
    x = t[["Pclass", "Sex", "Fare"]].to_numpy(dtype=float)
    return x, t["Survived"].to_numpy(dtype=float).reshape(-1, 1)

x, y = prepare(pd.read_csv("train.csv"))
x = (x - x.mean(axis=0)) / x.std(axis=0)
w, v = np.random.randn(3, 5), np.random.randn(5, 1)
for _ in range(50):
    h = np.maximum(x @ w, 0)
    p = 1 / (1 + np.exp(-(h @ v)))
    e = (p - y) / len(y)
    v, w = v - 0.1 * h.T @ e, w - 0.1 * x.T @ ((e @ v.T) * (h > 0))
"""


def test_made_up_columns_have_numbers_that_a_logarithm_and_a_scale_can_be_taken_of(tmp_path):
    file = tmp_path / "network.py"
    file.write_text(PASSENGERS, encoding="utf-8")
    assert check(file, lang="en").together.status == "right"
    file.write_text(PASSENGERS.replace("(p - y)", "(y - p)"), encoding="utf-8")
    assert check(file, lang="en")["compute_gradient"].causes == ("gradient_sign",)


def test_a_class_is_made_though_nobody_knows_what_one_of_its_arguments_is(tmp_path):
    text = CLASS.replace("def __init__(self", "def __init__(self, prepared_by")
    assert text != CLASS
    assert judged(tmp_path, text).together.status == "right"


def test_a_batch_that_biases_are_made_for_is_handed_over(tmp_path):
    text = """
class Net:
    def __init__(self, input_size, hidden_size, output_size, batch_size):
        self.W1, self.b1 = np.random.randn(input_size, hidden_size), np.zeros((batch_size, hidden_size))
        self.W2, self.b2 = np.random.randn(hidden_size, output_size), np.zeros((batch_size, output_size))
    def forward(self, X):
        self.H = np.tanh(X @ self.W1 + self.b1)
        return self.H @ self.W2 + self.b2
    def backward(self, X, Y, P):
        D = (P - Y) / len(X)
        E = D @ self.W2.T * (1 - self.H**2)
        self.W2 -= 0.1 * self.H.T @ D
        self.W1 -= 0.1 * X.T @ E
"""
    assert not judged(tmp_path, text).wrong


def test_numbers_that_functions_find_among_their_globals_are_there(tmp_path):
    lost = 'm, width = open("pictures.raw").shape\n'
    text = """
def train(X, Y, epochs):
    W1, b1, W2, b2 = np.random.randn(len(X), 5).T, 0.0, np.random.randn(len(Y), 5), np.zeros((len(Y), 1))
    b1 = np.zeros((5, 1))
    for _ in range(epochs):
        H = np.tanh(W1 @ X + b1)
        D = (W2 @ H + b2 - Y) / m
        E = W2.T @ D * (1 - H**2)
        W2 -= learning_rate * D @ H.T
        b2 -= learning_rate * D.sum(axis=1, keepdims=True)
        W1 -= learning_rate * E @ X.T
        b1 -= learning_rate * E.sum(axis=1, keepdims=True)
    return W1, b1, W2, b2
"""
    assert judged(tmp_path, lost + text).together.status == "right"


HELD = {  # what a program loads whose file's name tells nothing
    "a dictionary": """
import pickle
with open("digits_train.pkl", "rb") as file:
    held = pickle.load(file)
X, y = held["images"] / 255, held["labels"]
""",
    "features": """
X, y = np.load("train_data.npy") / 255, np.load("train_label.npy")
""",
    "one array a file": """
import pickle
X = pickle.load(open("made/train_images.p", "rb")) / 255
y = pickle.load(open("made/train_labels.p", "rb"))
""",
    "two paths": """
from mlxtend.data import loadlocal_mnist
X, y = loadlocal_mnist(images_path="train-images-idx3-ubyte", labels_path="train-labels-idx1-ubyte")
X = X / 255
""",
    "a module of scikit-learn": """
from sklearn import datasets
X, y = datasets.fetch_openml("mnist_784", version=1, return_X_y=True)
X, y = X[:300] / 255, y[:300].astype(int)
print({"parts": [X, y]}.values())
""",
    "columns and an axis": """
import pandas as pd
table = pd.read_csv("mnist_train.csv")
X, y = table.drop(columns=table.columns[0], axis=1).values / 255, table["label"].values
""",
}


@pytest.mark.parametrize("loader", HELD)
def test_made_up_files_hold_what_is_taken_out_of_them(tmp_path, loader):
    width = "128" if loader == "features" else "784"
    assert judged(tmp_path, HELD[loader] + NETWORK.replace("784", width)).together.status == "right"


def test_a_parameter_is_the_same_one_in_a_later_epoch(tmp_path):
    epochs = """
def prime(A): return A * (1 - A)
W1, b1 = rng.normal(size=(8, 4)), np.zeros((8, 1))
W2, b2 = rng.normal(size=(3, 8)), np.zeros((3, 1))
for epoch in range(20):
    order = rng.permutation(400)
    for k in range(0, 400, 8):
        dW1, db1, dW2, db2 = (np.zeros(A.shape) for A in (W1, b1, W2, b2))
        for x, y in [(X[i][:, None], Y[i][:, None]) for i in order[k : k + 8]]:
            H = 1 / (1 + np.exp(-(W1 @ x + b1)))
            P = 1 / (1 + np.exp(-(W2 @ H + b2)))
            D = (P - y) * prime(P)
            E = W2.T @ D * prime(H)
            dW2, db2, dW1, db1 = dW2 + D @ H.T, db2 + D, dW1 + E @ x.T, db1 + E
        W1, b1 = W1 - 0.5 * dW1 / 8, b1 - 0.5 * db1 / 8
        W2, b2 = W2 - 0.5 * dW2 / 8, b2 - 0.5 * db2 / 8
    outputs = [W2 @ (1 / (1 + np.exp(-(W1 @ x[:, None] + b1)))) + b2 for x in X[:40]]
"""
    data = """
rng = np.random.default_rng(0)
X = rng.normal(size=(400, 4))
Y = np.eye(3)[X[:, :3].argmax(axis=1)]
"""
    assert judged(tmp_path, data + epochs).together.status == "right"


FETCHED = """
import os, requests
import pandas as pd
os.makedirs("fetched", exist_ok=True)
if "digits_mnist.csv" not in os.listdir("data"):
    with open("fetched/digits_mnist.csv", "wb") as file:
        file.write(requests.get("https://host.example/digits_mnist.csv?dl=1").content)
table = pd.read_csv("fetched/digits_mnist.csv")
X, y = table.drop(columns="label").values / 255, table["label"].values
"""


def test_a_table_that_is_fetched_first_has_its_headings(tmp_path):
    assert judged(tmp_path, FETCHED + NETWORK).together.status == "right"


def test_an_array_that_meets_what_is_not_here_makes_nothing(tmp_path):
    drawn = """
from drawing import colours
picture = np.ones((4, 4)) * np.array(colours("C0"))
picture += np.concatenate([np.ones(3), colours("C1")])
"""
    assert judged(tmp_path, drawn + LOADERS["keras"] + NETWORK).together.status == "right"


ONE_BY_ONE = """
import numpy as np
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(90, 784)) * 0.03, np.zeros((90, 1))
W2, b2 = rng.normal(size=(10, 90)), np.zeros((10, 1))

def read(name):
    rows = [line.split(",") for line in open(name).readlines()]
    return [(np.array(row[1:], float)[:, None] / 255, int(row[0])) for row in rows]

def forward(x):
    h = 1 / (1 + np.exp(-(W1 @ x + b1)))
    return h, 1 / (1 + np.exp(-(W2 @ h + b2)))

for epoch in range(2):
    for x, label in read("mnist_train.csv"):
        t = np.zeros((10, 1))
        t[label] = 1
        h, o = forward(x)
        d = (o - t) * o * (1 - o)
        e = W2.T @ d * h * (1 - h)
        W2 -= 0.1 * d @ h.T
        b2 -= 0.1 * d
        W1 -= 0.1 * e @ x.T
        b1 -= 0.1 * e
print(np.mean([np.argmax(forward(x)[1]) == label for x, label in read("mnist_test.csv")]))
"""


def test_predictions_after_a_training_of_large_weights_are_seen(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(ONE_BY_ONE)
    assert check(file, lang="en").ok
    file.write_text(ONE_BY_ONE.replace("argmax", "argmin"))
    assert "predicts_least" in {cause for step in check(file, lang="en").steps for cause in step.causes}


DEEP = """
def forward(X, params):
    H1 = np.tanh(X @ params["W1"] + params["b1"])
    H2 = np.tanh(H1 @ params["W2"] + params["b2"])
    A3 = H2 @ params["W3"] + params["b3"]
    return A3, (X, H1, H2)

def backward(A3, Y, cache, params):
    X, H1, H2 = cache
    grads, D = {}, (A3 - Y) / len(X)
    for number, H in ((3, H2), (2, H1), (1, X)):
        grads[f"W{number}"], grads[f"b{number}"] = H.T @ D, D.sum(axis=0, keepdims=True)
        D = D @ params[f"W{number}"].T * (1 - H**2)
    return grads
"""


def test_functions_are_handed_as_many_layers_as_they_name(tmp_path):
    assert judged(tmp_path, DEEP).together.status == "right"
    report = judged(tmp_path, DEEP.replace("D.sum(axis=0, keepdims=True)", "D.sum()"))
    assert report["compute_gradient"].causes == ("bias_summed_whole",)


def test_samples_are_the_files_own_where_functions_have_no_start(tmp_path):
    own = "X = np.random.default_rng(0).normal(size=(30, 6))\nY = np.eye(3)[X[:, :3].argmax(axis=1)]\n"
    assert judged(tmp_path, own + DEEP).together.status == "right"


def test_a_method_that_takes_one_sample_is_handed_one_after_another(tmp_path):
    text = """
class Net:
    def __init__(self, inputs, hidden, outputs):
        self.inputs, self.outputs = inputs, outputs
        self.W1, self.b1 = np.random.randn(hidden, inputs), np.zeros((hidden, 1))
        self.W2, self.b2 = np.random.randn(outputs, hidden), np.zeros((outputs, 1))
    def train(self, sample, target):
        x = np.array(sample).reshape((self.inputs, 1))
        y = np.array(target).reshape((self.outputs, 1))
        h = 1 / (1 + np.exp(-(self.W1 @ x + self.b1)))
        p = 1 / (1 + np.exp(-(self.W2 @ h + self.b2)))
        d = (p - y) * p * (1 - p)
        e = self.W2.T @ d * h * (1 - h)
        self.W2, self.b2 = self.W2 - 0.1 * d @ h.T, self.b2 - 0.1 * d
        self.W1, self.b1 = self.W1 - 0.1 * e @ x.T, self.b1 - 0.1 * e
"""
    assert judged(tmp_path, text).together.status == "right"


def test_a_prediction_of_one_picture_is_asked_for_one(tmp_path):
    asked = """
def predict_number(image, params):
    A3, _ = forward(image, params)
    return np.argmax(A3)
"""
    assert not judged(tmp_path, DEEP + asked).wrong


def test_a_notebook_that_was_written_out_and_windows_are_passed_over(tmp_path):
    shown = """
import tkinter
get_ipython().run_line_magic("matplotlib", "inline")
window = tkinter.Tk()
tkinter.Label(window, text="digits").pack()
"""
    assert judged(tmp_path, shown + LOADERS["keras"] + NETWORK).together.status == "right"


def test_a_table_that_is_read_row_by_row_has_the_headings_and_words_that_are_asked_of_it(tmp_path):
    start = """
import csv
rows = []
for r in csv.DictReader(open("titanic/train.csv", newline="")):
    if r["Age"] == "":
        continue
    sex = 1.0 if r["Sex"] == "female" else 0.0
    rows.append([float(r["Pclass"]), sex, float(r["Age"]), float(r["Fare"]), float(r["Survived"])])
table = np.array(rows)
X, y = table[:, :-1], table[:, -1].astype(int)
X = (X - X.mean(axis=0)) / X.std(axis=0)
"""
    network = NETWORK.replace("np.eye(10)[y]", "np.eye(2)[y]").replace("784", "4")
    network = network.replace("(10, 10)", "(10, 2)").replace(", np.zeros(10)\n", ", np.zeros(2)\n")
    assert judged(tmp_path, "import numpy as np\n" + start + network).together.status == "right"


def test_what_a_run_has_kept_is_not_there_in_the_next(tmp_path):
    loader = """
import os, pickle
import pandas as pd
if os.path.exists("kept.pkl"):
    with open("kept.pkl", "rb") as file:
        table = pickle.load(file)
else:
    table = pd.read_csv("measured.csv").to_numpy()
    with open("kept.pkl", "wb") as file:
        pickle.dump(table, file)
X, y = table[:, 1:] / 255.0, table[:, 0].astype(int)
"""
    assert judged(tmp_path, loader + NETWORK).together.status == "right"


LAYERS = """
class Layer:
    def __init__(self, n_inputs, n_outputs):
        self.W, self.b = np.random.randn(n_inputs, n_outputs) * 0.4, np.zeros((1, n_outputs))

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.X.T @ dout, dout.sum(axis=0, keepdims=True)
        return dout @ self.W.T

    def update(self, lr):
        self.W, self.b = self.W - lr * self.dW, self.b - lr * self.db


class Net:
    def __init__(self, input_size, hidden_size, output_size):
        self.one, self.two = Layer(input_size, hidden_size), Layer(hidden_size, output_size)

    def forward(self, X):
        self.Z = self.one.forward(X)
        return self.two.forward(np.maximum(self.Z, 0))

    def backward(self, dscores):
        self.one.backward(self.two.backward(dscores) * (self.Z > 0))

    def update(self, lr):
        self.one.update(lr)
        self.two.update(lr)
"""


def test_a_network_that_is_handed_its_error_is_trained(tmp_path):
    text = "import numpy as np\n" + LAYERS
    assert judged(tmp_path, text).together.status == "right"
    report = judged(tmp_path, text.replace("dout @ self.W.T", "dout @ self.dW.T"))
    assert report.wrong == ("compute_gradient",)


def test_samples_may_be_a_data_frame(tmp_path):
    loader = """
import pandas as pd
table = pd.read_csv("train.csv")
X, y = table.drop("label", axis=1) / 255.0, table["label"]
# pictures of 784 pixels
"""
    text = NETWORK.replace("X @ W1", "np.dot(X, W1)").replace("X.T @ dZ", "np.dot(X.T, dZ)")
    assert judged(tmp_path, loader + text).together.status == "right"
    assert judged(tmp_path, loader + text.replace(" * (Z > 0)", "")).wrong == ("compute_gradient",)


def test_weights_that_a_training_has_left_are_not_made_up(tmp_path):
    cells = [
        "import numpy as np\n" + LOADERS["keras"],
        NETWORK[: NETWORK.index("for epoch")],
        'kept = np.load("best_weights.npz")\nW1, b1 = kept["W1"], kept["b1"]\n',
        NETWORK[NETWORK.index("for epoch") :],
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
        for cell in cells
    ]}  # fmt: skip
    file = tmp_path / "network.ipynb"
    file.write_text(json.dumps(notebook), encoding="utf-8")
    assert check(file, lang="en").together.status == "right"


def test_what_lies_in_others_folders_is_not_the_programs_own(tmp_path):
    for name, text in (("mine", LOADERS["a module"] + NETWORK), ("theirs", "raise ValueError\n")):
        (tmp_path / name).mkdir()
        file = tmp_path / name / ("mnist_loader.py" if name == "theirs" else "network.py")
        file.write_text("import numpy as np\n" + text, encoding="utf-8")
    assert check(tmp_path / "mine" / "network.py", lang="en").together.status == "right"


def test_more_samples_may_be_chosen_than_there_are_made_up_ones(tmp_path):
    head, loop = NETWORK.split("for epoch")
    choice = "picked = np.random.choice(len(X), 500, replace=False)\nX, y = X[picked], y[picked]\n"
    text = LOADERS["keras"] + choice + head + "for epoch" + loop
    assert judged(tmp_path, text).together.status == "right"


ARGUMENTS = """
import sys
if len(sys.argv) < 3:
    sys.exit("usage: network.py FILE EPOCHS [-v]")
X = np.loadtxt(sys.argv[1], delimiter=",")[:, :4]
y = np.argmax(X[:, :3], axis=1)
epochs, told = int(sys.argv[2]), len(sys.argv) == 4 and sys.argv[3] == "-v"
"""


def test_a_program_that_wants_arguments_is_given_some(tmp_path):
    text = NETWORK.replace("784", "4").replace("range(100)", "range(epochs)")
    assert judged(tmp_path, ARGUMENTS + text).together.status == "right"
    report = judged(tmp_path, ARGUMENTS + text.replace("dZ.sum(axis=0)", "dZ.sum()"))
    assert report["compute_gradient"].causes == ("bias_summed_whole",)


def test_readers_and_methods_of_older_libraries_are_there(tmp_path):
    loader = """
import idx2numpy
X = idx2numpy.convert_from_file("train-images.idx3-ubyte").reshape(-1, 784) / 255
y = idx2numpy.convert_from_file("train-labels.idx1-ubyte")
"""
    assert judged(tmp_path, loader + NETWORK).together.status == "right"
    loader = """
import pandas as pd
table = pd.read_csv("mnist_train.csv")
X, y = table.drop("label", axis=1).as_matrix() / 255, table["label"].as_matrix()
"""
    assert judged(tmp_path, loader + NETWORK).together.status == "right"


def test_made_up_labels_that_spread_over_the_outputs_are_no_fault(tmp_path):
    loader = """
X, y = np.load("features/X_train.npy"), np.load("features/y_train.npy")
W1, b1 = np.random.randn(X.shape[1], 10) * 0.1, np.zeros(10)
W2, b2 = np.random.randn(10, 1) * 0.1, np.zeros(1)
"""
    loop = NETWORK[NETWORK.index("for epoch") :].replace(
        "softmax(H @ W2 + b2)", "1 / (1 + np.exp(-(H @ W2 + b2)))"
    )
    assert judged(tmp_path, loader + loop.replace("P - Y", "P - y")).ok


TENSORS = """
from torchvision import datasets, transforms
from torch.utils.data import DataLoader
loader = DataLoader(datasets.MNIST(".", transform=transforms.ToTensor()), batch_size=50, shuffle=True)
rounds = [batch for _ in range(5) for batch in loader]
"""


@pytest.mark.parametrize("sum_", ["dZ.sum(axis=0)", "dZ.sum()"])
def test_batches_of_a_loader_of_tensors_are_made_up(tmp_path, sum_):
    head, tail = NETWORK.replace("dZ.sum(axis=0)", sum_).split("for epoch in range(100):\n")
    taken = "    X, Y = images.view(len(images), -1).numpy(), np.eye(10)[labels.long().numpy()]\n"
    text = head.replace("Y = np.eye(10)[y]", "") + "for images, labels in rounds:\n" + taken + tail
    report = judged(tmp_path, TENSORS + text.replace("print(np.mean(P.argmax(axis=1) == y))", ""))
    assert report.together.status == ("right" if "axis" in sum_ else "wrong")


def test_axes_are_taken_apart_and_a_parallel_range_is_a_range(tmp_path):
    drawn = """
import matplotlib.pyplot as plt
from numba import prange
figure, (above, between, below) = plt.subplots(3, 1)
X, y = np.concatenate([np.random.rand(1, 784) for _ in prange(0, 40)]), np.arange(40) % 10
"""
    assert judged(tmp_path, drawn + NETWORK).together.status == "right"


def test_the_first_step_of_a_large_network_is_seen_to_its_end(tmp_path):
    head = NETWORK.split("for epoch")[0].replace("(784, 10)", "(784, 800)")
    head = head.replace("zeros(10), rng.normal(size=(10,", "zeros(800), rng.normal(size=(800,")
    adam = """
means, squares = [0] * 4, [0] * 4
for epoch in range(1, 30):
    H = np.maximum(Z := X @ W1 + b1, 0)
    dO = (softmax(H @ W2 + b2) - Y) / len(X)
    dZ = dO @ W2.T * (Z > 0)
    grads = [X.T @ dZ, H.T @ dO, dZ.sum(axis=0), dO.sum(axis=0)]
    means = [0.9 * m + 0.1 * g for m, g in zip(means, grads)]
    squares = [0.99 * s + 0.01 * g * g for s, g in zip(squares, grads)]
    m_hats = [m / (1 - 0.9 ** epoch) for m in means]
    s_hats = [s / (1 - 0.99 ** epoch) for s in squares]
    W1, W2, b1, b2 = [p - 0.001 * m / (np.sqrt(s) + 1e-8) for p, m, s in
        zip([W1, W2, b1, b2], m_hats, s_hats)]
"""
    assert judged(tmp_path, LOADERS["torchvision"] + head + adam).together.status == "right"


def test_folders_in_folders_need_no_file_that_makes_them_packages(tmp_path):
    inner = tmp_path / "parts" / "layers"
    inner.mkdir(parents=True)
    (tmp_path / "parts" / "start.py").write_text("import numpy as np\n\ndef drawn(*shape):\n"
        "    return np.random.default_rng(0).normal(size=shape) * 0.05\n")  # fmt: skip
    (inner / "dense.py").write_text(
        "class Dense:\n    def forward(self, X, W, b):\n        return X @ W + b\n"
    )
    text = "from parts.layers.dense import Dense\nfrom parts.start import drawn\n" + NETWORK
    text = text.replace("X @ W1 + b1", "Dense().forward(X, W1, b1)").replace("rng.normal(", "drawn(*")
    text = text.replace("size=(784, 10)) * 0.05", "(784, 10))").replace("size=(10, 10))", "(10, 10))")
    assert judged(tmp_path, LOADERS["keras"] + text).together.status == "right"


def test_a_network_that_is_kept_in_a_pickle_is_found_again(tmp_path):
    text = (
        NETWORK
        + """
import pickle
class Kept:
    def __init__(self, *weights):
        self.weights = weights
with open("kept.pkl", "wb") as file:
    pickle.dump(Kept(W1, W2), file)
print(np.argmin(softmax(np.maximum(X @ W1 + b1, 0) @ W2 + b2), axis=1) == y)
"""
    )
    causes = {cause for step in judged(tmp_path, LOADERS["keras"] + text).steps for cause in step.causes}
    assert causes == {"predicts_least"}


FOLDERS = {  # how programs read pictures that lie in folders
    "by class": """
import os
from PIL import Image
X, y = [], []
for folder in os.listdir("pictures/train"):
    for file in os.listdir("pictures/train" + f"/{folder}"):
        X.append(np.array(Image.open(f"pictures/train/{folder}/{file}").convert("L").resize((28, 28))))
        y.append(int(folder))
X, y = np.array(X).reshape(-1, 784) / 255, np.array(y)
""",
    "by name": """
import os
import cv2
names = sorted(os.listdir("/nowhere/pictures"))
pictures = [cv2.imread(os.path.join("/nowhere/pictures", name), cv2.IMREAD_COLOR) for name in names]
grey = [cv2.resize(cv2.cvtColor(each, cv2.COLOR_BGR2GRAY), (28, 28)) for each in pictures]
X = np.array(grey).reshape(-1, 784) / 255
y = np.array([1 if "dog" in n or "cat" not in n else 3 for n in names])
""",
    "of those that are folders": """
import os
from PIL import Image
root = os.path.join("..", "pictures")
kinds = sorted(d for d in os.listdir(root) if os.path.isdir(os.path.join(root, d)))
if not kinds:
    raise ValueError("no classes")
held = [(number, os.path.join(root, kind)) for number, kind in enumerate(kinds)]
files = [(number, os.path.join(place, file)) for number, place in held for file in os.listdir(place)]
X = np.array([np.array(Image.open(file).convert("L").resize((28, 28))) for _, file in files])
X, y = X.reshape(-1, 784) / 255, np.array([number for number, _ in files])
""",
    "of a path": """
from pathlib import Path
from matplotlib import image
files = [(k, file) for k in range(10) for file in sorted((Path("pictures") / f"digit {k}").glob("*.png"))]
X = np.stack([image.imread(str(file)) for _, file in files]).reshape(-1, 784) / 255
y = np.array([k for k, _ in files])
""",
}


@pytest.mark.parametrize("how", FOLDERS)
def test_folders_of_pictures_are_made_up(tmp_path, how):
    assert judged(tmp_path, FOLDERS[how] + NETWORK).together.status == "right"


def test_what_fills_gaps_in_was_elsewhere_once(tmp_path):
    gaps = """
from sklearn.preprocessing import Imputer
X = Imputer(missing_values="NaN", strategy="mean", axis=0).fit_transform(X)
"""
    assert judged(tmp_path, LOADERS["keras"] + gaps + NETWORK).together.status == "right"


def test_what_is_claimed_of_the_real_data_is_not_asked_of_made_up_ones(tmp_path):
    claims = "assert X.shape == (60000, 784)\nassert len(y) == 60000, 'all of them'\n"
    assert judged(tmp_path, LOADERS["keras"] + claims + NETWORK).together.status == "right"


def test_the_iris_of_kaggle_have_numbers_of_their_own(tmp_path):
    table = """
import pandas as pd
df = pd.read_csv("Iris.csv").drop("Id", axis=1)
X = df[["SepalLengthCm", "SepalWidthCm", "PetalLengthCm", "PetalWidthCm"]].values
y = pd.factorize(df["Species"])[0]
"""
    text = table + NETWORK.replace("784", "4")
    assert judged(tmp_path, text).together.status == "right"


def test_labels_of_pictures_that_are_not_there_are_made_up_with_them(tmp_path):
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(
        np.array([2049, 60000], ">u4").tobytes() + bytes(60000)
    )
    loader = """
with open("train-images.idx3-ubyte", "rb") as file:
    file.read(16)
    X = np.frombuffer(file.read(), np.uint8).reshape(-1, 784) / 255
with open("train-labels.idx1-ubyte", "rb") as file:
    file.read(8)
    y = np.frombuffer(file.read(), np.uint8)
"""
    assert judged(tmp_path, loader + NETWORK).together.status == "right"
