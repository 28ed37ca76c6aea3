"""A program is run as its author would run it, and judged by what it computes, whatever its names."""

import re

import pytest

from triceptron.checking import check

PROGRAM = """
import numpy as np

def schnell(q):
    return np.maximum(q, 0)

def anteile(q):
    e = np.exp(q - q.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

zufall = np.random.default_rng(1)
punkte = zufall.normal(size=(40, 4))
ziele = np.argmax(punkte[:, :3], axis=1)
tafel = np.eye(3)[ziele]
eins, zwei = zufall.normal(size=(4, 6)) * 0.4, zufall.normal(size=(6, 3)) * 0.4
schub, hub = np.zeros(6), np.zeros((1, 3))
for runde in range(40):
    vor = punkte @ eins + schub
    nach = schnell(vor)
    aus = anteile(nach @ zwei + hub)
    verlust = -np.sum(tafel * np.log(aus)) / 40
    fehler = (aus - tafel) / 40
    zurueck = (fehler @ zwei.T) * (vor > 0)
    zwei = zwei - 0.5 * nach.T @ fehler
    hub = hub - 0.5 * fehler.sum(axis=0, keepdims=True)
    eins = eins - 0.5 * punkte.T @ zurueck
    schub = schub - 0.5 * zurueck.sum(axis=0)
print(verlust)
"""

FAULTS = [  # what stands there, what stands there instead, the step, its cause
    ("np.maximum(q, 0)", "np.abs(q)", "relu", "relu_absolute"),
    ("punkte @ eins + schub", "punkte @ eins - schub", "forward", "bias_sign"),
    ("nach @ zwei + hub", "vor @ zwei + hub", "forward", "relu_missing"),
    ("(fehler @ zwei.T) * (vor > 0)", "fehler @ zwei.T", "compute_gradient", "relu_derivative_missing"),
    ("(aus - tafel) / 40", "(tafel - aus) / 40", "compute_gradient", "gradient_sign"),
    ("nach.T @ fehler", "vor.T @ fehler", "compute_gradient", "Z_for_H"),
    ("punkte.T @ zurueck", "punkte @ zurueck", "compute_gradient", "transpose_missing"),
    ("zurueck.sum(axis=0)", "zurueck.sum()", "compute_gradient", "bias_summed_whole"),
    ("np.eye(3)[ziele]", "3 * np.eye(3)[ziele]", "one_hot", "one_hot_value"),
    ("zufall.normal(size=(4, 6)) * 0.4", "np.ones((4, 6))", "initialize", "initialize_constant"),
    ("-np.sum(tafel * np.log(aus)) / 40", "np.mean(1 - aus[tafel == 1])", "cross_entropy", "log_missing"),
    ("zwei = zwei - 0.5 * nach.T @ fehler", "zwei -= (g := 0.5 * nach.T @ fehler); zwei -= g", "update",
     "update_twice"),
]  # fmt: skip


def judged(tmp_path, text):
    file = tmp_path / "netz.py"
    file.write_text(text, encoding="utf-8")
    return check(file, lang="en")


def test_names_that_nobody_knows_are_judged(tmp_path):
    report = judged(tmp_path, PROGRAM)
    assert report.ok
    assert report.together.status == "right"
    assert {"forward", "compute_gradient", "update"} <= {s.key for s in report.steps if s.status == "right"}


def test_weights_that_are_copied_before_they_are_changed_are_right(tmp_path):
    text = PROGRAM.replace("import numpy as np", "import copy\nimport numpy as np")
    for weight in ("zwei", "eins"):
        text = text.replace(f"{weight} = {weight} -", f"{weight} = copy.deepcopy({weight}) -")
    assert text.count("deepcopy") == 2
    assert judged(tmp_path, text).ok


def test_a_minus_in_the_error_that_all_layers_are_changed_by_is_no_fault(tmp_path):
    text = PROGRAM.replace("(aus - tafel) / 40", "-((aus - tafel) / 40)").replace("- 0.5 *", "+ 0.5 *")
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("schub + 0.5", "schub - 0.5"))
    assert "update_sign" in {cause for step in report.steps for cause in step.causes}


def test_a_test_loss_of_the_training_part_is_told(tmp_path):
    text = (
        PROGRAM.replace("punkte", "X_train")
        .replace("verlust =", "test_loss =")
        .replace("(verlust)", "(test_loss)")
    )
    report = judged(tmp_path, text)
    assert "train_repeated" in {cause for step in report.steps for cause in step.causes}
    assert "training part" in str(report)


DROPOUT = (
    PROGRAM.replace(
        "    nach = schnell(vor)\n",
        "    maske = (zufall.uniform(size=vor.shape) < 0.8) / 0.8\n    nach = schnell(vor) * maske\n",
    )
).replace("* (vor > 0)", "* maske * (vor > 0)")


def test_dropout_is_followed(tmp_path):
    assert judged(tmp_path, DROPOUT).together.status == "right"
    wrong = judged(tmp_path, DROPOUT.replace("* maske * (vor", "* (vor"))
    assert wrong.wrong == ("compute_gradient",)


AMONG_THE_WEIGHTS = """
import numpy as np
r = np.random.default_rng(0)
X = np.c_[r.normal(size=(30, 4)), np.ones(30)]
Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
A, B = r.normal(size=(5, 6)) * 0.5, r.normal(size=(7, 3)) * 0.5
for epoch in range(20):
    H = np.tanh(X @ A)
    H1 = np.hstack([H, np.ones((30, 1))])
    E = np.exp(H1 @ B)
    D = E / E.sum(axis=1, keepdims=True) - Y
    U = (D @ B[:-1].T) * (1 - H**2)
    B = B - 0.01 * H1.T @ D
    A = A - 0.01 * X.T @ U
"""


def test_biases_among_the_weights_are_judged(tmp_path):
    assert judged(tmp_path, AMONG_THE_WEIGHTS).together.status == "right"
    assert judged(tmp_path, AMONG_THE_WEIGHTS.replace("(1 - H**2)", "(1 - H)")).together.status == "wrong"


ADAM = """
import numpy as np
r = np.random.default_rng(0)
X = r.normal(size=(30, 4))
Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
net = {"W1": r.normal(size=(4, 6)), "b1": np.zeros(6), "W2": r.normal(size=(6, 3)), "b2": np.zeros(3)}
first = {name: np.zeros_like(value) for name, value in net.items()}
second = {name: np.zeros_like(value) for name, value in net.items()}
for t in range(1, 20):
    H = np.maximum(X @ net["W1"] + net["b1"], 0)
    E = np.exp(H @ net["W2"] + net["b2"])
    D = (E / E.sum(axis=1, keepdims=True) - Y) / 30
    back = D @ net["W2"].T * (H > 0)
    slopes = {"W1": X.T @ back, "b1": back.sum(axis=0), "W2": H.T @ D, "b2": D.sum(axis=0)}
    for name, slope in slopes.items():
        first[name] = 0.9 * first[name] + 0.1 * slope
        second[name] = 0.99 * second[name] + 0.01 * slope**2
        net[name] = net[name] - 0.01 * first[name] / (1 - 0.9**t) / (np.sqrt(second[name]) + 1e-8)
"""


def test_what_goes_into_adam_is_judged(tmp_path):
    assert judged(tmp_path, ADAM).together.status == "right"
    wrong = judged(tmp_path, ADAM.replace(" * (H > 0)", ""))
    assert "relu_derivative_missing" in wrong["compute_gradient"].causes


def test_a_softmax_with_a_temperature_is_not_called_wrong(tmp_path):
    text = PROGRAM.replace("e = np.exp(q - q.max(axis=1, keepdims=True))", "e = np.exp(q / 3)")
    assert "q / 3" in text
    assert judged(tmp_path, text).together.status != "wrong"


def test_hidden_layers_may_have_activations_of_their_own(tmp_path):
    text = """
import numpy as np
r = np.random.default_rng(0)
X = r.normal(size=(30, 4))
Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
A, B, C = r.normal(size=(4, 6)) * 0.5, r.normal(size=(6, 5)) * 0.5, r.normal(size=(5, 3)) * 0.5
for epoch in range(20):
    S = X @ A
    T = np.tanh(np.maximum(S, 0) @ B)
    E = np.exp(T @ C)
    D = E / E.sum(axis=1, keepdims=True) - Y
    U = D @ C.T * (1 - T**2)
    V = U @ B.T * (S > 0)
    C = C - 0.01 * T.T @ D
    B = B - 0.01 * np.maximum(S, 0).T @ U
    A = A - 0.01 * X.T @ V
"""
    assert judged(tmp_path, text).together.status == "right"
    assert judged(tmp_path, text.replace("* (1 - T**2)", "* (T > 0)")).together.status == "wrong"


def test_a_bias_before_the_product_of_one_sample_is_no_update(tmp_path):
    text = """
import numpy as np
r = np.random.default_rng(0)
X = r.normal(size=(30, 4, 1))
Y = np.eye(3)[np.argmax(X[:, :3, 0], axis=1)][:, :, None]
A, a, B, b = r.normal(size=(5, 4)), np.zeros((5, 1)), r.normal(size=(3, 5)), np.zeros((3, 1))
for epoch in range(5):
    for x, y in zip(X, Y):
        H = 1 / (1 + np.exp(-(a + A @ x)))
        P = 1 / (1 + np.exp(-(b + B @ H)))
        dO = P - y
        dZ = B.T @ dO * H * (1 - H)
        B += -0.05 * dO @ H.T
        b += -0.05 * dO
        A += -0.05 * dZ @ x.T
        a += -0.05 * dZ
"""
    report = judged(tmp_path, text)
    assert report.ok
    assert report.together.status == "right"


