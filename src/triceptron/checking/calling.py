"""One call of a learner's function: what went in, what came out, what was said, what was changed."""

import inspect
import io
import random
import traceback
import types
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.source import Place

__all__ = [
    "Change",
    "Outcome",
    "Placer",
    "call",
    "changes",
    "describe",
    "number",
    "show",
    "show_arguments",
    "show_entry",
]

Placer = Callable[[types.CodeType, int], Place | None]
"""From a code object and a line number to a place in the learner's file; None for anyone else's code."""

_SMALL = 12
"""Arrays of at most so many entries are shown whole."""


class _Counter(io.TextIOBase):
    """Takes all that is printed and keeps only its length."""

    def __init__(self) -> None:
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)


@dataclass(frozen=True)
class Outcome:
    """What a call led to.

    Attributes
    ----------
    value : object
        What was returned.
    error : BaseException or None
        What was raised instead.
    place : Place or None
        The learner's line that raised it.
    printed : int
        Characters printed.
    """

    value: Any = None
    error: BaseException | None = None
    place: Place | None = None
    printed: int = 0


def call(function: Callable[..., Any], arguments: Sequence[Any], placer: Placer, **keywords: Any) -> Outcome:
    """Call a learner's function with the same random numbers each time, and let nothing out."""
    counter = _Counter()
    random.seed(0)
    state = np.random.get_state()  # noqa: NPY002 - the learner's functions use it
    np.random.seed(0)  # noqa: NPY002
    try:
        with (
            redirect_stdout(counter),
            redirect_stderr(counter),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            value = function(*arguments, **keywords)
            if inspect.isgenerator(value):
                value = list(value)
        return Outcome(value, printed=counter.written)
    except BaseException as error:
        return Outcome(error=error, place=_raised_at(error, placer), printed=counter.written)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _raised_at(error: BaseException, placer: Placer) -> Place | None:
    """Return the innermost line of the learner's own in a traceback."""
    places = [placer(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [place for place in places if place is not None]
    return own[-1] if own else None


Change = tuple[str, Any, Any]
"""Which part of an argument was changed, such as "['W1']" or "" for all of it; before, and after."""


def changes(before: Any, after: Any, part: str = "") -> list[Change]:
    """List what a call has changed in an argument, of which `before` is a deep copy."""
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


# --- words ---


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
    try:
        return f"{type(value).__name__}: {repr(value)[:60]}"
    except Exception:  # a learner's own __repr__
        return type(value).__name__


def number(value: Any) -> str:
    """Write a number with ten digits."""
    return f"{float(value):.10g}"


def _array(value: np.ndarray[Any, Any]) -> str:
    if value.ndim:
        return f"[{', '.join(map(_array, value))}]"
    return f"{value:.6g}" if value.dtype.kind == "f" else str(value)
