"""Writes what is missing where a file only defines a class: the lines that make a network and train it.

The lines are run after the file, in the same closed process, and written down with it. In which way the class
wants its samples and labels is not asked: the usual ways are tried, and a run counts that shows a training.
"""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

from triceptron.checking.programs import quantity, role_of

__all__ = ["drivers"]

_SIZES: tuple[Mapping[str, str], ...] = (
    {"m": "4", "h": "5", "K": "3", "sizes": "[4, 5, 3]", "activation": "'relu'"},
    {"m": "4", "h": "[5]", "K": "3", "sizes": "(4, 5, 3)", "activation": "'sigmoid'"},
    {"m": "4", "h": "5", "K": "1", "sizes": "[4, 5, 1]", "activation": "'tanh'"},
    {"m": "2", "h": "5", "K": "2", "sizes": "[2, 5, 2]", "activation": "'tanh'"},
)

_PICTURES: Mapping[str, str] = {
    "m": "784", "h": "5", "K": "10", "sizes": "[784, 5, 10]", "activation": "'relu'",
}  # fmt: skip

_VALUES: Mapping[str, str] = {
    "learning_rate": "0.1", "epochs": "4", "batch_size": "8", "verbose": "False", "samples": "24",
    "lambda": "0.0", "dropout": "0.0", "keep": "1.0",
}  # fmt: skip

_WAYS: Mapping[str, Mapping[str, str]] = {
    "rows": {"X": "X", "Y": "Y"},
    "columns": {"X": "X.T", "Y": "Y.T"},
    "codes": {"X": "X", "Y": "y"},
    "codes of columns": {"X": "X.T", "Y": "y"},
    "pairs": {"X": "pairs", "Y": "pairs", "XY": "pairs"},
    "single": {"X": "X[k]", "Y": "Y[k]"},
    "single columns": {"X": "X[k][:, None]", "Y": "Y[k][:, None]"},
}
"""How samples and labels are handed over."""

_DATA = """
def __widths(held, depth=0):
    held = vars(held) if hasattr(held, "__dict__") else held
    held = held.values() if isinstance(held, dict) else held if isinstance(held, (list, tuple)) else ()
    for entry in held:
        if isinstance(entry, np.ndarray):
            if entry.ndim == 2 and max(entry.shape) > 1 and entry.any():
                yield entry.shape
        elif depth < 3:
            yield from __widths(entry, depth + 1)
import numpy as np
np.random.seed(0)
"""

_SAMPLES = """
__found = list(__widths({net}))
__m, __K = {m}, {K}
if __found:
    __first, __last = __found[0], __found[-1]
    __m, __K = (__first[1], __last[0]) if {columns} else (__first[0], __last[1])
X = np.random.RandomState(1).standard_normal((24, __m))
y = np.random.RandomState(2).permutation(np.arange(24) % max(__K, 2))
Y = np.eye(__K)[y] if __K > 1 else y[:, None] * 1.0
pairs = [(a[:, None], b[:, None]) for a, b in zip(X, Y)]
other_X, other_y, other_Y = X[:6] * 0.9, y[:6], Y[:6]
other_pairs = [(a[:, None], b[:, None]) for a, b in zip(other_X, other_Y)]
"""


def drivers(found: Sequence[Mapping[str, Any]], text: str) -> Iterator[str]:
    """Yield what trains a network of the file's, a class or a function, in one way after another."""
    functions = [entry for entry in found if entry["own"] and entry["kind"] == "function"]
    trains = [entry for entry in functions if role_of(entry["name"]) == "train"]
    mains = [entry for entry in functions if entry["name"] in ("main", "run", "experiment")]
    trains += [
        each for each in mains if {"X", "Y"} <= {quantity(a[0], False) for a in each["arguments"] or []}
    ]
    classes = sorted(filter(_is_network, found), key=lambda each: -len(_roles(each)))
    for entry in [*classes[:2], *trains[:2]]:
        asked = {quantity(name, True) for name, *_ in entry["arguments"] or []}
        pictures = entry["kind"] == "function" and "784" in text
        for sizes in [*([_PICTURES] if pictures else []), *_SIZES]:
            if (sizes["h"] == "[5]" and "h" not in asked) or (sizes["m"] == "2" and "m" in asked):
                continue
            for way, data in _WAYS.items():
                made = (_driver if entry["kind"] == "class" else _call)(entry, sizes, way, data)
                if made is not None:
                    yield made