STYLES = {  # right in a style of its own: what stands there, what stands there instead
    "momentum": (
        "    eins = eins - 0.5 * punkte.T @ zurueck\n",
        "    lauf = 0.9 * lauf + punkte.T @ zurueck\n    eins = eins - 0.5 * lauf\n",
    ),
    "gradients that are clipped": (
        "eins = eins - 0.5 * punkte.T @ zurueck",
        "eins = eins - 0.5 * np.clip(punkte.T @ zurueck, -0.01, 0.01)",
    ),
    "a bias times ones": ("punkte @ eins + schub", "punkte @ eins + np.ones((40, 1)) @ schub[None]"),
    "a bias for every sample": ("punkte @ eins + schub", "punkte @ eins + np.array([schub for _ in punkte])"),
    "a bias with an axis more": ("punkte @ eins + schub", "punkte @ eins + schub[np.newaxis, ...]"),
    "weights that decay": ("eins = eins - 0.5", "eins = (1 - 0.5 * 0.01) * eins - 0.5"),
    "a sign in a product": ("zwei = zwei - 0.5 * nach.T @ fehler", "zwei += (-0.5 * nach.T) @ fehler"),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_style_of_its_own_is_right(tmp_path, style):
    old, new = STYLES[style]
    assert old in PROGRAM
    text = PROGRAM.replace(old, new).replace("schub, hub =", "lauf = 0\nschub, hub =")
    report = judged(tmp_path, text)
    assert report.ok
    assert report.together.status == "right"


@pytest.mark.parametrize(("right", "wrong", "step", "cause"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_a_fault_is_told_with_its_step_cause_and_line(tmp_path, right, wrong, step, cause):
    assert right in PROGRAM
    text = PROGRAM.replace(right, wrong)
    report = judged(tmp_path, text)
    assert report.wrong == (step,)
    assert cause in report[step].causes
    finding = report[step].result.findings[0]
    assert finding.place is not None
    if cause not in ("gradient_sign", "one_hot_value", "initialize_constant"):
        assert wrong in text.splitlines()[finding.place.line - 1]


def test_a_program_that_ends_at_once_or_never_is_told_without_it(tmp_path):
    for ending in ("raise SystemExit(3)", "while True:\n    pass", "open('nowhere')"):
        report = judged(
            tmp_path, f"{PROGRAM.split('zufall =')[0]}\ndef softmax(q):\n    return anteile(q)\n{ending}\n"
        )
        assert report["softmax"].status == "right"


def test_what_is_kept_in_a_dictionary_or_list_comes_out_of_it_the_same(tmp_path):
    text = PROGRAM.replace("    aus =", "    kept, rows = {'H': nach}, [vor]\n    aus =")
    text = text.replace("(vor > 0)", "(rows.pop() > 0)").replace("nach.T @", "kept.get('H').T @")
    assert judged(tmp_path, text).together.status == "right"


def test_steps_that_are_cut_by_minimum_and_maximum_are_right(tmp_path):
    assert judged(tmp_path, PROGRAM.replace(
        "0.5 * nach.T @ fehler", "0.5 * np.minimum(5, np.maximum(-5, nach.T @ fehler))"
    )).together.status == "right"  # fmt: skip


REMEMBERS = """
import numpy as np

def relu(z):
    return np.maximum(z, 0)

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
p = [rng.normal(0, 0.5, (4, 8)), np.zeros(8), rng.normal(0, 0.5, (8, 7)), np.zeros(7),
     rng.normal(0, 0.5, (7, 3)), np.zeros(3)]
m, v = [0.0] * 6, [0.0] * 6
lr = 0.02
for epoch in range(1, 30):
    Z1 = X @ p[0] + p[1]
    H1 = relu(Z1)
    Z2 = H1 @ p[2] + p[3]
    H2 = relu(Z2)
    O = H2 @ p[4] + p[5]
    E = np.exp(O - O.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.sum(Y * np.log(P)) / len(X)
    dO = (P - Y) / len(X)
    d2 = (dO @ p[4].T) * (Z2 > 0)
    d1 = (d2 @ p[2].T) * (Z1 > 0)
    g = [X.T @ d1, d1.sum(0), H1.T @ d2, d2.sum(0), H2.T @ dO, dO.sum(0)]
    for k in range(6):
        STEP
"""

STEPS = {
    "momentum": "m[k] = 0.9 * m[k] - lr * g[k]; p[k] = p[k] + m[k]",
    "weighed": "m[k] = 0.9 * m[k] + 0.1 * g[k]; p[k] = p[k] - lr * m[k]",
    "decay": "p[k] = p[k] - lr * (g[k] + 0.001 * p[k])",
    "rmsprop": "v[k] = 0.9 * v[k] + 0.1 * g[k] ** 2; p[k] = p[k] - lr * g[k] / (np.sqrt(v[k]) + 1e-8)",
    "root as a power": "v[k] = 0.9 * v[k] + 0.1 * g[k] ** 2; p[k] = p[k] - g[k] * lr / (1e-8 + v[k] ** 0.5)",
    "adam": "m[k] = 0.9 * m[k] + (1 - 0.9) * g[k]; v[k] = 0.99 * v[k] + (1 - 0.99) * g[k] ** 2\n"
    "        p[k] = p[k] - lr * (m[k] / (1 - 0.9**epoch)) / (np.sqrt(v[k] / (1 - 0.99**epoch)) + 1e-8)",
}


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_remembers_is_told_from_what_it_learns(step, tmp_path):
    text = REMEMBERS.replace("STEP", STEPS[step])
    assert judged(tmp_path, text).together.status == "right"
    for right, fault, cause in (
        ("(dO @ p[4].T) * (Z2 > 0)", "dO @ p[4].T", "relu_derivative_missing"),
        ("H1.T @ d2", "Z1.T @ d2", "Z_for_H"),
        ("d1.sum(0)", "d1.mean(0)", "mean_twice"),
        ("dO = (P - Y)", "dO = (Y - P)", "gradient_sign"),
    ):
        report = judged(tmp_path, text.replace(right, fault))
        assert [cause] == [code for step in report.steps for code in step.causes]


def test_a_weight_that_only_remembers_is_replaced(tmp_path):
    report = judged(tmp_path, REMEMBERS.replace("STEP", "m[k] = 0.9 * m[k] - lr * g[k]; p[k] = m[k]"))
    assert report["update"].causes == ("update_replaces",)


def test_single_precision_is_judged(tmp_path):
    single = REMEMBERS.replace("STEP", "p[k] = p[k] - np.float32(lr) * g[k]").replace(
        "m, v =", "X, Y, p = X.astype('f'), Y.astype('f'), [each.astype('f') for each in p]\nm, v ="
    )
    assert judged(tmp_path, single).together.status == "right"
    report = judged(tmp_path, single.replace("(d2 @ p[2].T) * (Z1 > 0)", "(d2 @ p[2].T) * (Z1 < 0)"))
    assert report["compute_gradient"].causes == ("relu_derivative_flipped",)


@pytest.mark.parametrize(
    ("activation", "slope"),
    [
        ("np.sin(q)", "np.cos(vor)"),
        ("np.cos(q)", "(-np.sin(vor))"),
        ("np.where(q > 0, q, np.exp(q) - 1)", "np.where(vor > 0, 1, np.exp(vor))"),
        ("q / (1 + np.exp(-q))", "(nach + (1 - nach) / (1 + np.exp(-vor)))"),
        ("np.log(1 + np.exp(q))", "(1 / (1 + np.exp(-vor)))"),
    ],
    ids=["sine", "cosine", "ELU", "swish", "softplus"],
)
def test_less_usual_activations_are_known(activation, slope, tmp_path):
    text = PROGRAM.replace("np.maximum(q, 0)", activation)
    assert judged(tmp_path, text.replace("(vor > 0)", slope)).together.status == "right"
    assert judged(tmp_path, text).together.status == "wrong"


ALARMS = """\
import numpy as np
X = np.random.default_rng(0).normal(size=(40, 3))
codes = (X[:, 0] > 0).astype(int)
T = np.zeros((40, 2))
for number, row in enumerate(T):
    row[codes[number]] = 1
Y = T[:, 1:]

def compute_loss(P, Y):
    squared_error = np.sum((P - Y) ** 2)
    return 0.5 * (1 / len(Y)) * squared_error

def train(X, Y):
    W1, b1 = np.random.randn(3, 5), np.zeros(5)
    W2 = np.random.randn(5, 1)
    b2 = 0.01
    for epoch in range(7):
        H = np.tanh(X @ W1 + b1)
        P = 1 / (1 + np.exp(-(H @ W2 + b2)))
        loss = compute_loss(P, Y)
        D = (P - Y) * P * (1 - P)
        dZ = D @ W2.T * (1 - H**2)
        dW1, db1 = (1.0 / len(X)) * (X.T @ dZ), (1.0 / len(X)) * dZ.sum(axis=0)
        dW2, db2 = (1.0 / len(X)) * (H.T @ D), (1.0 / len(X)) * np.sum(D)
        W1, b1, W2 = W1 - 0.5 * dW1, b1 - 0.5 * db1, W2 - 0.5 * dW2
        b2 -= 0.5 * db2

train(X[:2], Y[:2])
batch = np.random.permutation(40)
train(np.vstack([X] * 3)[batch], np.vstack([Y] * 3)[batch])
"""
"""A loss made in two lines, a bias that is one number, labels written row by row, two trainings."""


SELDOM = """
import numpy as np

def forward(p, X):
    W1, b1, W2, b2 = p
    H = np.maximum(0, X @ W1 + b1)
    O = H @ W2 + b2
    E = np.exp(O - O.max(axis=1, keepdims=True))
    return H, E / E.sum(axis=1, keepdims=True)

def cross_entropy(P, y):
    return -np.sum(np.log(P[np.arange(len(y)), y])) / len(y)

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 6))
y = np.argmax(X[:, :3], axis=1)
p = [rng.normal(0, 0.5, (6, 6)), np.zeros((1, 6)), rng.normal(0, 0.5, (6, 3)), np.zeros((1, 3))]
for epoch in range(1, 201):
    order = rng.permutation(90)
    for k in range(0, 90, 15):
        rows = order[k:k + 15]
        H, P = forward(p, X[rows])
        dO = P.copy()
        dO[np.arange(15), y[rows]] -= 1
        dO /= 15
        dZ = (dO @ p[2].T) * (H > 0)
        g = [X[rows].T @ dZ, dZ.sum(axis=0, keepdims=True), H.T @ dO, dO.sum(axis=0, keepdims=True)]
        p = [a - 0.1 * b for a, b in zip(p, g)]
    if epoch % 50 == 0:
        print(epoch, cross_entropy(forward(p, X)[1], y))
"""


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("np.sum(P[np.arange(len(y)), y])", "log_missing"),
     ("np.sum(np.log(P[np.arange(len(y)), y])) / 3 * len(y)", "mean_over_classes"),
     ("np.mean(np.log(P.max(axis=1))) * len(y)", "loss_of_prediction")],
)  # fmt: skip
def test_what_is_done_every_so_many_epochs_is_judged(fault, cause, tmp_path):
    assert judged(tmp_path, SELDOM)["cross_entropy"].status == "right"
    report = judged(tmp_path, SELDOM.replace("np.sum(np.log(P[np.arange(len(y)), y]))", fault))
    assert cause in report["cross_entropy"].causes


def test_a_bias_that_is_shaped_like_a_weight_is_known_again_after_a_training(tmp_path):
    text = SELDOM.replace("normal(size=(90, 6))", "normal(size=(90, 1))").replace("(6, 6)", "(1, 6)")
    text = text.replace("np.argmax(X[:, :3], axis=1)", "(X[:, 0] > 0) * 1 + (X[:, 0] > 1)")
    assert judged(tmp_path, text).together.status == "right"
    report = judged(tmp_path, text.replace("X @ W1 + b1", "X @ W1"))
    assert report["forward"].causes == ("bias_missing",)


def test_one_maximum_for_all_samples_is_wrong_in_a_loop_as_well(tmp_path):
    loop = "e = np.exp(z - z.max(axis=1, keepdims=True)); aus = e / e.sum(axis=1, keepdims=True)"
    text = PROGRAM.replace("aus = anteile(nach @ zwei + hub)", f"z = nach @ zwei + hub; {loop}")
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("z.max(axis=1, keepdims=True)", "z.max()"))
    assert report["softmax"].causes == ("max_whole_matrix",)


def test_what_only_looks_like_a_fault_is_not_called_one(tmp_path):
    report = judged(tmp_path, ALARMS)
    assert report.ok
    assert report.together.status == "right"
    fault = judged(tmp_path, ALARMS.replace("np.sum(D)", "np.mean(D)"))
    assert fault["compute_gradient"].status == "wrong"


def test_what_stops_before_there_is_a_network_is_no_fault_of_it(tmp_path):
    text = PROGRAM.replace("zufall =", "print(np.arange(3)[0, 0])\nzufall =").replace("schnell", "relu")
    assert judged(tmp_path, text).ok


@pytest.mark.parametrize(
    ("right", "fault", "step", "cause"),
    [
        ("H2 = relu(Z2)", "H2 = Z2", "forward", "relu_missing"),  # its slope is still there
        ("p[k] = p[k] + m[k]", "p[k] = p[k] - m[k]", "update", "update_sign"),
        ("dO.sum(0)]", "dO.sum()]", "compute_gradient", "bias_summed_whole"),  # which is 0
        ("T) * (Z1 > 0)", "T) * (d2 @ p[2].T > 0)", "compute_gradient", "slope_wrong_array"),
        ("E / E.sum(axis=1, keepdims=True)", "np.exp(O - np.log(E.sum(1, keepdims=True)))", "log_softmax",
         "max_not_put_back"),
    ],
)  # fmt: skip
def test_a_fault_beside_momentum_is_named(right, fault, step, cause, tmp_path):
    text = REMEMBERS.replace("STEP", STEPS["momentum"])
    assert right in text
    assert judged(tmp_path, text.replace(right, fault))[step].causes == (cause,)


def test_a_missing_output_is_told_by_its_slope(tmp_path):
    text = REMEMBERS.replace("STEP", STEPS["momentum"])
    for lines in ("E = np.exp", "loss ="):
        text = "\n".join(line for line in text.split("\n") if lines not in line)
    text = text.replace("P = E / E.sum(axis=1, keepdims=True)", "P = np.tanh(O)")
    text = text.replace("(P - Y) / len(X)", "(P - Y) * (1 - P**2)")
    assert judged(tmp_path, text).together.status == "right"
    assert judged(tmp_path, text.replace("np.tanh(O)", "O"))["forward"].causes == (
        "output_activation_missing",
    )


LAYERS = """
import numpy as np
rng = np.random.default_rng(0)
W1, b1, W2, b2 = rng.normal(size=(4, 6)), np.zeros(6), rng.normal(size=(6, 3)), np.zeros(3)
H = np.maximum(rng.normal(size=(8, 4)) @ W1 + b1, 0)
O = H @ W2 + b2
shown = rng.normal(size=(8, 3))
back = (shown @ W2.T) @ W1.T
"""


def test_an_error_of_its_own_that_goes_back_is_no_way_forward(tmp_path):
    report = judged(tmp_path, LAYERS)
    assert report.ok
    assert report["forward"].status == "right"


