"""One call of a learner's function: what went in, what came out, what was said, what was changed."""

import copy
import inspect
import io
import random
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.source import Place

__all__ = ["Outcome", "Placer", "call", "changes", "show", "show_arguments", "show_entry"]

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
    """Call a learner's function with the same random numbers each time, and let nothing out.

    Parameters
    ----------
    function : callable
    arguments : sequence
        Handed over by position.
    placer : callable
        Tells the learner's lines from others in a traceback.
    **keywords
        Handed over by name.

    Returns
    -------
    Outcome
    """
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


def changes(before: Any, after: Any, name: str) -> list[str]:
    """Name the arguments that a call has changed.

    Parameters
    ----------
    before : object
        A deep copy of the argument.
    after : object
        The argument itself.
    name : str
        What it is called.

    Returns
    -------
    list of str
        Such as "X" or "parameters['W1']"; empty where all is as it was.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() != after.keys():
            return [name]
        return [part for key in before for part in changes(before[key], after[key], f"{name}[{key!r}]")]
    if isinstance(before, tuple | list) and isinstance(after, tuple | list):
        if len(before) != len(after):
            return [name]
        labels = getattr(before, "_fields", None) or range(len(before))
        return [
            part
            for label, old, new in zip(labels, before, after, strict=True)
            for part in changes(old, new, f"{name}.{label}" if isinstance(label, str) else f"{name}[{label}]")
        ]
    if isinstance(before, np.ndarray):
        same = isinstance(after, np.ndarray) and np.array_equal(before, after)
        return [] if same else [name]
    return []


def copy_of(argument: Any) -> Any:
    """Return a deep copy, to be compared with later."""
    return copy.deepcopy(argument)


def show(name: str, value: Any) -> str:
    """Write a result as `name = value`: small arrays whole, large ones by shape and sum."""
    if isinstance(value, np.ndarray) and value.ndim:
        if value.size <= _SMALL:
            return f"{name} = {_numbers(value)}"
        return f"{name} {value.shape}, {name}.sum() = {_number(value.sum())}"
    if isinstance(value, np.ndarray | np.generic | float | int):
        return f"{name} = {_number(value)}"
    return f"{name} = {type(value).__name__}" if value is not None else f"{name} = None"


def show_entry(name: str, value: Any, index: tuple[int, ...]) -> str:
    """Write one entry of a result and the sum of all: "dW1[0, 2] = 0.1, dW1.sum() = 0.4"."""
    if not index:
        return f"{name} = {_number(value)}"
    entry = f"{name}[{', '.join(map(str, index))}] = {_number(value[index])}"
    return f"{entry}, {name}.sum() = {_number(value.sum())}"


def show_arguments(names: Sequence[str], arguments: Sequence[Any]) -> str:
    """Write what a function was fed: small arrays whole, larger ones by their shapes."""
    return ", ".join(_argument(name, value) for name, value in zip(names, arguments, strict=False))


def _argument(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{name} {{{', '.join(_argument(str(key), entry) for key, entry in value.items())}}}"
    if hasattr(value, "_asdict"):
        return f"{name} ({', '.join(_argument(key, entry) for key, entry in value._asdict().items())})"
    if isinstance(value, np.ndarray):
        return f"{name} = {_numbers(value)}" if 0 < value.size <= _SMALL else f"{name} {value.shape}"
    return f"{name} = {value!r}"


def _numbers(value: np.ndarray[Any, Any]) -> str:
    text = np.array2string(value, precision=6, separator=", ", threshold=sys.maxsize, max_line_width=10**6)
    return " ".join(text.split()).replace("[ ", "[")


def _number(value: Any) -> str:
    number = np.asarray(value).reshape(-1)[0]
    return repr(float(number)) if np.asarray(value).dtype.kind == "f" else str(number)
