"""The faults that the page puts into a network, and the checker's own words on each.

``python -m triceptron.lesson.faults`` writes them into verdicts.json beside this file; a test holds that file
against what the checker says today.
"""

import json
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from triceptron.checking import check
from triceptron.files import write_file

__all__ = ["FAULTS", "Fault", "ask_checker", "load_verdicts"]

VERDICTS = "verdicts.json"


class Fault(NamedTuple):
    """A line of someone's steps, as it should be and as it should not.

    Attributes
    ----------
    name : str
        Ours for the fault; the page's sentences and its own version of the fault go by it.
    function : str
        Where the line stands.
    right, wrong : str
        The line, or several.
    published : bool
        Whether it stands in the published code.
    """

    name: str
    function: str
    right: str
    wrong: str
    published: bool = False


FAULTS = (
    Fault("relu_in_place", "relu", "return np.maximum(Z, 0)", "Z[Z < 0] = 0\nreturn Z", published=True),
    Fault(
        "whole_maximum",
        "log_softmax",
        "S = O - np.max(O, axis=1, keepdims=True)",
        "S = O - np.max(O)",
        published=True,
    ),
    Fault("same_seed", "initialize", "rng2 = rng", "rng2 = np.random.RandomState(32)", published=True),
    Fault(
        "plain_softmax",
        "softmax",
        "E = np.exp(O - np.max(O, axis=1, keepdims=True))",
        "E = np.exp(O)",
        published=True,
    ),
    Fault("n_twice", "compute_gradient", "dW2 = H.T @ dO", "dW2 = H.T @ dO / n"),
    Fault("wrong_mask", "compute_gradient", "dZ = dH * (Z >= 0)", "dZ = dH * (H >= 0)"),
    Fault(
        "missing_minus",
        "cross_entropy",
        "return -np.mean(np.sum(Y * log_softmax(O), axis=1))",
        "return np.mean(np.sum(Y * log_softmax(O), axis=1))",
    ),
    Fault("extra_slope", "compute_gradient", "dO = (P - Y) / n", "dO = (P - Y) * P * (1 - P) / n"),
    Fault("mean_bias", "compute_gradient", "db1 = np.sum(dZ, axis=0)", "db1 = np.mean(dZ, axis=0)"),
)

_STEPS = """\
import numpy as np


def initialize(m, h, K):
    rng = np.random.RandomState(32)
    W1 = rng.normal(size=(m, h)) * 0.01
    rng2 = rng
    W2 = rng2.normal(size=(h, K)) * 0.01
    return {"W1": W1, "b1": np.zeros(h), "W2": W2, "b2": np.zeros(K)}


def linear_combination(X, W, b):
    return X @ W + b


def relu(Z):
    return np.maximum(Z, 0)


def softmax(O):
    E = np.exp(O - np.max(O, axis=1, keepdims=True))
    return E / np.sum(E, axis=1, keepdims=True)


def log_softmax(O):
    S = O - np.max(O, axis=1, keepdims=True)
    return S - np.log(np.sum(np.exp(S), axis=1, keepdims=True))


def cross_entropy(Y, O):
    return -np.mean(np.sum(Y * log_softmax(O), axis=1))


def forward(X, parameters):
    Z = linear_combination(X, parameters["W1"], parameters["b1"])
    return linear_combination(relu(Z), parameters["W2"], parameters["b2"])


def compute_gradient(Y, P, H, Z, X, parameters):
    n = len(Y)
    dO = (P - Y) / n
    dW2 = H.T @ dO
    db2 = np.sum(dO, axis=0)
    dH = dO @ parameters["W2"].T
    dZ = dH * (Z >= 0)
    dW1 = X.T @ dZ
    db1 = np.sum(dZ, axis=0)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update(parameters, gradient, learning_rate):
    for name in ("W1", "b1", "W2", "b2"):
        parameters[name] = parameters[name] - learning_rate * gradient["d" + name]
"""


def write_steps(fault: Fault) -> str:
    """Return a learner's whole file with this one fault in it."""
    return _STEPS.replace(
        f"    {fault.right}\n", "".join(f"    {line}\n" for line in fault.wrong.split("\n"))
    )


def ask_checker() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return what `triceptron check` says of each fault: language, fault, then a sentence for each step."""
    said: dict[str, dict[str, list[dict[str, Any]]]] = {"en": {}, "zh": {}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "steps.py")
        for fault in FAULTS:
            path.write_text(write_steps(fault), encoding="utf-8")
            said["en"][fault.name] = _sentences(json.loads(check(path, lang="en").to_json()))
            said["zh"][fault.name] = _sentences(json.loads(check(path, lang="zh").to_json()))
    return said


def load_verdicts() -> Any:
    """Return what the checker said when it was last asked."""
    return json.loads(files("triceptron.lesson").joinpath(VERDICTS).read_text("utf-8"))


def _sentences(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Pick the first finding of each step that is wrong, or else the first remark."""
    found, remarked = (
        [
            {"step": step["name"], "says": told[0]["text"], "cause": (told[0]["cause"] or {}).get("text", "")}
            for step in report["steps"]
            if (told := step[kind])
        ]
        for kind in ("findings", "remarks")
    )
    return found or remarked[:1]


if __name__ == "__main__":
    text = json.dumps(ask_checker(), ensure_ascii=False, indent=1)
    write_file(Path(__file__).with_name(VERDICTS), f"{text}\n".encode())
    print(f"asked the checker about {len(FAULTS)} faults", file=sys.stderr)
