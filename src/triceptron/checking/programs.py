"""Anyone's program: what its parts want, found by names and by trying; its gradient held against calculus.

The parts of a program are driven as their author would: initialize, forward, loss, gradient, update, train,
or an object with such methods. Names tell what an argument is (``names.toml``); samples in rows or columns,
the form of the labels, the activations and the loss are found by trying small data. Whatever comes out that
is shaped like the parameters, returned or written, is explained by ``network``.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from triceptron.checking.executor import Foreign
from triceptron.checking.network import (
    HIDDEN,
    Explanation,
    Layers,
    Model,
    explain,
    forward_fault,
    hold,
    models,
)
from triceptron.checking.process import LostError, Process
from triceptron.checking.steps_table import plain

__all__ = ["Found", "examine_program", "role_of"]

_NAMES = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
_RATE = 0.05
_SIZES = ("m", "h", "K", "sizes")


@cache
def role_of(name: str) -> str:
    """Tell which step a function of that name is, its class's before it or not; empty if it is none."""
    own = plain(name.rpartition(".")[2])
    return next((role for role, names in _NAMES["roles"].items() if _fits(names, own)), "")


def _fits(names: Sequence[str], name: str) -> Any:
    return next((match for match in (re.fullmatch(pattern, name) for pattern in names) if match), None)


@cache
def quantity(name: str, sizes: bool) -> str:
    """Tell what an argument of that name is, such as "X", "W1" or "learning_rate"; empty if unknown."""
    name = plain(name)
    table = _NAMES["arguments"]
    rest = [key for key in table if key not in _SIZES]
    order = ["activation", *_SIZES, *rest] if sizes and name not in ("x", "y") else [*rest, *_SIZES]
    for key in order:
        match = _fits(table[key], name)
        if match:
            number = next((group for group in match.groups() if group and group.isdigit()), "")
            return f"{key}{number}" if key in ("W", "b", "dW", "db", "Z", "A") else key
    return ""


# --- values in someone's convention ---

Leaf = tuple[tuple[Any, ...], Any]
"""Where a number or an array stands in a value, and itself."""


def leaves(value: Any, path: tuple[Any, ...] = (), depth: int = 0) -> list[Leaf]:
    """List the arrays and numbers in a value."""
    if isinstance(value, Foreign):
        value = value.attributes or {}
    if isinstance(value, np.ndarray | float) or (isinstance(value, int) and not isinstance(value, bool)):
        return [(path, np.asarray(value))]
    entries: Any = value.items() if isinstance(value, dict) else ()
    entries = enumerate(value) if isinstance(value, list | tuple) else entries
    return [leaf for key, entry in entries if depth < 6 for leaf in leaves(entry, (*path, key), depth + 1)]


