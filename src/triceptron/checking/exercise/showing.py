"""Values in words: what was fed in, what came out, where two arrays differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from triceptron.checking.closed.executor import Foreign

__all__ = ["changes", "describe", "number", "show", "show_arguments", "show_entry"]

_SMALL = 12
"""Arrays of at most so many entries are shown whole."""

Change = tuple[str, Any, Any]
"""Which part of an argument was changed, such as "['W1']" or "" for all of it; before, and after."""


def changes(before: Any, after: Any, part: str = "") -> list[Change]:
    """List what a call has changed in an argument."""
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        pairs = [(f"{part}[{key!r}]", before[key], after[key]) for key in before]
    elif isinstance(before, tuple | list) and isinstance(after, tuple | list) and len(before) == len(after):
        labels = [f".{field}" for field in getattr(before, "_fields", ())]
        labels = labels or [f"[{position}]" for position in range(len(before))]
        pairs = [(part + label, old, new) for label, old, new in zip(labels, before, after, strict=True)]
    elif isinstance(before, np.ndarray):
        same = isinstance(after, np.ndarray) and np.array_equal(before, after)
        return [] if same else [(part, before, after)]
    else:
        return [] if type(before) is type(after) else [(part, before, after)]
    return [change for label, old, new in pairs for change in changes(old, new, label)]


def show(name: str, value: Any) -> str:
    """Write a result as `name = value`: small arrays whole, large ones by shape and sum."""
    value = np.asarray(value)
    if value.size > _SMALL:
        return f"{name} {value.shape}, {name}.sum() = {number(value.sum())}"
    return f"{name} = {_array(value) if value.ndim else number(value)}"


def show_entry(name: str, value: Any, index: Sequence[Any]) -> str:
    """Write one entry of a result and the sum of all: "dW1[0, 2] = 0.1, dW1.sum() = 0.4"."""
    at = ", ".join(str(int(i)) for i in index)
    return f"{name}[{at}] = {number(value[tuple(index)])}, {name}.sum() = {number(value.sum())}"


def show_arguments(names: Sequence[str], arguments: Sequence[Any]) -> str:
    """Write what a function was fed: small arrays whole, larger ones by their shapes."""
    return ", ".join(_argument(name, value) for name, value in zip(names, arguments, strict=False))


def _argument(name: str, value: Any) -> str:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return f"{name} {{{', '.join(_argument(str(key), entry) for key, entry in value.items())}}}"
    if isinstance(value, np.ndarray):
        return f"{name} = {_array(value)}" if 0 < value.size <= _SMALL else f"{name} {value.shape}"
    return f"{name} = {value!r}"


def describe(value: Any) -> str:
    """Write what a learner's function returned where it is no result: its type and its beginning."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"array {value.shape}"
    if isinstance(value, Foreign):
        return f"{value.type}: {value.text}" if value.text else value.type
    return f"{type(value).__name__}: {repr(value)[:60]}"


def number(value: Any) -> str:
    """Write a number with ten digits."""
    return f"{float(value):.10g}"


def _array(value: np.ndarray[Any, Any]) -> str:
    if value.ndim:
        return f"[{', '.join(map(_array, value))}]"
    return f"{value:.6g}" if value.dtype.kind == "f" else str(value)
