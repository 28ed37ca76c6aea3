"""The known faults as formulas: if a learner's numbers are one of these, the cause has a name.

``faults.toml`` has the lesson's lines, and for each fault's code the line that stands in the place of a
right one. Run with it, they give what a step yields with that one fault, and all that lies between: the
faulty line is the first whose value is one of those. The softmax family is made of every maximum that may be
subtracted and every axis that may be summed along, and goes on through log and loss; faults of scale are
made of one table of factors.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.exercise.cases import EPOCHS, SHAPES, Case, held_out, make_case

__all__ = [
    "Fault",
    "activation_faults",
    "known_faults",
    "output_faults",
    "sigmoid_faults",
    "train_losses",
]

Fault = tuple[str, Callable[[Case], Mapping[str, Any]]]
"""A code, and what a step yields with that fault."""

_TABLES = tomllib.loads(Path(__file__).with_name("faults.toml").read_text("utf-8"))

_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(np, name) for name in (
        "abs", "argmax", "clip", "exp", "log", "max", "maximum", "mean", "minimum", "ones_like", "sum",
        "tanh", "where", "zeros_like",
    )},
    "softmax": steps.softmax,
    "top": lambda O: np.max(O, axis=1, keepdims=True),
    "total": lambda E: np.sum(E, axis=1, keepdims=True),
}  # fmt: skip


def _symbols(case: Case) -> dict[str, Any]:
    """Return what a line may use: the case's arrays by the lesson's names, and the sizes."""
    m, (h, K) = case.X.shape[1], case.parameters.W2.shape
    arrays = {name: getattr(case, name) for name in ("X", "Y", "Z", "H", "O", "P")}
    given = {**case.parameters._asdict(), **case.gradient._asdict(), "rate": case.learning_rate}
    right = {"D": (case.P - case.Y) / len(case.Y), "G": steps.relu_derivative(case.Z)}
    return {**_FUNCTIONS, **arrays, **right, **given, "n": len(case.Y), "m": m, "h": h, "K": K}


def _run(key: str, edits: Mapping[str, str]) -> Callable[[Case], Mapping[str, Any]]:
    """Make a function that runs a step's lines, some of them edited."""
    lines = dict(line.split(" = ", 1) for line in _TABLES["programs"][key])
    code = [(name, compile(edits.get(name, line), name, "eval")) for name, line in lines.items()]

    def run(case: Case | dict[str, Any]) -> Mapping[str, Any]:
        made, symbols = {}, case if isinstance(case, dict) else _symbols(case)
        with np.errstate(all="ignore"):
            for name, line in code:
                made[name] = symbols[name] = eval(line, symbols)
        return made if "L" not in made else {**made, "log P": made["L"]}

    return run


def _edited(key: str, *entries: str) -> Fault:
    """Make a fault of "code: line; line" entries; the last one that is not right gives the code."""
    parts = [entry.split(": ", 1) for entry in entries]
    edits = dict(line.split(" = ", 1) for _, lines in parts for line in lines.split("; "))
    return [code for code, _ in parts if code != "right"][-1], _run(key, edits)


def _family(key: str) -> Iterator[Fault]:
    for shift in _TABLES["family"]["shifts"]:
        for total in _TABLES["family"]["sums"]:
            right = shift.startswith("right") and total.startswith("right")
            if not right and (key == "softmax" or "not_normalised" not in total):
                yield _edited(key, shift, total)


def _listed(key: str, *, of: str = "", without: tuple[str, ...] = ()) -> Iterator[Fault]:
    for entry in _TABLES["faults"][of or key]:
        if not entry.startswith(without or "\n"):
            yield _edited(key, entry)


def _patched(key: str) -> Iterator[Fault]:
    for eps in _TABLES["faults"]["patches"]:
        yield _edited(key, f"log_of_zero_patched: L = log(E / T + {eps})")
        yield _edited(key, f"log_of_zero_patched: L = log(maximum(E / T, {eps}))")


def _scaled(key: str, table: str, line: str) -> Iterator[Fault]:
    for entry in _TABLES["factors"][table]:
        code, factor = entry.split(": ")
        yield _edited(key, f"{code}: {line} * ({factor})")


def _updates() -> Iterator[Fault]:
    for entry in _TABLES["faults"]["update"]:
        code, line = entry.split(": ")
        line = line.replace("dtheta", "d@").replace("theta", "@").replace("@", "{0}")
        yield _edited(
            "update", f"{code}: " + "; ".join(f"{p} = {line.format(p)}" for p in ("W1", "b1", "W2", "b2"))
        )


def _backwards() -> Iterator[Fault]:
    """Yield the faults of an update, and of a gradient that an update can be made with."""
    yield from _updates()
    for code, fault in known_faults("compute_gradient"):
        if not _fits(fault(make_case(SHAPES[0]))):
            continue

        def stepped(case: Case, fault: Any = fault) -> Mapping[str, Any]:
            made = fault(case)
            parameters = case.parameters._asdict().items()
            return {name: theta - case.learning_rate * made[f"d{name}"] for name, theta in parameters}

        yield code, stepped