def _with(value: Any, new: Mapping[tuple[Any, ...], Any], path: tuple[Any, ...] = ()) -> Any:
    """Copy a value with other arrays at some places."""
    if path in new:
        return new[path]
    if isinstance(value, dict):
        return {key: _with(entry, new, (*path, key)) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        entries = [_with(entry, new, (*path, position)) for position, entry in enumerate(value)]
        return entries if isinstance(value, list) else tuple(entries)
    return value


def _kind(path: tuple[Any, ...]) -> tuple[str, str]:
    """Tell from a path whether it names a weight or a bias, and of which layer."""
    for word in reversed([plain(str(part)) for part in path if isinstance(part, str)]):
        for letter, key in (
            ("W", "W"),
            ("b", "b"),
            ("W", "weights"),
            ("b", "biases"),
            ("W", "dW"),
            ("b", "db"),
        ):
            match = _fits(_NAMES["arguments"][key], word)
            if match:
                return letter, next((group for group in match.groups() if group), "")
        for key in ("W1", "W2", "b1", "b2"):
            if _fits(_NAMES["arguments"][key], word):
                return key[0], key[1]
    return "", ""


@dataclass(frozen=True)
class Container:
    """Parameters as someone keeps them: a value, and where in it W and b of each layer stand."""

    value: Any
    places: tuple[tuple[tuple[Any, ...], tuple[Any, ...] | None], ...]
    columns: bool

    def shape(self, path: tuple[Any, ...]) -> tuple[int, ...]:
        """Return the shape of what stands at a place."""
        return next(np.shape(array) for where, array in leaves(self.value) if where == path)

    def sizes(self) -> list[int]:
        """Return m, h, …, K."""
        shapes = [self.shape(W) for W, _ in self.places]
        return [shapes[0][self.columns], *(shape[not self.columns] for shape in shapes)]

    def arrays(self, layers: Layers) -> dict[tuple[Any, ...], Any]:
        """Return the arrays that stand at the places for these layers."""
        new: dict[tuple[Any, ...], Any] = {}
        for (W, b), (at_W, at_b) in zip(layers, self.places, strict=True):
            new[at_W] = np.array(W.T if self.columns else W)
            if at_b is not None:
                new[at_b] = np.reshape(b, self.shape(at_b))
        return new

    def layers_in(self, value: Any) -> Layers:
        """Read the layers from a value that is kept in the same way."""
        found = dict(leaves(value))
        return [
            (_turned(found[W], self.columns), None if b is None else np.ravel(found[b]))
            for W, b in self.places
        ]


def _turned(array: Any, columns: bool) -> Any:
    return np.array(array, np.float64).T if columns else np.array(array, np.float64)


def containers(value: Any) -> Iterator[Container]:
    """Find W and b of consecutive layers in a value: by names where they tell, else by shapes that fit."""
    found = [
        (path, array) for path, array in leaves(value) if array.ndim in (1, 2) and array.dtype.kind == "f"
    ]
    kinds = {path: _kind(path) for path, _ in found}
    weights = [leaf for leaf in found if kinds[leaf[0]][0] == "W" and leaf[1].ndim == 2]
    named = len(weights) >= 1
    if not named:
        weights = [(path, array) for path, array in found if array.ndim == 2 and min(array.shape) > 1]
        weights = weights or [(path, array) for path, array in found if array.ndim == 2]
    others = [leaf for leaf in found if all(leaf is not weight for weight in weights)]
    numbers = [kinds[path][1] for path, _ in weights]
    if named and all(numbers) and len(set(numbers)) == len(numbers):
        weights.sort(key=lambda leaf: int(kinds[leaf[0]][1]))
    for columns in (True, False):
        shapes = [array.shape for _, array in weights]
        fit = [first[not columns] == second[columns] for first, second in pairwise(shapes)]
        if not weights or not all(fit):
            continue
        places, left = [], list(others)
        for path, array in weights:
            width = array.shape[not columns]
            biases = [
                leaf
                for leaf in left
                if leaf[1].size == width and 1 in (*leaf[1].shape, 1 if leaf[1].ndim == 1 else 0)
            ]
            exact = [leaf for leaf in biases if kinds[leaf[0]] == ("b", kinds[path][1]) and kinds[path][1]]
            near = [leaf for leaf in biases if leaf[0][:-1] == path[:-1] and kinds[leaf[0]][0] == "b"]
            biases = exact or (near if not kinds[path][1] else []) or biases
            biases = [
                leaf for leaf in biases if columns != (leaf[1].ndim == 2 and leaf[1].shape[0] == 1 != width)
            ] or biases
            if biases:
                left = [leaf for leaf in left if leaf is not biases[0]]
            places.append((path, biases[0][0] if biases else None))
        yield Container(value, tuple(places), columns)


def random_layers(sizes: Sequence[int], biased: Sequence[bool], seed: int = 0) -> Layers:
    """Draw parameters: none is zero, none is large."""
    rng = np.random.default_rng([seed, *sizes])
    return [
        (rng.normal(size=(a, b)) / np.sqrt(a), 0.3 * rng.normal(size=b) if has else None)
        for a, b, has in zip(sizes, sizes[1:], biased, strict=False)
    ]


@dataclass(frozen=True)
class Data:
    """Small data, rows being samples: X (n, m), codes y (n,), truth Y (n, K)."""

    X: Any
    y: Any
    Y: Any

    @classmethod
    def draw(cls, n: int, m: int, K: int, seed: int = 0) -> "Data":
        """Draw data with every class, the last one too; with K = 1 the truth is 0 or 1."""
        rng = np.random.default_rng([seed, n, m, K])
        y = rng.permutation(np.arange(n) % max(K, 2))
        if n == 1:
            y = np.array([max(K, 2) - 1])
        Y = (y[:, None] == np.arange(K)) * 1.0 if K > 1 else y[:, None] * 1.0
        return cls(rng.uniform(0.1, 1.0, size=(n, m)), y, Y)

    def labels(self, columns: bool) -> Iterator[tuple[str, Any]]:
        """Yield the truth in the forms that it is given in."""
        yield "one-hot", np.array(self.Y.T if columns else self.Y)
        yield "codes", np.array(self.y)
        if self.Y.shape[1] > 1:
            yield "codes", np.array(self.y[None, :] if columns else self.y[:, None])
            yield "one-hot", np.array(self.Y if columns else self.Y.T)


# --- what is found ---


@dataclass
class Found:
    """What became of a program."""

    roles: dict[str, str] = field(default_factory=dict)
    explanation: Explanation | None = None
    status: dict[str, str] = field(default_factory=dict)
    convention: dict[str, str] = field(default_factory=dict)
    by: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    setting: Any = None
    raw: Any = None
    gradient: dict[str, Any] = field(default_factory=dict)
    right: dict[str, Any] = field(default_factory=dict)

    @property
    def quality(self) -> tuple[int, int]:
        """How good an outcome is: right, wrong with a cause, wrong, nothing."""
        if self.explanation is None:
            return (1, -9) if self.codes else (0, len(self.status))
        wrong = len(self.explanation.wrong)
        return (3 if not wrong else 2 if self.explanation.code else 1, -wrong)


class FailedError(Exception):
    """A call that does not work in this convention."""


_CALLS, _SECONDS = 300, 6.0
"""Calls, and seconds, after which no other way is tried."""

_HELPERS: Mapping[str, Any] = {
    "sigmoid": HIDDEN["sigmoid"][0], "relu": HIDDEN["ReLU"][0], "ReLU": HIDDEN["ReLU"][0], "tanh": np.tanh,
    "softmax": lambda Z: np.exp(Z - Z.max(axis=0)) / np.exp(Z - Z.max(axis=0)).sum(axis=0),
}  # fmt: skip


def _help(wanted: str, arguments: list[Any]) -> dict[str, Any]:
    return {"value": _HELPERS[wanted](arguments[0])} if wanted in _HELPERS else {"error": "no such step"}


@dataclass
class Program:
    """Someone's functions and classes, and calls of them in a child of their process."""

    process: Process
    functions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    classes: list[dict[str, Any]] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    stand_ins: dict[str, Any] = field(default_factory=dict)
    started: dict[str, Any] = field(default_factory=dict)
    calls: int = 0
    until: float = 0.0

    def call(
        self, entry: Mapping[str, Any], env: Mapping[str, Any], of: Any = None, **more: Any
    ) -> Mapping[str, Any]:
        """Call a function with what its arguments' names ask for."""
        arguments, keywords = bind(entry["arguments"], env, entry.get("sizes", False))
        request = {"name": entry["name"], "arguments": arguments, "keywords": keywords, **more}
        if of is not None:
            request["of"] = of
        given, stand_ins = (
            {name: env[key] for name, key in self.given.items() if key in env},
            dict(self.stand_ins),
        )
        while True:
            self.calls += 1
            if self.calls > _CALLS or monotonic() > self.until:
                raise FailedError("enough")
            outcome = self.process.call({**request, "globals": given, "stand_ins": stand_ins}, _help)
            error = outcome.get("error")
            if error is None:
                return outcome
            name = error["name"] if error["type"] == "NameError" else ""
            key = (
                "samples"
                if plain(name) in ("m", "n", "msamples", "nsamples", "mtrain")
                else quantity(name, False)
            )
            if name and name not in given and key in env:  # a global of a cell that was not run
                given[name], self.given[name] = env[key], key
            elif name in _HELPERS and name not in stand_ins:  # from a module that is not here
                stand_ins[name] = self.stand_ins[name] = (name, False)
            else:
                raise FailedError(f"{entry['name']}: {error['type']}: {error['text']}")

    def own_gradient(
        self, setting: "Setting", forward: Mapping[str, Any], loss: Mapping[str, Any]
    ) -> Layers | None:
        """Differentiate the program's own loss by every parameter; None where it gives no number."""

        def value(layers: Layers) -> float:
            at = replace(setting, layers=layers)
            passed = self.call(forward, at.environment())["value"]
            outputs = [array for _, array in leaves(passed) if array.shape == np.shape(setting.given)]
            env = {**at.environment(), "P": outputs[-1], f"A{len(layers)}": outputs[-1], "cache": passed}
            numbers = [array for _, array in leaves(self.call(loss, env)["value"]) if array.size == 1]
            return float(np.ravel(numbers[0])[0])

        if sum(W.size for W, _ in setting.layers) > 100:
            return None
        self.calls -= 400
        try:
            return [
                tuple(_slopes(value, setting.layers, number, part) for part in (0, 1))
                for number in range(len(setting.layers))
            ]
        except (FailedError, LookupError, ValueError, TypeError):
            return None

    def run(self, code: str, names: list[str], new: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Run statements among the program's globals, some of them set anew; return those of some names."""
        request = {"code": code, "name": "", "arguments": [], "globals": dict(new or {}), "names": names}
        outcome = self.process.call(request, _help)
        if outcome.get("error") is not None:
            raise FailedError(str(outcome["error"]["text"]))
        seen: Mapping[str, Any] = outcome["seen"]
        return seen


def _slopes(value: Callable[[Layers], float], layers: Layers, number: int, part: int) -> Any:
    """Differentiate by one W or b: central differences."""
    theta = layers[number][part]
    if theta is None:
        return None
    slopes = np.empty_like(theta)
    for index in np.ndindex(theta.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = theta.copy()
            moved[index] += step
            pair = (moved, layers[number][1]) if part == 0 else (layers[number][0], moved)
            ends.append(value([*layers[:number], pair, *layers[number + 1 :]]))
        slopes[index] = (ends[0] - ends[1]) / 2e-6
    return slopes


def bind(arguments: Any, env: Mapping[str, Any], sizes: bool) -> tuple[list[Any], dict[str, Any]]:
    """Choose what a function is called with, by its arguments' names; what it can do without is left out."""
    if arguments is None:
        raise FailedError("no signature")
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    unknown: list[int] = []
    used: set[str] = set()
    for name, kind, optional in arguments:
        if kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
            continue
        key = quantity(name, sizes)
        if key in used and key in ("X", "P") and "Y" in env and "Y" not in used:
            key = "Y"
        if key in env and not (
            optional
            and key
            not in (
                "learning_rate",
                "epochs",
                "batch_size",
                "X",
                "Y",
                "verbose",
                "lambda",
                "keep",
                "dropout",
                *_SIZES,
            )
        ):
            used.add(key)
            if kind == "KEYWORD_ONLY" or (optional and len(keywords) + len(unknown) >= 0 and optional):
                keywords[name] = env[key]
            else:
                positional.append(env[key])
        elif not optional:
            unknown.append(len(positional))
            positional.append(None)
    spare = [key for key in ("X", "Y") if key in env and key not in used and not sizes]
    if len(unknown) > len(spare):
        raise FailedError("arguments of unknown meaning")
    for position, key in zip(unknown, spare, strict=False):
        positional[position] = env[key]
    return positional, keywords


# --- one way of calling it all ---


@dataclass
class Setting:
    """Small data and parameters, in one convention."""

    container: Container
    layers: Layers
    data: Data
    labels: str = "codes"
    truth: Any = None
    vector: bool = False
    known: list[Model] = field(default_factory=list)
    P: Any = None
    given: Any = None

    def environment(self) -> dict[str, Any]:
        """Return what the arguments of functions may ask for, by quantity."""
        columns, n = self.container.columns, len(self.data.X)
        new = self.container.arrays(self.layers)
        X = self.data.X.T if columns else self.data.X
        truth = np.squeeze(self.truth) if self.vector and self.labels == "one-hot" else self.truth
        env: dict[str, Any] = {
            "X": np.squeeze(X) if self.vector else np.array(X), "Y": truth, "XY": [(X, self.truth)],
            "parameters": _with(self.container.value, new), "learning_rate": _RATE, "epochs": 1,
            "batch_size": n, "verbose": False, "lambda": 0.0, "keep": 1.0, "mask": None, "dropout": 0.0,
            "samples": n, "testX": np.array(X), "testY": truth, **dict(zip(("m", "h"),
            self.container.sizes(), strict=False)), "K": self.container.sizes()[-1], "sizes":
            self.container.sizes(),
        }  # fmt: skip
        for number, (W, b) in enumerate(self.container.places, 1):
            env[f"W{number}"] = new[W]
            if b is not None:
                env[f"b{number}"] = new[b]
        env["weights"] = [new[W] for W, _ in self.container.places]
        env["biases"] = [new[b] for _, b in self.container.places if b is not None]
        return env

    def with_labels(self) -> Iterator["Setting"]:
        """Yield the same with the labels in every form."""
        seen: list[Any] = []
        for labels, truth in self.data.labels(self.container.columns):
            if not any(np.array_equal(truth, other) for other in seen):
                seen.append(truth)
                yield replace(self, labels=labels, truth=truth)

    def rows(self, array: Any) -> Any:
        """Turn an array of theirs so that rows are samples; None where it has another shape."""
        n, K = self.data.Y.shape
        array = np.asarray(array, np.float64)
        wanted = (K, n) if self.container.columns else (n, K)
        if array.shape != wanted:
            return array.reshape(n, K) if array.size == K * n and 1 in (n, K) else None
        return array.T if self.container.columns else array

    def see_output(self, values: Sequence[Any]) -> bool:
        """Look for the network's output among arrays, and for the kinds of network that put it out."""
        self.known = []
        for array in values:
            P = self.rows(array) if np.size(array) == np.size(self.data.Y) else None
            found = [] if P is None else list(models(self.data.X, self.layers, P))
            if found and (not self.known or self.known[0].output == "identity"):
                self.P, self.known, self.given = P, found, array
        return bool(self.known)

    def fault_of_output(self, values: Sequence[Any]) -> str:
        """Tell by which known fault the way forward gives what it gives; empty if by none."""
        for array in values[-1:]:
            P = self.rows(array) if np.size(array) == np.size(self.data.Y) else None
            code = forward_fault(self.data.X, self.layers, P) if P is not None else ""
            if code:
                return code
        return ""

    def between(self) -> dict[str, Any]:
        """Return Z and A of every layer in their convention, and P."""
        Zs, As = self.known[0].forward(self.data.X, self.layers)
        turned: dict[str, Any] = {"P": self.given}
        for number, (Z, A) in enumerate(zip(Zs, As, strict=True), 1):
            both = [np.array(array.T if self.container.columns else array) for array in (Z, A)]
            turned[f"Z{number}"], turned[f"A{number}"] = map(np.squeeze, both) if self.vector else both
        return {**turned, "Z": turned["Z1"], "A": turned["A1"]} if len(Zs) == 2 else turned

    def read_gradient(self, value: Any) -> Layers | None:
        """Find in a value what is shaped like the parameters, a bias summed to one number included."""
        left = [leaf for leaf in leaves(value) if leaf[1].dtype.kind in "fi"]
        found: list[tuple[Any, Any]] = []
        columns = self.container.columns
        for number, (W, b) in enumerate(self.container.places, 1):
            at = _take(left, number, "W", lambda array, W=W: array.shape == self.container.shape(W))
            if at is None:
                return None
            bias = None
            if b is not None:
                width = int(np.prod(self.container.shape(b)))
                bias = _take(
                    left,
                    number,
                    "b",
                    lambda array, w=width: array.size == w and max(array.shape, default=0) == w,
                )
                bias = bias if bias is not None else _take(left, number, "b", lambda array: array.size == 1)
                if bias is None:
                    return None
                bias = np.ravel(bias) if np.size(bias) == width else np.reshape(bias, ())
            found.append((_turned(at, columns), bias))
        return found

    def explain(self, gradient: Layers | None, rate: float = 0.0) -> Explanation | None:
        """Hold a gradient against calculus."""
        if gradient is None or all(np.abs(W).max() < 1e-12 for W, _ in gradient):
            return None
        return explain(self.data.X, self.data.Y, self.layers, gradient, self.P, self.known, rate)


def _take(left: list[Leaf], number: int, letter: str, test: Any) -> Any:
    """Take the array of a layer out of a list: the one named so, else the first that fits."""
    fitting = [leaf for leaf in left if test(leaf[1])]
    named = [leaf for leaf in fitting if _kind(leaf[0]) == (letter, str(number))]
    unnamed = [leaf for leaf in fitting if _kind(leaf[0])[0] in ("", letter)]
    if not named and not unnamed:
        return None
    chosen = (named or unnamed)[0]
    left[:] = [leaf for leaf in left if leaf is not chosen]
    return chosen[1]


def settings(container: Container, columns_known: bool = False) -> Iterator[Setting]:
    """Yield data and labels in every form, for parameters kept in a container."""
    sizes = container.sizes()
    layers = random_layers(sizes, [b is not None for _, b in container.places])
    for n, vector in ((max(6, sizes[-1] + 2), False), (1, False), (1, True)):
        data = Data.draw(n, sizes[0], sizes[-1])
        yield Setting(container, layers, data, "codes", data.y, vector)


Drive = Callable[[Program], Iterator[Found]]
"""A way to get a program to show a gradient."""

_SMALL: tuple[dict[str, Any], ...] = (
    {"m": 4, "h": 5, "K": 3, "sizes": [4, 5, 3], "activation": "relu"},
    {"m": 4, "h": 5, "K": 1, "sizes": [4, 5, 1], "activation": "sigmoid"},
    {"m": 4, "h": [5], "K": 3, "sizes": [4, 5, 6, 3], "activation": ["relu", "softmax"]},
    {"m": 4, "h": 5, "K": 10, "sizes": [4, 5, 10], "activation": "tanh"},
)


def _construction(columns: bool, sizes: Mapping[str, Any]) -> dict[str, Any]:
    data = Data.draw(6, sizes["m"], sizes["K"])
    X, Y = (data.X.T, data.Y.T) if columns else (data.X, data.Y)
    return {
        **sizes,
        "X": X,
        "Y": Y,
        "learning_rate": _RATE,
        "epochs": 1,
        "batch_size": 6,
        "verbose": False,
        "samples": 6,
    }


def _starts(program: Program) -> Iterator[Container]:
    """Yield parameters as the program's own initialize keeps them; else as most keep them."""
    seen = False
    for entry in program.functions.get("initialize", []):
        for sizes in _SMALL:
            for columns in (True, False):
                try:
                    value = program.call({**entry, "sizes": True}, _construction(columns, sizes))["value"]
                    program.started.setdefault(entry["name"], value)
                except FailedError:
                    continue
                for container in containers(value):
                    seen = True
                    yield container
    if not seen:
        for widths in ([4, 5, 3], [4, 5, 1], [4, 5, 6, 3], [2, 5, 2], [4, 5, 10]):
            for columns, shape in ((True, (-1, 1)), (False, (1, -1)), (False, (-1,))):
                value = {}
                for number, (a, b) in enumerate(pairwise(widths), 1):
                    value[f"W{number}"] = np.ones((b, a) if columns else (a, b))
                    value[f"b{number}"] = np.ones(b).reshape(shape)
                for kept in (value, tuple(value.values())):
                    yield from (found for found in containers(kept) if found.columns == columns)


def _hold_against_own_loss(program: Program, found: Found, forward: Mapping[str, Any]) -> None:
    """Hold a gradient that no usual network has against central differences of the program's own loss."""
    setting, gradient = found.setting, found.setting.read_gradient(found.raw)
    for entry in program.functions.get("cross_entropy", []) if gradient is not None else ():
        own = program.own_gradient(setting, forward, entry)
        if own is None:
            continue
        model = Model(setting.known[0].hidden, setting.known[0].output, "its own loss")
        found.explanation = hold(model, own, gradient, setting.layers, len(setting.data.X))
        found.status["compute_gradient"] = "wrong" if found.explanation.wrong else "right"
        _note_parts(found, own, gradient)
        _describe(found, setting)
        return


def _note_parts(found: Found, right: Layers, gradient: Layers) -> None:
    factor = found.explanation.factor if found.explanation is not None else 1.0
    for number, ((W, b), (dW, db)) in enumerate(zip(right, gradient, strict=True), 1):
        found.right |= {f"dW{number}": W * factor, f"db{number}": None if b is None else b * factor}
        found.gradient |= {f"dW{number}": dW, f"db{number}": db}


def _cache_of(value: Any) -> Any:
    """Return what a forward pass hands on besides its output."""
    if isinstance(value, tuple | list):
        kept = [entry for entry in value if isinstance(entry, dict | tuple | list)]
        return kept[0] if kept else tuple(value)
    return value


def drive_functions(program: Program) -> Iterator[Found]:
    """Drive functions: forward, then the gradient."""
    forwards, gradients = program.functions.get("forward", []), program.functions.get("compute_gradient", [])
    for container in _starts(program):
        seen = held = False
        for setting in settings(container):
            for forward in forwards:
                found = Found({"forward": forward["name"]})
                try:
                    value = program.call(forward, setting.environment())["value"]
                except FailedError:
                    continue
                outputs = [array for _, array in leaves(value)]
                if not setting.see_output(outputs):
                    code = setting.fault_of_output(outputs) if len(setting.data.X) > 1 else ""
                    if code:
                        _describe(found, setting)
                        yield replace(
                            found, status={"forward": "wrong"}, codes={"forward": code}, by="forward"
                        )
                    continue
                seen = True
                found.status["forward"], found.setting = "right", setting
                _describe(found, setting)
                yield found
                for labelled, entry in product(setting.with_labels(), gradients):
                    env = {**labelled.environment(), **labelled.between(), "cache": _cache_of(value)}
                    try:
                        value_of = program.call(entry, env)["value"]
                    except FailedError:
                        continue
                    each = judged(found, labelled, "compute_gradient", entry, value_of)
                    each.setting, each.raw = labelled, value_of
                    if each.explanation is None and len(labelled.data.X) > 1:
                        _hold_against_own_loss(program, each, forward)
                    held = held or each.explanation is not None
                    yield each
            if held:
                return
        if seen:
            return


def judged(
    found: Found, setting: Setting, key: str, entry: Mapping[str, Any], value: Any, rate: float = 0.0
) -> Found:
    """Say what a gradient in a value is like."""
    try:
        gradient = setting.read_gradient(value)
    except (ValueError, TypeError, LookupError):
        raise FailedError("other shapes") from None
    found = replace(found, roles={**found.roles, key: entry["name"]}, status=dict(found.status), by=key)
    found.convention = dict(found.convention)
    found.explanation = setting.explain(gradient, rate)
    if found.explanation is not None and gradient is not None:
        found.status[key] = "wrong" if found.explanation.wrong else "right"
        with np.errstate(all="ignore"):
            right = found.explanation.model.gradient(setting.data.X, setting.data.Y, setting.layers)
        _note_parts(found, right, gradient)
        _describe(found, setting)
    else:
        found.status[key] = "other"
    return found


def _describe(found: Found, setting: Setting) -> None:
    """Note the ways of a program: layout, labels, network."""
    found.convention["layout"] = "columns" if setting.container.columns else "rows"
    found.convention["labels"] = setting.labels
    if len(setting.data.X) == 1:
        found.convention["single"] = "yes"
    model = found.explanation.model if found.explanation else setting.known[0] if setting.known else None
    if model is not None:
        found.convention |= {"hidden": model.hidden, "output": model.output, "loss": model.loss}
    if found.explanation and found.explanation.penalty:
        found.convention["penalty"] = "L2"


def stepped(setting: Setting, before: Layers, after: Layers) -> Layers:
    return [
        ((W - V) / _RATE, None if b is None or c is None else (b - c) / _RATE)
        for (W, b), (V, c) in zip(before, after, strict=True)
    ]


def drive_training(program: Program) -> Iterator[Found]:
    """Drive a function that trains: one epoch, from parameters that are handed in or that it draws itself."""
    entries = program.functions.get("train", []) + program.functions.get("compute_gradient", [])
    for entry in entries if len(entries) < 6 else ():
        for container in _starts(program):
            for setting in (labelled for one in settings(container) for labelled in one.with_labels()):
                env = setting.environment()
                taken = {quantity(name, False) for name, *_ in entry["arguments"] or []}
                inside = not taken & {"parameters", "W1", "weights"}
                try:
                    if inside:  # it draws them itself: no epoch leaves them as they are, from the same seed
                        setting.layers = _drawn(program, entry, env, container)
                    outcome = program.call(entry, env)
                    for value in (outcome["value"], list(outcome["after"])):
                        for other in containers(value):
                            same = [other.shape(W) for W, _ in other.places] == [
                                container.shape(W) for W, _ in container.places
                            ]
                            if (
                                same
                                and other.columns == container.columns
                                and len(other.arrays(setting.layers)) == len(container.arrays(setting.layers))
                            ):
                                gradient = stepped(setting, setting.layers, other.layers_in(value))
                                found = judged(
                                    Found(), setting, "train", entry, as_value(setting, gradient), _RATE
                                )
                                yield downhill(found)
                except FailedError:
                    continue


def _drawn(
    program: Program, entry: Mapping[str, Any], env: Mapping[str, Any], container: Container
) -> Layers:
    with suppress(FailedError):
        for value in containers(program.call(entry, {**env, "epochs": 0})["value"]):
            if value.columns == container.columns and value.sizes() == container.sizes():
                return value.layers_in(value.value)
    return container.layers_in(container.value)


def as_value(setting: Setting, gradient: Layers) -> Any:
    """Write a gradient as someone's parameters are kept, to be read like any other."""
    found = {}
    for number, (W, b) in enumerate(gradient, 1):
        found[f"W{number}"] = W.T if setting.container.columns else W
        if b is not None:
            found[f"b{number}"] = b
    return found


def downhill(found: Found) -> Found:
    """Tell a step uphill: what parameters have changed by must have the loss's own sign."""
    explained = found.explanation
    if explained is not None and explained.factor < 0 and not explained.wrong:
        found.explanation = replace(explained, wrong=tuple(found.gradient), code="update_sign")
        found.status[found.by] = "wrong"
    return found


def drive_object(program: Program) -> Iterator[Found]:
    """Drive a class: an object with parameters of its own, forward, then gradient, or training."""
    for of in program.classes:
        methods: dict[str, list[dict[str, Any]]] = {}
        for name, arguments in of["methods"].items():
            methods.setdefault(role_of(name), []).append({"name": name, "arguments": arguments})
        for sizes in _SMALL:
            for columns in (True, False):
                try:
                    made = program.call({**of, "sizes": True}, _construction(columns, sizes))["value"]
                except FailedError:
                    continue
                for container in containers(made):
                    for one in settings(container):
                        yield from _drive_methods(program, of, made, methods, one)
                break


def _drive_methods(
    program: Program, of: Mapping[str, Any], made: Foreign, methods: Mapping[str, Any], setting: Setting
) -> Iterator[Found]:
    places = list(setting.container.arrays(setting.layers).items())
    fresh: dict[str, Any] = {"set": [[list(path), array] for path, array in places], "look": True}
    env = setting.environment()
    held = {name: quantity(name, False) for name in made.attributes if isinstance(name, str)}
    fresh["set"] += [[[name], env["X"]] for name, key in held.items() if key == "X"]
    for forward in methods.get("forward", []) or [None]:
        found, forwarded = Found(), None
        setting.known, setting.P = [], None
        if forward is not None:
            try:
                outcome = program.call(forward, setting.environment(), made, **fresh)
            except FailedError:
                continue
            seen = [array for _, array in leaves(outcome["seen"])]
            outputs = [array for _, array in leaves(outcome["value"])]
            if not setting.see_output(outputs + seen) and len(setting.data.X) > 1:
                code = setting.fault_of_output(outputs)
                if code:
                    name = f"{of['name']}.{forward['name']}"
                    yield Found(
                        {"forward": name}, None, {"forward": "wrong"}, {}, "forward", {"forward": code}
                    )
            if setting.known:
                found.roles["forward"], found.status["forward"] = f"{of['name']}.{forward['name']}", "right"
                _describe(found, setting)
                yield found
                forwarded = outcome["value"]
        for key in ("compute_gradient", "train", "cross_entropy"):  # a loss may return its gradient as well
            for labelled, entry in product(setting.with_labels(), methods.get(key, [])):
                env = labelled.environment()
                own = [[[name], env["Y"]] for name, key in held.items() if key == "Y"]
                if labelled.known:
                    env |= {**labelled.between(), "cache": _cache_of(forwarded)}
                named = {**entry, "label": f"{of['name']}.{entry['name']}"}
                try:
                    if forward is not None and key == "compute_gradient":
                        program.call(forward, labelled.environment(), made, **fresh)
                        outcome = program.call(entry, env, made, look=True, set=own)
                    else:
                        outcome = program.call(entry, env, made, look=True, set=fresh["set"] + own)
                except FailedError:
                    continue
                with suppress(FailedError):
                    yield from _seen_gradients(found, labelled, key, named, outcome, dict(places))


def _seen_gradients(
    found: Found,
    setting: Setting,
    key: str,
    entry: Mapping[str, Any],
    outcome: Mapping[str, Any],
    places: Any,
) -> Iterator[Found]:
    """Look for a gradient in what a method returned, has changed the parameters by, or keeps beside them."""
    entry = {"name": entry["label"]}
    yield judged(found, setting, key, entry, outcome["value"])
    seen = dict(leaves(outcome["seen"]))
    if all(path in seen and np.shape(seen[path]) == np.shape(array) for path, array in places.items()):
        after = setting.container.layers_in(outcome["seen"])
        gradient = stepped(setting, setting.layers, after)
        if any(np.abs(W).max() > 1e-12 for W, _ in gradient):
            yield downhill(judged(found, setting, key, entry, as_value(setting, gradient), _RATE))
    rest = {path: array for path, array in seen.items() if path not in places}
    yield judged(
        found, setting, key, entry, {".".join(map(str, path)): array for path, array in rest.items()}
    )


def examine_program(
    process: Process,
    drives: Sequence[Drive] = (),
    finish: Callable[[Program, Found], Found] | None = None,
) -> Found:
    """Find the best that can be said of a program, whose process has told what it has found."""
    program = Program(process)
    for entry in process.found:
        if entry["own"] and entry["kind"] == "function" and role_of(entry["name"]):
            program.functions.setdefault(role_of(entry["name"]), []).append(entry)
        elif entry["own"] and entry["kind"] == "class":
            program.classes.append(entry)
    best = Found()
    for drive in (drive_functions, drive_object, drive_training, *drives):
        if best.quality >= (2, -2):
            break
        program.calls, program.until = 0, monotonic() + _SECONDS
        try:
            with process.step():
                for found in drive(program):
                    if found.quality > best.quality or not best.roles:
                        best = found
                    if best.quality >= (2, -2):
                        break
        except LostError:
            continue
    return finish(program, best) if finish is not None else best