def test_errors_that_are_caught_cut_no_record_short(tmp_path):
    caught = "try:\n    np.ones(3) @ np.ones(4)\nexcept ValueError:\n    pass\n"
    text = PROGRAM.replace("for runde", f"{caught}for runde")
    assert judged(tmp_path, text).together.status == "right"


def test_rows_that_are_counted_are_no_labels_however_few_they_are(tmp_path):
    error = "aus.copy()\n    fehler[np.arange(3), ziele] -= 1\n    fehler = fehler / 3"
    text = PROGRAM.replace("size=(40, 4)", "size=(3, 4)").replace("(aus - tafel) / 40", error)
    text = text.replace("-np.sum(tafel * np.log(aus)) / 40", "-np.mean(np.log(aus[np.arange(3), ziele]))")
    assert judged(tmp_path, text).together.status == "right"


def test_steps_by_a_learning_rate_of_zero_show_nothing_of_the_gradient(tmp_path):
    text = PROGRAM.replace("0.5 *", "tempo *").replace(
        "    vor =", "    tempo = 0.5 * (runde > 9)\n    vor ="
    )
    assert judged(tmp_path, text).ok


def test_a_gradient_that_is_turned_before_decay_is_right(tmp_path):
    turned = "g = [(d1.T @ X).T + 0.01 * p[0], d1.sum(0), (d2.T @ H1).T + 0.01 * p[2], d2.sum(0),"
    text = REMEMBERS.replace("g = [X.T @ d1, d1.sum(0), H1.T @ d2, d2.sum(0),", turned)
    for hidden in ("8", "4"):  # as many units as features, too
        wide = text.replace("(4, 8)", f"(4, {hidden})").replace("zeros(8)", f"zeros({hidden})")
        wide = wide.replace("(8, 7)", f"({hidden}, 7)")
        assert judged(tmp_path, wide.replace("STEP", "p[k] = p[k] - lr * g[k]")).together.status == "right"


def test_a_rate_below_zero_is_added(tmp_path):
    added = STEPS["adam"].replace("p[k] - lr * (", "p[k] + -lr * (")
    assert judged(tmp_path, REMEMBERS.replace("STEP", added)).together.status == "right"


def test_adam_may_add_what_is_negative(tmp_path):
    lines = ["memory = {}", "def adam(name, weights, slope):",
             "    m, v = memory.get(name, (0 * weights, 0 * weights))", "    m = 0.9 * m + 0.1 * slope",
             "    v = 0.99 * v + 0.01 * slope**2", "    memory[name] = m, v",
             "    weights += -0.05 * (m / 0.5) / (np.sqrt(v / 0.5) + 1e-8)", "", ""]  # fmt: skip
    text = PROGRAM.replace("for runde", "\n".join(lines) + "for runde")
    for name, slope in (("zwei", "nach.T @ fehler"), ("hub", "fehler.sum(axis=0, keepdims=True)"),
                        ("eins", "punkte.T @ zurueck"), ("schub", "zurueck.sum(axis=0)")):  # fmt: skip
        assert f"{name} = {name} - 0.5 * {slope}" in text
        text = text.replace(f"{name} = {name} - 0.5 * {slope}", f"adam('{name}', {name}, {slope})")
    assert judged(tmp_path, text).together.status == "right"
    assert judged(tmp_path, text.replace("+= -0.05", "+= 0.05")).together.status == "wrong"


def test_one_array_as_both_parts_is_not_the_test_part(tmp_path):
    trial = "def fit(x, test_x):\n    return x + test_x\n\nfit(punkte, punkte)\n"
    assert judged(tmp_path, PROGRAM.replace("for runde", f"{trial}for runde")).together.status == "right"


def test_a_softmax_of_what_is_turned_round_may_be_meant(tmp_path):
    text = PROGRAM.replace("np.exp(q - q.max(axis=1", "np.exp(q.min(axis=1").replace(
        "keepdims=True))", "keepdims=True) - q)", 1
    )
    text = text.replace("(aus - tafel) / 40", "(tafel - aus) / 40")
    assert judged(tmp_path, text).ok


ONE_BY_ONE = """
import random
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def cost(a, y):
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))

def feedforward(a):
    for b, w in zip(biases, weights):
        a = sigmoid(np.dot(w, a) + b)
    return a

np.random.seed(1)
biases = [np.zeros((5, 1)), np.zeros((3, 1))]
weights = [np.random.randn(5, 4), np.random.randn(3, 5)]
data = []
for _ in range(200):
    x = np.random.randn(4, 1)
    data.append((x, np.eye(3)[:, [np.argmax(x[:3])]]))
for epoch in range(3):
    random.shuffle(data)
    for k in range(0, 200, 10):
        sums = [[np.zeros(p.shape) for p in each] for each in (biases, weights)]
        for x, y in data[k:k + 10]:
            z1 = np.dot(weights[0], x) + biases[0]
            a1 = sigmoid(z1)
            a2 = sigmoid(np.dot(weights[1], a1) + biases[1])
            d2 = a2 - y
            d1 = np.dot(weights[1].T, d2) * a1 * (1 - a1)
            sums[0] = [s + g for s, g in zip(sums[0], (d1, d2))]
            sums[1] = [s + g for s, g in zip(sums[1], (np.dot(d1, x.T), np.dot(d2, a1.T)))]
        biases = [b - 0.1 * g for b, g in zip(biases, sums[0])]
        weights = [w - 0.1 * g for w, g in zip(weights, sums[1])]
    print(epoch, sum(cost(feedforward(x), y) for x, y in data) / 200)
"""


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [("", "", ""), ("return -np.sum", "return np.sum", "loss_sign"),
     (" + (1 - y) * np.log(1 - a)", "", "loss_incomplete")],
)  # fmt: skip
def test_what_a_long_epoch_ends_with_is_judged(right, wrong, cause, tmp_path):
    report = judged(tmp_path, ONE_BY_ONE.replace(right, wrong, 1) if cause else ONE_BY_ONE)
    assert report["cross_entropy"].status == ("wrong" if cause else "right")
    assert not cause or cause in report["cross_entropy"].causes


def test_new_weights_that_only_the_step_knows_are_lost_not_forgotten(tmp_path):
    report = judged(tmp_path, ONE_BY_ONE.replace("        weights = [w -", "        new = [w -"))
    assert report["train"].causes == ("update_lost",)


def test_shares_without_exponentials_are_told(tmp_path):
    text = PROGRAM.replace("np.exp(q - q.max(axis=1, keepdims=True))", "q - q.min(axis=1, keepdims=True)")
    assert judged(tmp_path, text)["softmax"].causes == ("exp_missing",)


def test_a_relu_in_place_is_wrong_where_the_slope_is_taken_of_what_it_leaves(tmp_path):
    text = PROGRAM.replace("nach = schnell(vor)", "vor[vor < 0] = 0; nach = vor")
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("(vor > 0)", "(vor >= 0)"))
    assert report["relu"].causes == ("relu_overwrites_argument",)
    assert "Z" in str(report)
    assert report.to_json()
    turned = text.replace("(vor > 0)", "(vor >= 0)").replace(
        "punkte @ eins + schub", "(eins.T @ punkte.T).T + schub"
    )
    turned = turned.replace(
        "vor = (eins.T @ punkte.T).T + schub", "vor = (eins.T @ punkte.T + schub[:, None]).T"
    )
    assert judged(tmp_path, turned)["relu"].causes == ("relu_overwrites_argument",)


def test_a_learning_rate_of_one_hides_no_factor(tmp_path):
    text = PROGRAM.replace("0.5 *", "tempo *").replace("for runde", "learning_rate = tempo = 1.0\nfor runde")
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("(aus - tafel) / 40", "(aus - tafel) / 3"))
    assert report["compute_gradient"].causes == ("mean_over_classes",)


def test_a_decay_that_is_not_that_of_the_loss_is_told(tmp_path):
    text = PROGRAM.replace("0.5 *", "lr *").replace("for runde", "lr = 0.5\nfor runde")
    text = text.replace("np.log(aus)) / 40", "np.log(aus)) / 40 + 0.01 * (np.sum(eins**2) + np.sum(zwei**2))")
    for weight, slope in (("zwei", "nach.T @ fehler"), ("eins", "punkte.T @ zurueck")):
        text = text.replace(f"lr * {slope}", f"lr * ({slope} + 0.02 * {weight})")
    assert judged(tmp_path, text).together.status == "right"
    for wrong in ("", " + 0.01 * eins", " + 0.04 * eins", " + 0.8 * eins"):
        report = judged(tmp_path, text.replace(" + 0.02 * eins", wrong))
        assert report["compute_gradient"].causes == ("penalty_factor",)


def test_a_loss_that_is_calculated_for_each_sample_is_not_summed(tmp_path):
    loss = ["class Loss:", "    def calculate(self, P, Y):", "        return -np.sum(Y * np.log(P), axis=1)"]
    text = PROGRAM.replace("zufall =", "\n".join([*loss, "", "zufall ="]), 1)
    whole = text.replace("-np.sum(tafel * np.log(aus)) / 40", "Loss().calculate(aus, tafel).mean()")
    assert judged(tmp_path, whole).ok
    report = judged(tmp_path, whole.replace(".mean()", ""))
    assert report["cross_entropy"].causes == ("loss_not_summed",)


APART = """
import numpy as np
zufall = np.random.default_rng(3)
alles = zufall.normal(size=(60, 4)) * 3 + 5
arten = np.argmax(alles[:, :3], axis=1)
X_train, y_train, X_test, y_test = alles[:45], arten[:45], alles[45:], arten[45:]
mitte, breite = X_train.mean(axis=0), X_train.std(axis=0)
X_train, X_test = (X_train - mitte) / breite, (X_test - mitte) / breite
A, a, B, b = zufall.normal(size=(4, 6)), np.zeros(6), zufall.normal(size=(6, 3)), np.zeros(3)

def vor(X):
    H = np.tanh(X @ A + a)
    E = np.exp(H @ B + b)
    return H, E / E.sum(axis=1, keepdims=True)

for runde in range(30):
    H, P = vor(X_train)
    D = (P - np.eye(3)[y_train]) / 45
    U = D @ B.T * (1 - H**2)
    B -= H.T @ D
    b -= D.sum(axis=0)
    A -= X_train.T @ U
    a -= U.sum(axis=0)
print(np.mean(vor(X_test)[1].argmax(axis=1) == y_test))
"""

SCALED = "X_train, X_test = (X_train - mitte) / breite, (X_test - mitte) / breite"

DATA_FAULTS = [  # what stands there, what stands there instead, its cause
    ("(X_test - mitte) / breite", "X_test", "scaled_apart"),
    ("(X_test - mitte) / breite", "(X_test - X_test.mean(axis=0)) / X_test.std(axis=0)", "scaled_apart"),
    ("mitte, breite = X_train.mean(axis=0), X_train.std(axis=0)",
     "mitte, breite = alles.min(axis=0), np.ptp(alles, axis=0)", "test_statistics"),
    ("alles[45:], arten[45:]", "alles[45:], arten[:15]", "shuffled_apart"),
    ("alles[45:], arten[45:]", "alles[40:55], arten[40:55]", "test_in_training"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "cause"), DATA_FAULTS)
def test_what_was_done_to_samples_is_told_by_their_numbers(right, wrong, cause, tmp_path):
    assert APART.count(right) == 1
    report = judged(tmp_path, APART.replace(right, wrong))
    assert report.wrong == ("data",)
    assert cause in {cause for step in report.steps for cause in step.causes}


LIBRARY = APART.replace(
    "X_train, y_train, X_test, y_test = alles[:45], arten[:45], alles[45:], arten[45:]\n",
    "from sklearn.model_selection import train_test_split\n"
    "from sklearn.preprocessing import StandardScaler\n"
    "X_train, X_test, y_train, y_test = train_test_split(alles, arten, test_size=15)\n",
).replace(
    SCALED, "X_train = (s := StandardScaler().fit(X_train)).transform(X_train)\nX_test = s.transform(X_test)"
)


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [("", "", ""), ("().fit(X_train)", "().fit(alles)", "test_statistics"),
     ("s.transform(X_test)", "s.fit_transform(X_test)", "scaled_apart")],
)  # fmt: skip
def test_parts_and_scalers_of_libraries_are_followed(right, wrong, cause, tmp_path):
    report = judged(tmp_path, LIBRARY.replace(right, wrong))
    assert report.ok == (not cause)
    assert not cause or cause in {cause for step in report.steps for cause in step.causes}


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [("for runde in range(40):\n", "rate = 0.5\nfor runde in range(40):\n    rate *= 0.4\n", "rate_decays"),
     ("for runde in range(40):\n", "n_epochs = 40\nrunde = 1\nwhile runde < n_epochs:\n    runde += 1\n",
      "train_epochs")],
)  # fmt: skip
def test_a_training_that_ends_too_early_is_told(right, wrong, cause, tmp_path):
    text = PROGRAM.replace(right, wrong)
    if "rate" in wrong:
        text = text.replace("- 0.5 *", "- rate *")
    report = judged(tmp_path, text)
    assert cause in {cause for step in report.steps for cause in step.causes}


