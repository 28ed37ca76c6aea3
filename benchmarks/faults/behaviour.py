"""Run a program and see what it leaves: whether a mutant differs, whether a rewrite still learns."""

import contextlib
import io
import random
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["differs", "losses", "outcome"]

_SCALES = (1, 100, 10_000)
"""What random weights and data are multiplied by: large numbers show what small ones hide."""


@lru_cache(maxsize=4096)
def outcome(text: str, scale: float = 1) -> list[object]:
    """Run a program and return what it printed and all numbers that it leaves; an error ends it.

    Parameters
    ----------
    text : str
        The program, without marks.
    scale : float
        What random numbers are multiplied by.

    Returns
    -------
    list
        Strings, arrays, and the type of the error if there was one.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    left: list[object] = []
    random.seed(0)
    with (
        _scaled(scale),
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        try:
            exec(compile(text, "program", "exec"), names)
        except Exception as error:
            left.append(type(error).__name__)
    for name in sorted(names):
        if not name.startswith("__"):
            left += _numbers(names[name])
    return [printed.getvalue(), *left]


def losses(text: str) -> list[float]:
    """Return the losses that a program prints."""
    return [
        float(number)
        for number in re.findall(
            r"(?:[Ll]oss|[Ee]rror|cost|cout)[^\d\n-]*(?:\d+ : )?(-?[\d.]+(?:e-?\d+)?)", outcome(text)[0]
        )
    ]


def differs(text: str, other: str) -> bool:
    """Whether two programs leave or print anything different, with small numbers or with large ones."""
    return any(not _same(outcome(text, scale), outcome(other, scale)) for scale in _SCALES)


def _same(one: list[object], other: list[object]) -> bool:
    if len(one) != len(other):
        return False
    for mine, its in zip(one[1:], other[1:], strict=True):
        if isinstance(mine, str) or isinstance(its, str):
            if not (isinstance(mine, str) and mine == its):
                return False
        elif np.shape(mine) != np.shape(its) or not np.allclose(
            mine, its, rtol=1e-9, atol=1e-12, equal_nan=True
        ):
            return False
    printed, its_printed = (
        re.findall(r"-?\d+\.?\d*(?:e-?\d+)?|nan|inf", str(lines[0])) for lines in (one, other)
    )
    return len(printed) == len(its_printed) and np.allclose(
        np.array(printed, float), np.array(its_printed, float), rtol=1e-9, atol=1e-12, equal_nan=True
    )


def _numbers(value: object, depth: int = 0) -> Iterator[object]:
    """Yield the arrays in a value: in lists, in dicts, in the attributes of an object."""
    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        with contextlib.suppress(TypeError, ValueError):
            yield np.asarray(value, dtype=float)
    elif depth < 4 and isinstance(value, list | tuple):
        for entry in value:
            yield from _numbers(entry, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from _numbers(value[key], depth + 1)
    elif (
        depth < 4
        and hasattr(value, "__dict__")
        and not callable(value)
        and type(value).__module__ == "__main__"
    ):
        yield from _numbers(vars(value), depth + 1)


@contextlib.contextmanager
def _scaled(scale: float) -> Iterator[None]:
    """Let NumPy's random numbers be ``scale`` times as large."""

    class Generator:
        def __init__(self, *seed: Any) -> None:
            self._own = own_rng(*seed)

        def normal(self, *args: Any, **options: Any) -> Any:
            return scale * self._own.normal(*args, **options)

        def standard_normal(self, *args: Any, **options: Any) -> Any:
            return scale * self._own.standard_normal(*args, **options)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._own, name)

    own_rng, own_randn, own_rand = np.random.default_rng, np.random.randn, np.random.rand
    state = np.random.get_state()  # noqa: NPY002
    np.random.default_rng = Generator
    np.random.randn = lambda *shape: scale * own_randn(*shape)
    np.random.rand = lambda *shape: scale * own_rand(*shape)
    try:
        yield
    finally:
        np.random.default_rng = own_rng
        np.random.randn, np.random.rand = own_randn, own_rand
        np.random.set_state(state)  # noqa: NPY002