def _call(
    entry: Mapping[str, Any], sizes: Mapping[str, str], way: str, data: Mapping[str, str]
) -> str | None:
    """Write the call of a function that starts and trains a network."""
    values = {**_VALUES, **sizes, **data, **_others(data)}
    asked = {quantity(name, False) for name, *_ in entry["arguments"] or []}
    made = _arguments(entry["arguments"], values, sizes=False)
    if made is None or not asked & {"X", "XY"} or way.startswith("single"):
        return None
    samples = _SAMPLES.format(net="{}", m=sizes["m"], K=sizes["K"], columns=False)
    return f"{_DATA}{samples}trained = {entry['name']}({made})\n"


def _others(data: Mapping[str, str]) -> dict[str, str]:
    """Return the samples that are kept apart, handed over in the same way."""
    return {"testX": f"other_{data['X']}", "testY": f"other_{data['Y']}"}


def _roles(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return a class's methods by their roles, the shortest name first."""
    found: dict[str, str] = {}
    for name in sorted(entry.get("methods") or {}, key=len):
        if role_of(name):
            found.setdefault(role_of(name), name)
    return found


def _is_network(entry: Mapping[str, Any]) -> bool:
    roles = _roles(entry)
    return bool(entry["own"]) and entry["kind"] == "class" and bool(roles) and (
        "train" in roles or {"forward", "compute_gradient"} <= roles.keys()
    )  # fmt: skip


def _driver(
    entry: Mapping[str, Any], sizes: Mapping[str, str], way: str, data: Mapping[str, str]
) -> str | None:
    values = {**_VALUES, **sizes}
    early = {"X": "np.zeros((1, 4))", "Y": "np.zeros((1, 3))"}
    asked = {quantity(name, True) for name, *_ in entry["arguments"] or []}
    samples = _SAMPLES.format(net="{}" if asked & {"X", "Y"} else "net", m=sizes["m"], K=sizes["K"],
        columns="columns" in way or way == "pairs")  # fmt: skip
    made = _arguments(entry["arguments"], {**values, **(data if asked & {"X", "Y"} else early)}, sizes=True)
    calls = _calls(entry, {**values, **data, **_others(data)}, way)
    if made is None or calls is None:
        return None
    start = f"net = {entry['name']}({made})\n"
    return _DATA + (samples + start if asked & {"X", "Y"} else start + samples) + calls


def _calls(entry: Mapping[str, Any], values: Mapping[str, str], way: str) -> str | None:
    """Write the calls of a few steps of the training."""
    methods, roles = entry["methods"], _roles(entry)
    lines: list[str] = []
    if "train" in roles:
        steps = [f"net.{roles['train']}({{}})"]
        order = ["train"]
    else:
        order = [key for key in ("forward", "compute_gradient", "update") if key in roles]
        steps = [
            f"{left} = net.{roles[key]}({{}})"
            for left, key in zip(("out", "grads", "_"), order, strict=False)
        ]
    known = {**values, "P": "out", "cache": "out", "A2": "out", "gradients": "grads"}
    for step, key in zip(steps, order, strict=True):
        made = _arguments(methods[roles[key]], known, sizes=False)
        if made is None:
            return None
        lines.append(step.format(made))
    body = "\n".join(lines) + "\n"
    if way.startswith("single"):
        body = "for k in range(8):\n" + indent(body, "    ")
    elif "train" not in roles:
        body = "for epoch in range(5):\n" + indent(body, "    ")
    return body


def _arguments(
    arguments: Sequence[Sequence[Any]] | None, values: Mapping[str, str], *, sizes: bool
) -> str | None:
    """Write the arguments of a call; nothing where one of them is of unknown meaning."""
    if arguments is None:
        return None
    written = []
    free = [key for key in ("X", "Y") if not sizes]
    for name, kind, optional in arguments:
        if kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
            continue
        key = quantity(name, sizes)
        if key not in values and not optional and free:
            key = free[0]
        if key in free:
            free.remove(key)
        useful = not optional or key in ("X", "Y", "learning_rate", "epochs", "batch_size", "verbose")
        if key in values and useful:
            written.append(values[key] if kind == "POSITIONAL_ONLY" else f"{name}={values[key]}")
        elif not optional:
            return None
    return ", ".join(written)