def test_a_rate_that_shrinks_slowly_is_right(tmp_path):
    text = PROGRAM.replace("for runde", "rate = 0.5\nfor runde").replace(
        "    vor =", "    rate *= 0.95\n    vor ="
    )
    assert judged(tmp_path, text.replace("- 0.5 *", "- rate *")).ok


OPERANDS = """
import numpy as np

zufall = np.random.default_rng(1)
X, Y = zufall.normal(size=(40, 3)), zufall.integers(0, 2, (40, 2)) * 1.0
V, W = zufall.normal(size=(3, 5)), zufall.normal(size=(5, 2))
for runde in range(20):
    h = np.tanh(X @ V)
    o = 1 / (1 + np.exp(-(h @ W)))
    f = o - Y
    e = f * o * (1 - o)
    g = e @ W.T
    r = g * (1 - h * h)
    W = W - 0.1 * h.T @ e
    V = V - 0.1 * X.T @ r
print(0.5 * np.sum((o - Y) ** 2))
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("e = f * o * (1 - o)", "e = f * f * (1 - f)", "output_slope_wrong_array"),
        ("r = g * (1 - h * h)", "r = g * (1 - g * g)", "slope_wrong_array"),
        ("g = e @ W.T", "g = e @ np.ones_like(W).T", "weights_not_used"),
    ],
)
def test_an_array_in_the_place_of_another_is_named_wherever_it_stands(old, new, code, tmp_path):
    assert judged(tmp_path, OPERANDS).together.status == "right"
    step = judged(tmp_path, OPERANDS.replace(old, new))["compute_gradient"]
    line = OPERANDS.splitlines().index(f"    {old}") + 1
    assert (step.causes, step.result.findings[0].place.line) == ((code,), line), str(step)


def test_a_right_function_in_the_wrong_place_is_told_where_it_is_called(tmp_path):
    twice = judged(
        tmp_path, PROGRAM.replace("anteile(nach @ zwei + hub)", "anteile(anteile(nach @ zwei + hub))")
    )
    assert twice["forward"].causes == ("softmax_twice",)
    again = judged(tmp_path, PROGRAM.replace("(aus - tafel) / 40", "(anteile(aus) - tafel) / 40"))
    assert again.wrong
    relu = judged(
        tmp_path, PROGRAM.replace("anteile(nach @ zwei + hub)", "anteile(schnell(nach @ zwei + hub))")
    )
    assert relu["forward"].causes == ("relu_on_output",)
    for report, line in ((twice, 20), (relu, 20)):
        assert report["forward"].result.findings[0].place.line == line


DEEP = """
import numpy as np

r = np.random.default_rng(2)
X, Y = r.normal(size=(30, 4)), np.eye(3)[r.integers(0, 3, 30)]
A, B, C = r.normal(size=(4, 6)), r.normal(size=(6, 5)), r.normal(size=(5, 3))
lr = 0.1
for epoch in range(20):
    a = np.tanh(X @ A)
    b = np.tanh(a @ B)
    E = np.exp(b @ C)
    P = E / E.sum(axis=1, keepdims=True)
    dc = (P - Y) / 30
    db = (dc @ C.T) * (1 - b**2)
    da = (db @ B.T) * (1 - a**2)
    A, B, C = A - lr * X.T @ da, B - lr * a.T @ db, C - lr * b.T @ dc
print(-np.mean(np.log(P[Y == 1])))
"""


def test_a_factor_in_each_layer_is_told(tmp_path):
    assert judged(tmp_path, DEEP).together.status == "right"
    text = DEEP.replace("(dc @ C.T)", "(dc @ C.T / 30)").replace("(db @ B.T)", "(db @ B.T / 30)")
    assert judged(tmp_path, text)["compute_gradient"].causes == ("mean_twice",)


SAMPLE_BY_SAMPLE = """
import numpy as np
r = np.random.default_rng(5)
W, b, V, c = r.normal(size=(9, 4)), np.zeros((9, 1)), r.normal(size=(3, 9)), np.zeros((3, 1))

def forward(x):
    h = np.tanh(W @ x + b)
    e = np.exp(V @ h + c)
    return h, e / e.sum()

def learn(samples):
    global W, b, V, c
    for x, y in samples:
        h, p = forward(x)
        d = p - y
        u = V.T @ d * (1 - h**2)
        V, c, W, b = V - 0.1 * d @ h.T, c - 0.1 * d, W - 0.1 * u @ x.T, b - 0.1 * u

def loss(samples):
    return sum(-np.sum(y * np.log(forward(x)[1])) for x, y in samples) / len(samples)

def right(samples):
    return sum(int(np.argmax(forward(x)[1]) == np.argmax(y)) for x, y in samples)

points = [r.normal(size=(4, 1)) for _ in range(500)]
samples = [(x, np.eye(3)[[np.argmax(x[:3])]].T) for x in points]
for epoch in range(6):
    learn(samples)
    print(loss(samples), right(samples))
"""


def test_what_comes_after_a_call_that_fills_the_record_is_seen(tmp_path):
    assert judged(tmp_path, SAMPLE_BY_SAMPLE).ok
    report = judged(tmp_path, SAMPLE_BY_SAMPLE.replace("int(np.argmax", "int(np.argmin"))
    assert "predicts_least" in {cause for step in report.steps for cause in step.causes}


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [
        ("(P - np.eye(3)[y_train]) / 45", "(P - eins) / 45", "one_hot_value"),
        ("arten = np.argmax(alles[:, :3], axis=1)", "arten = (alles[:, 0] / 100).astype(int)", "truncated"),
        ("H, P = vor(X_train)\n    D = (P - np.eye(3)[y_train]) / 45",
         "H, P = vor(X_test)\n    D = (P - np.eye(3)[y_test]) / 15", "train_on_test"),
    ],
)  # fmt: skip
def test_faults_of_labels_and_parts_are_named(right, wrong, cause, tmp_path):
    text = APART.replace(right, wrong).replace(
        "A -= X_train.T", "A -= X_test.T" if "test" in wrong else "A -= X_train.T"
    )
    if "eins" in wrong:
        written = "    eins = np.zeros_like(P)\n    eins[np.arange(45), y_train] = y_train\n"
        text = text.replace("    D =", written + "    D =")
    report = judged(tmp_path, text)
    assert cause in {cause for step in report.steps for cause in step.causes}


LISTED = SAMPLE_BY_SAMPLE.replace("range(500)", "range(60)").replace(
    "for epoch in range(6):\n    learn(samples)\n    print(loss(samples), right(samples))\n",
    "def fit(training_data, test_data):\n    for epoch in range(6):\n        learn(training_data)\n"
    "        print(right(test_data))\n\nfit(samples[:40], samples[40:])\n",
)


def test_samples_in_lists_that_are_learned_from_and_tried_are_told(tmp_path):
    assert judged(tmp_path, LISTED).ok
    report = judged(tmp_path, LISTED.replace("samples[:40]", "samples"))
    assert report.wrong == ("data",)
    assert judged(tmp_path, LISTED.replace("samples[:40], samples[40:]", "samples, samples")).ok
    alone = LISTED.replace("def right(samples)", "def right(test_data)").replace(
        "in samples)\n\npoints", "in test_data)\n\npoints"
    )
    assert judged(tmp_path, alone.replace("print(right(test_data))", "print(right(training_data))")).ok


def test_a_step_without_the_rate_is_told_beside_biases_that_are_one_number(tmp_path):
    text = """
import numpy as np
learning_rate = 0.5
r = np.random.default_rng(1)
X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0]])
W, b, V, c = r.normal(size=(2, 4)), np.zeros((1, 4)), r.normal(size=(4, 1)), np.zeros((1, 1))
for epoch in range(50):
    H = 1 / (1 + np.exp(-(X @ W + b)))
    P = 1 / (1 + np.exp(-(H @ V + c)))
    d = (P - y) * P * (1 - P)
    u = d @ V.T * H * (1 - H)
    V -= learning_rate * H.T.dot(d)
    c -= learning_rate * np.sum(d, axis=0, keepdims=True)
    W -= learning_rate * X.T.dot(u)
    b -= learning_rate * np.sum(u, axis=0, keepdims=True)
"""
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("W -= learning_rate * ", "W -= "))
    assert report.wrong[0] == "update"
    everywhere = judged(tmp_path, text.replace("-= learning_rate * ", "-= "))
    assert "update_without_rate" in {cause for step in everywhere.steps for cause in step.causes}


def test_a_log_softmax_is_called_with_large_numbers_as_well(tmp_path):
    own = """def log_softmax(q):
    q = q - q.max(axis=1, keepdims=True)
    return q - np.log(np.exp(q).sum(axis=1, keepdims=True))

"""
    text = PROGRAM.replace("zufall =", own + "zufall =", 1)
    text = text.replace("-np.sum(tafel * np.log(aus))", "-np.sum(tafel * log_softmax(nach @ zwei + hub))")
    assert judged(tmp_path, text)["log_softmax"].status == "right"
    for wrong, code in (
        ("np.log(anteile(q))", "log_of_zero"),
        ("np.log(anteile(q) + 1e-8)", "log_of_zero_patched"),
        ("np.log(np.exp(q) / np.exp(q).sum(axis=1, keepdims=True))", "log_of_zero"),
    ):
        changed = text.replace("q - np.log(np.exp(q).sum(axis=1, keepdims=True))", wrong)
        assert judged(tmp_path, changed)["log_softmax"].causes == (code,)


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("np.log(np.where(tafel == 1, aus, 1.0))", ""),
        ("tafel * np.log(np.where(aus < 1e-9, 1e-9, aus))", ""),
        ("tafel * np.log(np.where(aus == 0, 1.0, aus))", "log_of_zero_patched"),
    ],
)
def test_probabilities_that_are_exchanged_before_the_logarithm_are_told(loss, code, tmp_path):
    report = judged(tmp_path, PROGRAM.replace("tafel * np.log(aus)", loss))
    causes = report["cross_entropy"].causes
    assert causes == ((code,) if code else ())


def test_a_loss_of_each_sample_that_is_only_shown_is_not_summed(tmp_path):
    loss = "-np.sum(tafel * np.log(aus)) / 40"
    each = PROGRAM.replace(loss, "-np.sum(tafel * np.log(aus), axis=1)").replace("verlust", "loss")
    assert judged(tmp_path, each)["cross_entropy"].causes == ("loss_not_summed",)
    assert judged(tmp_path, each.replace("print(loss)", "print(loss.mean())")).ok


SATURATED = """
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4)) * 3
Y = (X[:, :1] * X[:, 1:2] > 0) * 1.0
W1, b1, W2, b2 = rng.normal(size=(4, 9)), np.zeros((1, 9)), rng.normal(size=(9, 1)) * 4, np.zeros((1, 1))
for _ in range(6):
    Z = X @ W1 + b1
    H = np.maximum(Z, 0)
    P = 1 / (1 + np.exp(-(H @ W2 + b2)))
    near = np.clip(P, 1e-7, 1 - 1e-7)
    loss = -np.mean(Y * np.log(near) + (1 - Y) * np.log(1 - near))
    D = (near - Y) / (near * (1 - near)) * P * (1 - P) / len(X)
    E = D @ W2.T * (Z > 0)
    W2, b2 = W2 - 0.01 * H.T @ D, b2 - 0.01 * D.sum(axis=0, keepdims=True)
    W1, b1 = W1 - 0.01 * X.T @ E, b1 - 0.01 * E.sum(axis=0, keepdims=True)
"""


def test_outputs_may_be_kept_from_0_and_1(tmp_path):
    assert judged(tmp_path, SATURATED).together.status == "right"
    assert judged(tmp_path, SATURATED.replace("D @ W2.T * (Z > 0)", "D @ W2.T")).together.status == "wrong"


def test_losses_of_each_sample_may_be_averaged_where_they_are_called(tmp_path):
    text = SELDOM.replace(
        "-np.sum(np.log(P[np.arange(len(y)), y])) / len(y)", "-np.log(P[np.arange(len(y)), y])"
    )
    assert judged(tmp_path, text)["cross_entropy"].causes == ("loss_not_summed",)
    mean = text.replace(
        "print(epoch, cross_entropy(forward(p, X)[1], y))",
        "print(np.mean(cross_entropy(forward(p, X)[1], y)))",
    )
    assert judged(tmp_path, mean).ok


FIRST = """
import numpy as np