def _fits(gradient: Mapping[str, Any]) -> bool:
    right = make_case(SHAPES[0]).gradient._asdict()
    return all(np.shape(gradient[name]) in (value.shape, ()) for name, value in right.items())


def output_faults(O: Any) -> Iterator[tuple[str, Any]]:
    """Yield what softmax, and sigmoid, make of O with one known fault."""
    for code, fault in known_faults("softmax"):
        if code == "logit_sign":
            continue  # of distances it is meant
        with suppress(ValueError):
            yield code, fault({**_FUNCTIONS, "O": O})["P"]  # type: ignore[arg-type]
    for S in (O, *(O - bound(O, axis=1, keepdims=True) for bound in (np.max, np.min))):
        yield "exp_missing", S / np.sum(S, axis=1, keepdims=True)
    yield from sigmoid_faults(O)


def activation_faults(Z: Any) -> Iterator[tuple[str, Any]]:
    """Yield what ReLU makes of Z with one known fault."""
    for code, fault in known_faults("relu"):
        yield code, fault({**_FUNCTIONS, "Z": Z, "H": np.maximum(Z, 0)})["H"]  # type: ignore[arg-type]


def sigmoid_faults(Z: Any) -> Iterator[tuple[str, Any]]:
    """Yield what sigmoid makes of Z with one known fault."""
    yield "sigmoid_sign", 1 / (1 + np.exp(Z))
    yield "sigmoid_precedence", 1 / 1 + np.exp(-Z)


@cache
def known_faults(key: str) -> list[Fault]:
    """List the known faults of a step: the code of each, and what the step yields with it."""
    if key in ("softmax", "my_softmax"):
        return [*_family("softmax"), *_listed("softmax")]
    if key == "log_softmax":
        return [*_family(key), *_patched(key), *_listed(key)]
    if key == "cross_entropy":
        scaled = _scaled(key, "loss", "loss = -sum(Y * L) / n")
        through = _listed(key, of="log_softmax", without=("loss_", "log_missing"))
        return [*scaled, *_family(key), *_patched(key), *through, *_listed(key)]
    if key == "compute_gradient":
        return [*_scaled(key, "gradient", "dO = D"), *_listed(key)]
    if key in ("update", "backward"):
        return [*(_updates() if key == "update" else _backwards())]
    if key == "train":
        return [*_trainings()]
    return [*_listed(key)] if key in _TABLES["faults"] else []


# --- the whole training ---


def train_losses(
    case: Case,
    *,
    sign: float = 1.0,
    first: int = 0,
    epochs: int = EPOCHS,
    on: str = "train",
    output: Callable[[Any], Any] = steps.softmax,
    measured: Callable[[Any], Any] = lambda O: O,
    slope: Callable[[Any], Any] = lambda Z: Z,
) -> dict[str, Any]:
    """Train by the lesson, or with one fault.

    `sign` -1 walks uphill, 0 stands still; `first` updates come before the first loss is recorded; `on` is
    the part learned from; `output` makes y_pred of O, `measured` what the loss is taken of; `slope` what is
    handed on as Z.
    """
    parameters, test = case.parameters, held_out(case)
    X, Y = (case.X, case.Y) if on == "train" else (test.X, test.Y)
    losses: dict[str, list[float]] = {"training losses": [], "testing losses": []}
    for epoch in range(first + epochs):
        if epoch >= first:
            for part, seen in zip(losses, (case, test), strict=True):
                O = measured(steps.forward(seen.X, parameters).O)
                losses[part].append(float(steps.cross_entropy(seen.Y, O)))
        Z, H, O = steps.forward(X, parameters)
        gradient = steps.compute_gradient(Y, output(O), H, slope(Z), X, parameters)
        parameters = steps.update(parameters, gradient, sign * case.learning_rate)
    return {part: np.array(values) for part, values in losses.items()}


_TRAININGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("update_nothing", {"sign": 0}),
    ("update_sign", {"sign": -1}),
    ("train_epochs", {"epochs": EPOCHS - 1}),
    ("train_epochs", {"epochs": EPOCHS + 1}),
    ("train_on_test", {"on": "test"}),
    ("softmax_missing", {"output": lambda O: O}),
    ("softmax_twice", {"measured": steps.softmax}),
    ("softmax_twice", {"output": lambda O: steps.softmax(steps.softmax(O))}),
    ("H_for_Z", {"slope": np.ones_like}),
)


def _trainings() -> Iterator[Fault]:
    for code, options in _TRAININGS:
        yield code, lambda case, options=options: train_losses(case, **options)  # type: ignore[misc]
    for code, parts in (("train_repeated", (0, 0)), ("train_swapped", (1, 0))):

        def relabelled(case: Case, parts: tuple[int, int] = parts) -> Mapping[str, Any]:
            right = train_losses(case)
            return dict(zip(right, ([*right.values()][part] for part in parts), strict=True))

        yield code, relabelled