class Params:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2

def log_softmax(Z):
    c = Z.max(axis=1, keepdims=True)
    return Z - c - np.log(np.exp(Z - c).sum(axis=1, keepdims=True))

def forward(p, X):
    H = np.tanh(X @ p.W1 + p.b1)
    return H, log_softmax(H @ p.W2 + p.b2)

def gradients(p, X, T):
    H, logp = forward(p, X)
    G = (np.exp(logp) - T) / len(X)
    dA = G @ p.W2.T * (1 - H * H)
    return X.T @ dA, dA.sum(axis=0), H.T @ G, G.sum(axis=0)

def train(X, T, *, hidden=7, lr=0.1, epochs=30):
    rng = np.random.default_rng(0)
    p = Params(rng.normal(size=(4, hidden)), np.zeros(hidden), rng.normal(size=(hidden, 3)), np.zeros(3))
    for _ in range(epochs):
        for name, g in zip(("W1", "b1", "W2", "b2"), gradients(p, X, T)):
            setattr(p, name, getattr(p, name) - lr * g)
    return p

if __name__ == "__main__":
    X = np.random.default_rng(1).normal(size=(60, 4))
    train(X, np.eye(3)[X[:, :3].argmax(axis=1)])
"""


def test_a_forward_that_takes_its_parameters_first_is_not_the_exercises(tmp_path):
    assert judged(tmp_path, FIRST).together.status == "right"
    report = judged(tmp_path, FIRST.replace("(1 - H * H)", "(1 - H)"))
    assert report.together.status == "wrong"


def test_weights_of_all_layers_decay_alike_also_where_no_loss_shows_it(tmp_path):
    text = PROGRAM.replace("nach.T @ fehler", "(nach.T @ fehler + 0.02 * zwei)")
    right = text.replace("punkte.T @ zurueck", "(punkte.T @ zurueck + 0.02 * eins)")
    assert judged(tmp_path, right).ok
    report = judged(tmp_path, right.replace("0.02 * eins", "0.01 * eins"))
    assert report["compute_gradient"].causes == ("penalty_factor",)


TRIED = """for teil in (slice(0, 30), slice(30, None)):
    print(anteile(schnell(punkte[teil] @ eins + schub) @ zwei + hub).argmax(axis=1))
"""


@pytest.mark.parametrize(
    ("right", "wrong", "step", "cause"),
    [
        ("tafel = np.eye(3)[ziele]",
         "tafel = np.zeros((40, 3))\nfor i, k in enumerate(ziele): tafel[i, int(k) - 1] = 1.0",
         "one_hot", "labels_one_off"),
        ("vor = punkte @ eins + schub", "vor = (punkte @ eins + schub).astype(int)", "forward", "truncated"),
        ("print(verlust)", "print(np.argmin(np.log(aus), axis=1))", "predict", "predicts_least"),
        ("print(verlust)", "print(aus)\nprint(np.mean(aus == tafel))", "predict", "predicts_probabilities"),
        ("print(verlust)", TRIED, "data", "test_in_training"),
    ],
)  # fmt: skip
def test_faults_beside_the_gradient_are_named_where_they_are(right, wrong, step, cause, tmp_path):
    assert PROGRAM.count(right) == 1
    report = judged(tmp_path, PROGRAM.replace(right, wrong).replace("range(40)", "range(6)"))
    assert report[step].causes == (cause,)


def test_batches_of_a_trained_network_that_are_tried_in_turn_are_no_test_part(tmp_path):
    tried = "anteile(schnell(punkte[i : i + 30] @ eins + schub) @ zwei + hub)"
    assert judged(tmp_path, f"{PROGRAM}for i in range(0, 40, 30):\n    print({tried}.argmax(axis=1))\n").ok


def test_steps_after_the_loop_are_told_where_no_name_tells_the_weights(tmp_path):
    before, loop = PROGRAM.split("for runde in range(40):\n")
    steps = [line for line in loop.splitlines() if " = " in line and " - 0.5 * " in line]
    later = [line.strip() for line in steps]
    rest = [line for line in loop.splitlines() if line not in steps]
    text = "\n".join([before, "for runde in range(40):", *rest[:-1], *later, rest[-1]])
    report = judged(tmp_path, text)
    assert report["train"].causes == ("update_after_loop",)


def test_two_trainings_on_the_same_samples_may_have_labels_of_their_own(tmp_path):
    start, rest = PROGRAM.index("eins, zwei"), PROGRAM.index("print")
    again = PROGRAM[start:rest].replace("tafel", "gedreht")
    text = PROGRAM[:rest] + "gedreht = tafel[:, [1, 2, 0]]\n" + again
    assert judged(tmp_path, text).together.status == "right"


def test_weights_that_each_sample_changes_by_itself_are_not_called_wrong(tmp_path):
    text = PROGRAM.replace(
        "    zwei = zwei - 0.5 * nach.T @ fehler\n",
        "    for k in range(40):\n        zwei = zwei - 0.5 * np.outer(nach[k], fehler[k])\n",
    )
    assert judged(tmp_path, text).ok


def test_a_threshold_that_is_a_setting_is_meant(tmp_path):
    two = PROGRAM.replace("np.eye(3)[ziele]", "(ziele == 0)[:, None] * 1.0").replace("(6, 3)", "(6, 1)")
    two = two.replace("np.zeros((1, 3))", "np.zeros((1, 1))")
    two = two.replace("anteile(nach @ zwei + hub)", "1 / (1 + np.exp(-(nach @ zwei + hub)))")
    two = two.replace("np.log(aus)", "np.log(aus) + (1 - tafel) * np.log(1 - aus)")
    two += "aus = 1 / (1 + np.exp(-(np.maximum(punkte @ eins + schub, 0) @ zwei + hub)))\n"
    report = judged(tmp_path, two + "print(np.mean((aus > 0.8) == tafel))\n")
    assert "predicts_threshold" in causes(report)
    report = judged(tmp_path, two + "THRESHOLD = 0.8\nprint(np.mean((aus > THRESHOLD) == tafel))\n")
    assert "predicts_threshold" not in causes(report)


def test_outputs_may_be_turned_before_they_are_squashed(tmp_path):
    text = PROGRAM.replace("punkte @ eins + schub", "(eins.T @ punkte.T + schub[:, None]).T")
    text = text.replace("nach @ zwei + hub", "(zwei.T @ nach.T + hub.T).T")
    report = judged(tmp_path, text)
    assert report.together.status == "right"
    assert judged(tmp_path, text.replace("aus - tafel", "tafel - aus")).wrong == ("compute_gradient",)


def test_a_network_is_judged_after_another_model_that_was_trained_first(tmp_path):
    line = "\nfor k in range(9):\n    gerade = gerade - 0.1 * punkte.T @ (punkte @ gerade - ziele) / 40\n"
    text = PROGRAM.replace("tafel = np.eye", "gerade = np.zeros(4)" + line + "tafel = np.eye")
    assert judged(tmp_path, text).together.status == "right"
    wrong = judged(tmp_path, text.replace("(fehler @ zwei.T) * (vor > 0)", "fehler @ zwei.T"))
    assert "relu_derivative_missing" in causes(wrong)


def test_labels_may_be_divided_like_the_outputs_beside_them(tmp_path):
    text = PROGRAM.replace("(aus - tafel) / 40", "aus / 40 + (-tafel / 40)")
    report = judged(tmp_path, text)
    assert report.together.status == "right"
    wrong = judged(tmp_path, text.replace("aus / 40 +", "aus +"))
    assert wrong.wrong == ("compute_gradient",)


def test_what_only_chooses_is_scaled_like_the_training_part_that_it_is_of(tmp_path):
    text = PROGRAM.replace("punkte = ", "alle = ").replace(
        "ziele = np.argmax(punkte", "arten = np.argmax(alle"
    )
    text = text.replace("size=(40, 4)", "size=(60, 4)")
    text = text.replace("tafel =", SPLIT + "tafel =") + "np.maximum(X_val @ eins + schub, 0) @ zwei + hub\n"
    text += "np.maximum(X_test @ eins + schub, 0) @ zwei + hub\n"
    assert "test_statistics" not in causes(judged(tmp_path, text))
    text = text.replace(
        "mitte, breite = rest.mean(axis=0), rest.std(axis=0)",
        "mitte, breite = alle.mean(axis=0), alle.std(axis=0)",
    )
    assert "test_statistics" in causes(judged(tmp_path, text))


def test_samples_with_as_many_numbers_as_classes_are_no_labels(tmp_path):
    text = (
        PROGRAM.replace("size=(40, 4)", "size=(40, 2)")
        .replace("(4, 6)", "(2, 6)")
        .replace("(6, 3)", "(6, 2)")
    )
    text = text.replace("np.zeros((1, 3))", "np.zeros((1, 2))").replace("np.eye(3)", "np.eye(2)")
    each = (
        "fehler = aus / 40\n    for k, z in enumerate(ziele):\n        fehler[k, z] = fehler[k, z] - 1 / 40"
    )
    text = text.replace("punkte[:, :3]", "punkte").replace("fehler = (aus - tafel) / 40", each)
    assert judged(tmp_path, text).ok


def test_a_mask_that_leaves_every_output_is_no_truth(tmp_path):
    text = PROGRAM.replace("np.eye(3)[ziele]", "(ziele == 0)[:, None] * 1.0").replace("(6, 3)", "(6, 1)")
    text = text.replace("np.zeros((1, 3))", "np.zeros((1, 1))")
    text = text.replace(
        "anteile(nach @ zwei + hub)", "1 / (1 + np.exp(-(nach @ zwei + hub))) * np.ones((40, 1))"
    )
    text = text.replace("np.log(aus)", "np.log(aus) + (1 - tafel) * np.log(1 - aus)")
    assert judged(tmp_path, text).together.status == "right"


def test_a_learning_rate_may_be_handed_over_as_a_whole_number(tmp_path):
    text = PROGRAM.replace(
        "zufall = np", "def schritt(w, g, lr):\n    return w - 0.01 * lr * g\n\nzufall = np"
    )
    for name in ("zwei", "hub", "eins", "schub"):
        text = re.sub(rf"{name} = {name} - 0.5 \* (.*)", rf"{name} = schritt({name}, \1, tempo)", text)
    text = text.replace("for runde", "tempo = 60\nfor runde").replace(
        "print(", "    tempo = tempo * 0.9\nprint("
    )
    assert text.count("schritt(") == 5
    assert judged(tmp_path, text).together.status == "right"


SPLIT = """
rest, X_test = alle[:50], alle[50:]
mitte, breite = rest.mean(axis=0), rest.std(axis=0)
rest, X_test = (rest - mitte) / breite, (X_test - mitte) / breite
punkte, X_val, ziele = rest[:40], rest[40:], arten[:40]
"""


def causes(report):
    return {cause for step in report.steps for cause in step.causes}


HALF_SQUARES = """
import numpy as np

def squash(v):
    return 1 / (1 + np.exp(-v))

def steepness(s):
    return s * (1 - s)

def error_of(out, goal):
    return 0.5 * np.sum((out - goal) ** 2) / len(goal)

rng = np.random.default_rng(3)
x = rng.normal(size=(60, 3))
goals = np.c_[np.sin(x[:, 0]), x[:, 1] * x[:, 2], x[:, 2]]
V, c = rng.normal(size=(3, 7)) * 0.5, np.zeros(7)
U, d = rng.normal(size=(7, 3)) * 0.5, np.zeros(3)
eta = 0.2
for epoch in range(20):
    a = x @ V + c
    s = squash(a)
    out = s @ U + d
    print(error_of(out, goals))
    e = (out - goals) / len(goals)
    back = e @ U.T
    delta = back * steepness(s)
    U = U - eta * s.T @ e
    d = d - eta * e.sum(axis=0)
    V = V - eta * x.T @ delta
    c = c - eta * delta.sum(axis=0)
"""


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [
        ("e = (out - goals)", "e = 2 * (out - goals)", "factor_two"),
        ("e = (out - goals)", "e = 0.5 * (out - goals)", "factor_half"),
        ("delta = back * steepness(s)", "delta = back", "relu_derivative_missing"),
        ("return s * (1 - s)", "return np.ones_like(s)", "relu_derivative_missing"),
        ("return s * (1 - s)", "return 1 - s", "slope_formula"),
        ("return s * (1 - s)", "return s", "relu_derivative_itself"),
        ("return s * (1 - s)", "return s * (s - 1)", "relu_derivative_flipped"),
        ("steepness(s)\n", "steepness(back)\n", "slope_wrong_array"),
    ],
)
def test_a_wrong_factor_or_slope_is_told_in_its_line(right, wrong, cause, tmp_path):
    assert judged(tmp_path, HALF_SQUARES).ok
    text = HALF_SQUARES.replace(right, wrong)
    report = judged(tmp_path, text)
    (step,) = report.wrong
    assert step == ("relu_derivative" if right.startswith("return") else "compute_gradient")
    assert cause in report[step].causes
    assert wrong.strip() in text.splitlines()[report[step].result.findings[0].place.line - 1]


@pytest.mark.parametrize("loss", ["np.mean((out - goal) ** 2)", "np.sum((out - goal) ** 2) / len(goal)"])
def test_squares_without_a_half_leave_the_factor_open(loss, tmp_path):
    text = HALF_SQUARES.replace("0.5 * np.sum((out - goal) ** 2) / len(goal)", loss)
    assert judged(tmp_path, text).ok
    assert judged(tmp_path, text.replace("e = (out", "e = 2 * (out")).ok


def test_weights_that_decay_by_different_numbers_are_told(tmp_path):
    text = HALF_SQUARES.replace("eta * s.T @ e", "eta * (s.T @ e + 0.01 * U)")
    text = text.replace("eta * x.T @ delta", "eta * (x.T @ delta + 0.01 * V)")
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("0.01 * V", "0.005 * V"))
    assert "penalty_factor" in report["compute_gradient"].causes


def test_outputs_that_a_long_training_has_left_are_known_by_their_name(tmp_path):
    report = judged(tmp_path, f"{PROGRAM}print(aus.argmin(axis=1))\n")
    assert report["predict"].causes == ("predicts_least",)


UNROLLED = (
    PROGRAM[: PROGRAM.index("    zwei = zwei -")].replace(
        "for runde in range(40):\n",
        """theta = np.concatenate([eins.ravel(), schub, zwei.ravel(), hub.ravel()])
for runde in range(40):
    eins, schub = theta[:24].reshape(4, 6), theta[24:30]
    zwei, hub = theta[30:48].reshape(6, 3), theta[48:]
""",
    )
    + """    teile = [punkte.T @ zurueck, zurueck.sum(axis=0), nach.T @ fehler, fehler.sum(axis=0)]
    theta = theta - 0.5 * np.concatenate([teil.ravel() for teil in teile])
print(verlust)
"""
)


@pytest.mark.parametrize(
    ("right", "wrong", "step", "cause"),
    [
        ("(aus - tafel) / 40", "(tafel - aus) / 40", "compute_gradient", "gradient_sign"),
        ("nach.T @ fehler", "vor.T @ fehler", "compute_gradient", "Z_for_H"),
    ],
)
def test_parameters_in_one_vector_are_followed_one_by_one(right, wrong, step, cause, tmp_path):
    report = judged(tmp_path, UNROLLED)
    assert report.ok
    assert {"forward", "compute_gradient", "update"} <= {s.key for s in report.steps if s.status == "right"}
    assert UNROLLED.count(right) == 1
    assert judged(tmp_path, UNROLLED.replace(right, wrong))[step].causes == (cause,)


TABLED = (
    APART.replace("import numpy as np", "import numpy as np\nimport pandas as pd")
    .replace(
        "X_train, y_train, X_test, y_test = alles[:45], arten[:45], alles[45:], arten[45:]\n",
        """blatt = pd.DataFrame(alles, columns=list("abcd")).assign(art=arten).sample(frac=1, random_state=1)
vorn, hinten = blatt.iloc[:45], blatt.iloc[45:]
X_train, X_test = vorn.drop(columns="art"), hinten[list("abcd")]
y_train, y_test = vorn.art.to_numpy(), hinten["art"].values
""",
    )
    .replace(SCALED, SCALED + "\nX_train, X_test = X_train.values, X_test.to_numpy()")
)


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [
        ("(X_test - mitte) / breite\n", "(X_test - X_test.mean()) / X_test.std()\n", "scaled_apart"),
        ("X_train.mean(axis=0), X_train.std(axis=0)", "(b := blatt[list('abcd')]).mean(), b.std()",
         "test_statistics"),
        ("vorn.art.to_numpy()", "arten[:45]", "shuffled_apart"),
        ("blatt.iloc[:45]", "blatt.iloc[:60]", "test_in_training"),
    ],
)  # fmt: skip
def test_samples_in_tables_are_followed_row_by_row(right, wrong, cause, tmp_path):
    assert judged(tmp_path, TABLED).ok
    assert TABLED.count(right) == 1
    report = judged(tmp_path, TABLED.replace(right, wrong).replace("/ 45", "/ len(X_train)"))
    assert cause in {cause for step in report.steps for cause in step.causes}


LEAKY = """
import numpy as np

def bend(v):
    return np.where(v > 0, v, 0.01 * v)

def log_shares(v):
    v = v - v.max(axis=1, keepdims=True)
    return v - np.log(np.exp(v).sum(axis=1, keepdims=True))

rng = np.random.default_rng(4)
x = rng.normal(size=(50, 3))
goals = np.eye(3)[np.argmax(x, axis=1)]
V, c = rng.normal(size=(3, 8)) * 0.5, np.zeros(8)
U, d = rng.normal(size=(8, 3)) * 0.5, np.zeros(3)
eta = 0.2
for epoch in range(20):
    a = x @ V + c
    s = bend(a)
    logs = log_shares(s @ U + d)
    products = goals * logs
    loss = -products.sum() / len(x)
    e = (np.exp(logs) - goals) / len(x)
    delta = (e @ U.T) * np.where(a > 0, 1, 0.01)
    U -= eta * s.T @ e
    d -= eta * e.sum(axis=0)
    V -= eta * x.T @ delta
    c -= eta * delta.sum(axis=0)
"""


@pytest.mark.parametrize(
    ("right", "wrong", "step", "cause"),
    [
        ("(np.exp(logs) - goals)", "(logs - goals)", "compute_gradient", "output_slope_wrong_array"),
        ("s = bend(a)", "s = a", "forward", "relu_missing"),
        ("goals * logs", "goals * logs / np.log(2)", "cross_entropy", "loss_base"),
    ],
)
def test_faults_beside_a_log_softmax_are_told_in_their_line(right, wrong, step, cause, tmp_path):
    assert judged(tmp_path, LEAKY).ok
    text = LEAKY.replace(right, wrong)
    report = judged(tmp_path, text)
    assert report.wrong == (step,)
    assert cause in report[step].causes
    assert wrong in text.splitlines()[report[step].result.findings[0].place.line - 1]


def test_a_hidden_activation_on_the_output_is_told_where_it_is_called(tmp_path):
    text = HALF_SQUARES.replace(
        "def squash", "def bend(v):\n    return np.where(v > 0, v, 0.1 * v)\n\ndef squash"
    )
    text = text.replace("s = squash(a)", "s = bend(a)").replace(
        "back * steepness(s)", "back * np.where(a > 0, 1, 0.1)"
    )
    assert judged(tmp_path, text).ok
    text = text.replace("out = s @ U + d", "out = bend(s @ U + d)")
    report = judged(tmp_path, text)
    assert report["forward"].causes == ("relu_on_output",)
    assert "bend(s @ U" in text.splitlines()[report["forward"].result.findings[0].place.line - 1]


IN_BATCHES = """
import numpy as np

class Netz:
    def __init__(self, lr=0.3):
        self.r = np.random.default_rng(3)
        self.lr = lr
        self.A, self.B = self.r.normal(size=(4, 6)), self.r.normal(size=(6, 3))

    def vor(self, X):
        H = np.tanh(X @ self.A)
        E = np.exp(H @ self.B)
        return H, E / E.sum(axis=1, keepdims=True)

    def verlust(self, X, Y):
        return -np.mean(np.sum(Y * np.log(self.vor(X)[1]), axis=1))

    def lerne(self, X, Y, lr):
        H, P = self.vor(X)
        D = (P - Y) / len(X)
        U = D @ self.B.T * (1 - H**2)
        self.B = self.B - lr * H.T @ D
        self.A = self.A - lr * X.T @ U

    def fit(self, X, Y, X_val, Y_val):
        for runde in range(60):
            lr = self.lr / (1 + 0.01 * runde)
            for i in range(8):
                wahl = self.r.permutation(len(X))[:15]
                self.lerne(X[wahl], Y[wahl], lr)
            val_loss = self.verlust(X_val, Y_val)
        print(val_loss)

r = np.random.default_rng(5)
X = r.normal(size=(60, 4))
y = np.argmax(X[:, :3], axis=1)
Y = np.eye(3)[y]
netz = Netz()
netz.fit(X[:45], Y[:45], X[45:], Y[45:])
print(np.mean(netz.vor(X[45:])[1].argmax(axis=1) == y[45:]))
"""


def test_faults_of_a_training_in_batches_are_named(tmp_path):
    assert judged(tmp_path, IN_BATCHES).ok
    for right, wrong, cause in (
        ("self.lr / (1 + 0.01 * runde)", "self.lr * 0.01**runde", "rate_decays"),
        ("Y[wahl], lr)", "Y[wahl], 0.05)", "rate_ignored"),
        ("self.verlust(X_val, Y_val)", "self.verlust(X, Y)", "train_repeated"),
        ("self.r.permutation(len(X))[:15]", "np.arange(15)", "first_batch_only"),
        ("[1].argmax(axis=1) == y[45:]", "[1] == Y[45:]", "predicts_probabilities"),
    ):
        assert IN_BATCHES.count(right) == 1
        report = judged(tmp_path, IN_BATCHES.replace(right, wrong))
        assert cause in {cause for step in report.steps for cause in step.causes}, wrong


LISTS_OF_ROWS = APART.replace(
    "X_train, y_train, X_test, y_test = alles[:45], arten[:45], alles[45:], arten[45:]\n",
    """wahl = list(range(60))
eine, andere = wahl[::-1][:45], wahl[::-1][45:]
X_train, y_train, X_test, y_test = alles[eine], arten[eine], alles[andere], arten[andere]
""",
)


def test_labels_that_become_a_column_keep_their_rows(tmp_path):
    text = APART.replace("np.eye(3)[y_train]", "(y_train[:, None] == np.arange(3))")
    assert judged(tmp_path, text).ok
    text = text.replace("X_train, y_train,", "arten = zufall.permutation(arten)\nX_train, y_train,", 1)
    report = judged(tmp_path, text)
    assert "shuffled_apart" in {cause for step in report.steps for cause in step.causes}


def test_rows_that_are_taken_by_a_list_are_known(tmp_path):
    assert judged(tmp_path, LISTS_OF_ROWS).ok
    for right, wrong, cause in (
        ("(X_test - mitte) / breite", "X_test", "scaled_apart"),
        ("arten[eine]", "arten[:45]", "shuffled_apart"),
        ("wahl[::-1][45:]", "wahl[:20]", "test_in_training"),
    ):
        report = judged(tmp_path, LISTS_OF_ROWS.replace(right, wrong))
        assert report.wrong == ("data",)
        assert cause in {cause for step in report.steps for cause in step.causes}


FOLDS = (
    APART.split("X_train,")[0]
    + """
teile = np.array_split(np.arange(60), 3)
for k in range(3):
    rest = np.concatenate([teile[j] for j in range(3) if j != k])
    X_train, y_train, X_test, y_test = alles[rest], arten[rest], alles[teile[k]], arten[teile[k]]
    mitte, breite = X_train.mean(axis=0), X_train.std(axis=0)
    """
    + APART[APART.index("X_train, X_test = ") :]
    .replace("def vor(X):", "def vor(X, A, a, B, b):")
    .replace("vor(X_train)", "vor(X_train, A, a, B, b)")
    .replace("vor(X_test)", "vor(X_test, A, a, B, b)")
    .replace("/ 45", "/ 40")
    .replace("\n", "\n    ")
)


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [
        ("(X_test - mitte) / breite", "(X_test - X_test.mean(axis=0)) / X_test.std(axis=0)", "scaled_apart"),
        ("X_train.mean(axis=0), X_train", "alles.mean(axis=0), alles", "test_statistics"),
        (" if j != k", "", "test_in_training"),
    ],
)
def test_each_fold_is_kept_apart_from_its_own_training(right, wrong, cause, tmp_path):
    assert judged(tmp_path, FOLDS).ok
    assert FOLDS.count(right) == 1
    report = judged(tmp_path, FOLDS.replace(right, wrong).replace("/ 40", "/ len(rest)"))
    assert cause in {cause for step in report.steps for cause in step.causes}


def test_parts_that_are_put_together_again_are_known(tmp_path):
    both = "X_train, y_train = np.vstack((X_train, X_test)), np.hstack((y_train, y_test))\nmitte, breite ="
    report = judged(tmp_path, APART.replace("mitte, breite =", both).replace("/ 45", "/ 60"))
    assert "test_in_training" in {cause for step in report.steps for cause in step.causes}


def test_labels_of_a_part_that_are_split_in_an_order_of_their_own_are_told(tmp_path):
    first = "train_test_split(alles, arten, test_size=15)\n"
    second = "X_train, X_val, y_train, y_val = train_test_split(X_train, y_train, test_size=9)\n"
    text = LIBRARY.replace(first, first + second).replace("45", "36")
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("(X_train, y_train,", "(X_train, zufall.permutation(y_train),"))
    assert "shuffled_apart" in {cause for step in report.steps for cause in step.causes}


@pytest.mark.parametrize("word", ["prueba", "essai", "kontrolle"])
def test_samples_that_are_kept_apart_have_names_in_other_languages(tmp_path, word):
    batches = APART.replace(
        "    H, P = vor(X_train)", "    k = zufall.permutation(45)[:15]\n    H, P = vor(X_train[k])"
    )
    batches = batches.replace("[y_train]) / 45", "[y_train][k]) / 15").replace(
        "X_train.T @", "X_train[k].T @"
    )
    batches = batches.replace("X_test", f"X_{word}").replace("y_test", f"y_{word}")
    assert judged(tmp_path, batches).ok
    report = judged(
        tmp_path, batches.replace("X_train.mean(axis=0), X_train.std", "alles.mean(axis=0), alles.std")
    )
    assert report["data"].causes == ("test_statistics",)


RUNAWAY = """
import numpy as np

def loss(out, goal):
    return 0.5 * np.mean((out - goal) ** 2)

def backward(x, s, out, goal, U):
    e = (out - goal) / len(goal)
    delta = (e @ U.T) * (s > 0)
    return x.T @ delta, delta.sum(axis=0), s.T @ e, e.sum(axis=0)

rng = np.random.default_rng(3)
x = rng.normal(size=(60, 3))
goal = x[:, :1] * x[:, 1:2]
V, c, U, d = rng.normal(size=(3, 7)), np.zeros(7), rng.normal(size=(7, 1)), np.zeros(1)
lr = 0.1
for epoch in range(15):
    s = np.maximum(x @ V + c, 0)
    out = s @ U + d
    dV, dc, dU, dd = backward(x, s, out, goal, U)
    V, c, U, d = V - lr * dV, c - lr * dc, U - lr * dU, d - lr * dd
    if epoch == 14:
        print(loss(out, goal))
"""


def test_a_factor_is_told_beside_a_loss_that_is_no_number_any_more(tmp_path):
    assert judged(tmp_path, RUNAWAY).ok
    report = judged(tmp_path, RUNAWAY.replace("e = (out - goal) / len(goal)", "e = out - goal"))
    assert report["compute_gradient"].causes == ("mean_missing",)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("a = x @ V + c", "a = (x @ V + c).astype(int)"), ("out = s @ U + d", "out = (s @ U + d).astype(int)")],
)
def test_numbers_that_are_cut_on_the_way_forward_are_told(right, wrong, tmp_path):
    report = judged(tmp_path, HALF_SQUARES.replace(right, wrong))
    assert report["forward"].causes == ("truncated",)


def test_whole_numbers_that_are_only_shown_are_right(tmp_path):
    shown = HALF_SQUARES.replace("print(error_of(out, goals))", "print(error_of(out, goals), np.trunc(out))")
    assert judged(tmp_path, shown).ok


@pytest.mark.parametrize("relu", ["np.maximum(q, 0)", "q + 0"])
def test_relu_of_nothing_but_positive_numbers_is_right(tmp_path, relu):
    text = PROGRAM.replace("np.maximum(q, 0)", relu)
    assert not judged(
        tmp_path, text.replace("schub, hub = np.zeros(6)", "schub, hub = np.full(6, 90.0)")
    ).wrong
    assert bool(judged(tmp_path, text).wrong) == (relu == "q + 0")


def test_a_wrong_array_is_not_taken_for_a_sign(tmp_path):
    deep = """
for runde in range(40):
    vor = punkte @ eins + schub
    mitte = schnell(vor)
    tief = mitte @ drei + stoss
    nach = schnell(tief)
    aus = anteile(nach @ zwei + hub)
    fehler = -(tafel - aus) / 40
    hinten = (fehler @ zwei.T) * (tief > 0)
    zurueck = (hinten @ drei.T) * (vor > 0)
    zwei += -0.5 * nach.T @ fehler
    hub += -0.5 * fehler.sum(axis=0)
    drei += -0.5 * nach.T @ hinten
    stoss += -0.5 * hinten.sum(axis=0)
    eins += -0.5 * punkte.T @ zurueck
    schub += -0.5 * zurueck.sum(axis=0)
"""
    start = "drei, stoss, hub = zufall.normal(size=(6, 6)) * 0.4, np.zeros(6), np.zeros(3)\n"
    head = PROGRAM.split("for runde")[0] + start
    assert judged(tmp_path, head + deep.replace("nach.T @ hinten", "mitte.T @ hinten")).ok
    wrong = [step.key for step in judged(tmp_path, head + deep).steps if step.status == "wrong"]
    assert wrong == ["compute_gradient"]


def test_a_gradient_that_is_rightly_nothing_but_zeros_is_not_wrong(tmp_path):
    dead = PROGRAM.replace("np.zeros(6)", "np.full(6, -50.0)").replace("np.zeros((1, 3))", "900 * tafel[:1]")
    text = dead.replace("ziele = np.argmax(punkte[:, :3], axis=1)", "ziele = np.ones(40, int)")
    assert "compute_gradient" not in judged(tmp_path, text).wrong


def test_the_largest_of_all_is_the_sample_s_where_there_is_one_sample(tmp_path):
    many = PROGRAM.replace("anteile", "softmax").replace("q.max(axis=1, keepdims=True)", "np.max(q)")
    assert judged(tmp_path, many)["softmax"].status == "wrong"
    head, tail = many.replace("/ 40", "").replace("0.5", "0.05").split("for runde in range(40):\n")
    rounds = "for k in list(range(40)) * 3:\n    x, t = punkte[k:k + 1], tafel[k:k + 1]\n"
    assert judged(tmp_path, head + rounds + tail.replace("punkte", "x").replace("tafel", "t")).ok


def test_an_update_of_other_arguments_makes_a_program_of_its_own(tmp_path):
    text = """
import numpy as np
def relu(Z):
    return np.maximum(0, Z)
def softmax(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / np.sum(E, axis=0)
def there(X, weights, net):
    A = [X]
    for k, kind in enumerate(net):
        A.append(kind(weights[2 * k] @ A[-1] + weights[2 * k + 1]))
    return A
def update(weights, grads, net, rate):
    for k in range(2 * len(net)):
        weights[k] -= rate * grads[k]
    return weights
if __name__ == "__main__":
    rng, net = np.random.default_rng(0), [relu, softmax]
    X = rng.normal(size=(4, 60))
    Y = np.eye(3)[X[:3].argmax(axis=0)].T
    weights = [rng.normal(size=(6, 4)), np.zeros((6, 1)), rng.normal(size=(3, 6)), np.zeros((3, 1))]
    for _ in range(50):
        _, H, P = there(X, weights, net)
        dO = (P - Y) / 60
        dZ = weights[2].T @ dO * (H > 0)
        sums = [d.sum(axis=1, keepdims=True) for d in (dZ, dO)]
        weights = update(weights, [dZ @ X.T, sums[0], dO @ H.T, sums[1]], net, 0.5)
"""
    assert judged(tmp_path, text).together.status == "right"
    assert not judged(tmp_path, text.replace("(H > 0)", "(H < 0)")).ok


def test_an_epsilon_beside_a_rate_is_not_a_rate_that_is_ignored(tmp_path):
    head, tail = PROGRAM.split("for runde in range(40):\n")
    text = (
        head
        + "def lerne(eins, schub, zwei, hub, learning_rate=0.5, epsilon=1e-8):\n  for runde in range(40):\n"
    )
    text += tail.replace("    ", "      ").replace("0.5", "learning_rate").replace("print(verlust)", "")
    assert judged(tmp_path, text + "lerne(eins, schub, zwei, hub)\n").ok
    ignored = text.replace("learning_rate *", "0.1 *") + "lerne(eins, schub, zwei, hub)\n"
    assert "rate_ignored" in {cause for step in judged(tmp_path, ignored).steps for cause in step.causes}


def test_parts_kept_apart_by_one_training_may_be_learned_from_by_another_networks(tmp_path):
    start, rest = PROGRAM.index("eins, zwei"), PROGRAM.index("print")
    text = PROGRAM[:start].replace("punkte, ", "")
    once = """
order = zufall.permutation(40)
punkte_train, punkte_val = punkte[order[:30]], punkte[order[30:]]
tafel_train, tafel_val = tafel[order[:30]], tafel[order[30:]]
"""
    loop = PROGRAM[start:rest].replace("punkte", "punkte_train").replace("tafel", "tafel_train")
    loop = (
        loop.replace("/ 40", "/ 30") + "    print(anteile(schnell(punkte_val @ eins + schub) @ zwei + hub))\n"
    )
    other = loop.replace("6", "8").replace("range(40)", "range(41)")
    assert judged(tmp_path, text + once + loop + once + other).together.status == "right"


SQUASHED = """
import numpy as np

rng = np.random.default_rng(2)
X = rng.normal(size=(30, 3))
Y = (X[:, :1] * X[:, 1:2] > 0) * 1.0
W1, b1 = rng.normal(size=(3, 5)) * 0.5, rng.normal(size=5) * 0.1
W2, b2 = rng.normal(size=(5, 1)) * 0.5, np.zeros(1)
for epoch in range(60):
    Z = X @ W1 + b1
    H = np.tanh(Z)
    P = 1 / (1 + np.exp(-H @ W2 - b2))
    dO = (P - Y) / len(X)
    dZ = dO @ W2.T * (1 - H**2)
    W2 -= 0.5 * H.T @ dO
    b2 -= 0.5 * dO.sum(axis=0)
    W1 -= 0.5 * X.T @ dZ
    b1 -= 0.5 * dZ.sum(axis=0)
print(np.mean((P > 0.5) == Y))
"""


def test_a_bias_may_stand_in_the_exponent(tmp_path):
    assert judged(tmp_path, SQUASHED).together.status == "right"
    report = judged(tmp_path, SQUASHED.replace("W2 - b2))", "W2 + b2))"))
    assert "bias_sign" in report["forward"].causes


OWN = [  # an activation of the program's own, its slope, a wrong slope
    ("np.where(Z > 0, Z, 0.5 * (np.exp(Z) - 1))", "np.where(Z > 0, 1, 0.5 * np.exp(Z))", "(Z > 0)"),
    ("np.exp(-(Z**2))", "-2 * Z * H", "2 * Z * H"),
    ("Z / (1 + np.abs(Z))", "1 / (1 + np.abs(Z)) ** 2", "1 / (1 + np.abs(Z))"),
    ("1.7159 * np.tanh(2 / 3 * Z)", "2 / 3 * (1.7159 - H**2 / 1.7159)", "1 - H**2"),
    ("2 / (1 + np.exp(-Z)) - 1", "0.5 * (1 + H) * (1 - H)", "H * (1 - H)"),
]


@pytest.mark.parametrize(("activation", "slope", "other"), OWN)
def test_an_activation_of_its_own_is_held_against_its_own_slope(activation, slope, other, tmp_path):
    text = SQUASHED.replace("np.tanh(Z)", activation).replace("(1 - H**2)", f"({slope})")
    assert judged(tmp_path, text).together.status == "right"
    report = judged(tmp_path, text.replace(f"({slope})", f"({other})"))
    assert {*report.wrong} & {"compute_gradient", "relu_derivative"}


def test_outputs_from_minus_one_to_one_may_be_a_sigmoid_s(tmp_path):
    text = SQUASHED.replace("1 / (1 + np.exp(-H @ W2 - b2))", "2 / (1 + np.exp(-(H @ W2 + b2))) - 1")
    text = text.replace("> 0) * 1.0", "> 0) * 2.0 - 1").replace("P > 0.5) == Y", "P > 0) == (Y > 0)")
    text = text.replace("(P - Y) / len(X)", "(P - Y) * 0.5 * (1 + P) * (1 - P) / len(X)")
    assert judged(tmp_path, text).together.status == "right"


def test_what_is_remembered_of_a_step_may_be_taken_away_with_the_next_one(tmp_path):
    start, loop = SQUASHED.split("for epoch")
    text = start + "velocity = [0, 0, 0, 0]\nfor epoch" + loop
    for number, (name, change) in enumerate(
        [("W2", "H.T @ dO"), ("b2", "dO.sum(axis=0)"), ("W1", "X.T @ dZ"), ("b1", "dZ.sum(axis=0)")]
    ):
        kept = f"velocity[{number}]"
        moved = f"{name} -= {kept}\n    {kept} = 0.5 * {change} + 0.5 * {kept}"
        text = text.replace(f"{name} -= 0.5 * {change}", moved)
    assert judged(tmp_path, text).together.status == "right"


def test_a_limit_of_numbers_that_are_no_classes_is_nobodys_fault(tmp_path):
    text = SQUASHED.replace("> 0) * 1.0", "> 0) * 0.5 + 0.25").replace(
        "P > 0.5) == Y", "P > 0.55) == (Y > 0.55)"
    )
    text = text.replace("(P - Y) / len(X)", "(P - Y) * P * (1 - P) / len(X)")
    assert judged(tmp_path, text).ok


def test_labels_made_of_columns_that_stand_in_orders_of_their_own_are_no_labels_shuffled_apart(tmp_path):
    columns = "A, B, C = (np.linspace(-1, 1, 30)[rng.permutation(30)] for _ in range(3))\n"
    columns += "X, Y = np.vstack([A, B, C]).T, (A * B + C).reshape(-1, 1)\nrows = rng.permutation(30)\n"
    text = SQUASHED.replace("X = rng.normal(size=(30, 3))\n", columns + "X, Y = X[rows], Y[rows]\n")
    text = text.replace("Y = (X[:, :1] * X[:, 1:2] > 0) * 1.0\n", "").replace("(P > 0.5) == Y", "P - Y")
    text = text.replace("1 / (1 + np.exp(-H @ W2 - b2))", "H @ W2 + b2")
    assert judged(tmp_path, text).together.status == "right"


def test_a_gradient_that_is_put_together_part_by_part_is_followed(tmp_path):
    start, rest = SQUASHED.split("W1, b1 =")
    loop = rest[rest.index("for epoch") : rest.index("print")]
    text = (
        start
        + "w = rng.normal(size=(26, 1)) * 0.5\n"
        + loop[: loop.index("    W2 -=")].replace(
            "    Z =",
            "    W1, b1 = w[:15].reshape(3, 5), w[15:20].ravel()\n"
            "    W2, b2 = w[20:25].reshape(5, 1), w[25:].ravel()\n    Z =",
        )
    )
    text += "    g = np.zeros((26, 1))\n    g[:15] = (X.T @ dZ).reshape(15, 1)\n"
    text += "    g[15:20] = dZ.sum(axis=0).reshape(5, 1)\n    g[20:25] = (H.T @ dO).reshape(5, 1)\n"
    text += "    g[25:] = dO.sum(axis=0).reshape(1, 1)\n    w = w - 0.5 * g\n"
    assert judged(tmp_path, text).together.status == "right"
    report = judged(tmp_path, text.replace("* (1 - H**2)", "* (1 - H)"))
    assert {*report.wrong} & {"compute_gradient", "relu_derivative"}


PENALTY = [("W2", "H.T @ dO"), ("b2", "dO.sum(axis=0)"), ("W1", "X.T @ dZ"), ("b1", "dZ.sum(axis=0)")]


def _with_memory(update):
    """Return the network above with decaying weights and an update that remembers."""
    text = SQUASHED.replace("for epoch", "M, V, rate = [0] * 4, [0] * 4, 0.02\nfor epoch")
    loss = "    loss = -np.mean(Y * np.log(P) + (1 - Y) * np.log(1 - P))\n"
    loss += "    loss = loss + 0.005 * (np.sum(W1**2) + np.sum(W2**2))\n"
    text = text.replace("    dO =", loss + "    dO =")
    for number, (name, gradient) in enumerate(PENALTY):
        decay = f" + 0.01 * {name}" if name[0] == "W" else ""
        text = text.replace(
            f"{name} -= 0.5 * {gradient}",
            update.format(name=name, gradient=f"({gradient}{decay})", number=number).replace("\n", "\n    "),
        )
    return text


WITH_MOMENTUM = "M[{number}] = 0.8 * M[{number}] - 0.1 * {gradient}\n{name} = {name} + M[{number}]"
WITH_ADAM = (
    "g = {gradient}\nM[{number}] = 0.9 * M[{number}] + 0.1 * g\n"
    "V[{number}] = 0.99 * V[{number}] + 0.01 * g**2\n"
    "{name} = {name} - rate * (M[{number}] / (1 - 0.9 ** (epoch + 1))) "
    "/ (np.sqrt(V[{number}] / (1 - 0.99 ** (epoch + 1))) + 1e-8)"
)


@pytest.mark.parametrize("update", [WITH_MOMENTUM, WITH_ADAM])
def test_a_decay_under_momentum_or_adam_is_that_of_the_loss(update, tmp_path):
    text = _with_memory(update)
    assert judged(tmp_path, text).together.status == "right"
    report = judged(tmp_path, text.replace("+ 0.01 * W1", "+ 0.02 * W1"))
    assert "penalty_factor" in report["compute_gradient"].causes


def test_labels_that_are_moved_on_by_one_are_one_off(tmp_path):
    report = judged(tmp_path, PROGRAM.replace("np.eye(3)[ziele]", "np.eye(3)[(ziele + 1) % 3]"))
    assert "labels_one_off" in report["one_hot"].causes
    once = PROGRAM.replace(
        "ziele = np.argmax(punkte[:, :3], axis=1)", "ziele = np.argmax(punkte[:, :3], axis=1) + 1"
    )
    assert judged(tmp_path, once.replace("np.eye(3)[ziele]", "np.eye(3)[ziele - 1]")).ok


SINGLE = """
import numpy as np

rng = np.random.default_rng(2)
X = rng.normal(size=(40, 3))
Y = np.eye(2)[(X[:, 0] * X[:, 1] > 0) * 1]
W1, b1 = rng.normal(size=(5, 3)) * 0.5, rng.normal(size=5) * 0.1
W2, b2 = rng.normal(size=(2, 5)) * 0.5, np.zeros(2)
for epoch in range(5):
    for place, row in enumerate(rng.permutation(len(X))):
        x, y = X[row], Y[row]
        h = 1 / (1 + np.exp(-(W1 @ x + b1)))
        p = 1 / (1 + np.exp(-(W2 @ h + b2)))
        error = p - y
        back = W2.T @ error * h * (1 - h)
        W2 -= 0.2 * np.outer(error, h)
        b2 -= 0.2 * error
        W1 -= 0.2 * np.outer(back, x)
        b1 -= 0.2 * back
"""


@pytest.mark.parametrize(
    ("there", "instead", "step", "cause"),
    [
        ("Y[row]", "Y[place]", "data", "shuffled_apart"),
        ("b1 -= 0.2", "b1 = 0.2", "update", "update_replaces"),
    ],
)
def test_samples_one_by_one_are_followed_as_well(there, instead, step, cause, tmp_path):
    assert judged(tmp_path, SINGLE).together.status == "right"
    assert cause in judged(tmp_path, SINGLE.replace(there, instead))[step].causes


def test_a_slope_that_equals_a_single_output_cut_off_is_no_truncation(tmp_path):
    text = SINGLE.replace("np.eye(2)[(X[:, 0] * X[:, 1] > 0) * 1]", "(X[:, :1] * X[:, 1:2] > 0) * 1.0")
    text = text.replace("(2, 5)", "(1, 5)").replace("np.zeros(2)", "np.ones(1)")
    text = text.replace("1 / (1 + np.exp(-(W2 @ h + b2)))", "np.maximum(W2 @ h + b2, 0)")
    assert judged(tmp_path, text.replace("error = p - y", "error = (p - y) * np.where(p > 0, 1, 0)")).ok


def test_means_over_a_batch_are_no_activation(tmp_path):
    text = SQUASHED.replace("np.tanh(Z)", "np.tanh(Z) - np.tanh(Z).mean(axis=0)").replace("5", "6")
    text = text.replace("(1 - H**2)", "(1 - np.tanh(Z) ** 2)")
    assert not {*judged(tmp_path, text).wrong} & {"relu_derivative", "compute_gradient"}


def test_a_loop_of_which_the_record_is_cut_may_be_a_round_short(tmp_path):
    head, tail = PROGRAM.split("for runde in range(40):\n")
    text = head + "def lerne(eins, schub, zwei, hub, epochs):\n  for runde in range(epochs):\n"
    text += (
        tail.replace("    ", "      ").replace("print(verlust)", "")
        + "lerne(eins, schub, zwei, hub, epochs=100000)\n"
    )
    assert judged(tmp_path, text).ok
    report = judged(tmp_path, text.replace("range(epochs)", "range(1, epochs)"))
    assert "train_epochs" in {cause for step in report.steps for cause in step.causes}


def test_a_recurrent_network_is_none_of_layers(tmp_path):
    text = """
import numpy as np

rng = np.random.default_rng(0)
U, W, V = rng.normal(size=(6, 3)) * 0.3, rng.normal(size=(6, 6)) * 0.3, rng.normal(size=(2, 6)) * 0.3
X, Y = rng.normal(size=(20, 3)), np.eye(2)[rng.integers(0, 2, 20)]
for epoch in range(20):
    h, states = np.zeros(6), []
    for x in X:
        h = np.tanh(W @ h + U @ x)
        states.append(h)
    H = np.array(states)
    E = np.exp(H @ V.T)
    P = E / E.sum(axis=1, keepdims=True)
    dO, back = P - Y, np.zeros(6)
    dU, dW = np.zeros_like(U), np.zeros_like(W)
    for t in range(19, -1, -1):
        dh = (V.T @ dO[t] + back) * (1 - H[t] ** 2)
        dU += np.outer(dh, X[t])
        dW += np.outer(dh, H[t - 1] if t else np.zeros(6))
        back = W.T @ dh
    V -= 0.01 * dO.T @ H
    U -= 0.01 * dU
    W -= 0.01 * dW
"""
    with pytest.raises(ValueError, match="defines none"):
        judged(tmp_path, text)


GATHERED_AND_EMPTIED = """
import numpy as np

rng = np.random.default_rng(1)
X = rng.normal(size=(400, 5))
Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
weights = {"W1": rng.normal(size=(7, 5)) * 0.5, "W2": rng.normal(size=(3, 7)) * 0.5}
weights |= {"b1": np.zeros((7, 1)), "b2": np.zeros((3, 1))}
grads = {name: np.zeros_like(value) for name, value in weights.items()}

def forward(x):
    h = np.maximum(weights["W1"] @ x + weights["b1"], 0)
    e = np.exp(weights["W2"] @ h + weights["b2"])
    return h, e / e.sum()

def backward(x, y):
    h, p = forward(x)
    delta = p - y
    grads["W2"] += delta @ h.T
    grads["b2"] += delta
    delta = weights["W2"].T @ delta * (h > 0)
    grads["W1"] += delta @ x.T
    grads["b1"] += delta
    return -np.log(p[y > 0][0])

for epoch in range(6):
    order = rng.permutation(320)
    for start in range(0, 320, 64):
        total = 0.0
        for i in order[start:start + 64]:
            total += backward(X[i].reshape(-1, 1), Y[i].reshape(-1, 1))
        for name in weights:
            weights[name] = weights[name] - 0.5 * grads[name] / 64
            grads[name].fill(0)
    tried = [np.argmax(forward(x.reshape(-1, 1))[1]) for x in X[320:]]
    good = np.sum(np.array(tried) == np.argmax(Y[320:], axis=1))
    print(total / 64, good / 80)
"""


def test_sums_of_gradients_that_are_emptied_while_nothing_is_recorded_begin_anew(tmp_path):
    assert judged(tmp_path, GATHERED_AND_EMPTIED).ok
    kept = judged(tmp_path, GATHERED_AND_EMPTIED.replace("grads[name].fill(0)", "pass"))
    assert kept.together.status == "wrong"
