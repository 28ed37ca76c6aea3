"""Names and arguments of older libraries, which who wrote a program still has."""

import contextlib
import functools
import importlib
import re
import sys
import time
from typing import Any

import numpy as np

from .libraries import Stub
from .state import revived
from .tables import having, told_by_a_word

_OLD_NUMPY: dict[str, Any] = {
    "asfarray": lambda a, dtype=float: np.asarray(a, dtype), "asscalar": lambda a: np.asarray(a).item(),
    "float": float, "int": int, "bool": bool, "object": object, "str": str, "long": int, "unicode": str,
    "float_": np.float64, "complex_": np.complex128, "int0": np.intp, "string_": np.bytes_,
    "unicode_": np.str_,
    **dict.fromkeys(("NaN", "NAN"), np.nan), **dict.fromkeys(("Inf", "Infinity", "PINF", "infty"), np.inf),
    "NINF": -np.inf, "product": np.prod, "cumproduct": np.cumprod, "sometrue": np.any, "alltrue": np.all,
    "round_": np.round, "in1d": np.isin, "row_stack": np.vstack, "mat": np.asmatrix,
    "asnumpy": np.asarray, "trapz": getattr(np, "trapezoid", None),
    "msort": functools.partial(np.sort, axis=0),
}  # fmt: skip
"""Names that NumPy no longer has, and what they were."""


def revive(text: str) -> None:
    """Give NumPy back the old names that a program uses; who wrote it has a NumPy that has them."""
    for name in dict.fromkeys(re.findall(r"\b(?:np|numpy|cp|cupy)\.([A-Za-z]\w*)", text)):
        if name in _OLD_NUMPY and not hasattr(np, name):
            setattr(np, name, _OLD_NUMPY[name])
            revived.append(f"np.{name}")
    if "Image.ANTIALIAS" in text:
        with contextlib.suppress(ImportError):
            image = importlib.import_module("PIL.Image")
            image.ANTIALIAS = image.LANCZOS  # type: ignore[attr-defined]
    if "time.clock" in text and not hasattr(time, "clock"):
        time.clock = time.process_time  # type: ignore[attr-defined]
        revived.append("time.clock")


def encoding(real: Any) -> Any:
    """Let scikit-learn's encoder take its old argument."""

    @functools.wraps(real, updated=())
    def encoder(*args: Any, **keywords: Any) -> Any:
        if "sparse" in keywords:
            keywords["sparse_output"] = keywords.pop("sparse")
            revived.append("OneHotEncoder(sparse=)")
        return real(*args, **keywords)

    return encoder


def _writable(real: Any) -> Any:
    """Let what pandas gives be written to, as it could be before its third version."""

    @functools.wraps(real)
    def to_numpy(self: Any, *args: Any, **keywords: Any) -> Any:
        value = real(self, *args, **keywords)
        return value if value.flags.writeable else value.copy()

    return to_numpy


def _changeable(real: Any) -> Any:
    """Let a table's values be written to, too; those of a category are none."""

    def values(self: Any) -> Any:
        found = real.fget(self)
        return self.to_numpy() if isinstance(found, np.ndarray) else found

    return property(values)


def old_frame(real: Any) -> Any:
    """Let pandas' tables and columns be as they were; one that is made up has what is asked of it."""
    series = sys.modules["pandas"].Series
    for kind in (real, series):
        kind.to_numpy = _writable(kind.to_numpy)
        kind.values = _changeable(kind.values)
        kind.iteritems, kind.as_matrix = kind.items, kind.to_numpy
        kind.append = _appended
        kind.plot = Stub("plot")  # nothing draws here
        kind.hist = kind.boxplot = lambda self, *_, **__: Stub("plot")
    real.__getitem__ = having(real.__getitem__)
    real.__getattr__ = having(real.__getattr__)
    real.drop = having(_dropping(real.drop))
    series.__eq__ = told_by_a_word(series.__eq__)
    series.__ne__ = told_by_a_word(series.__ne__)
    return real


def _dropping(real: Any) -> Any:
    """Let the axis be named beside the columns."""

    @functools.wraps(real)
    def drop(self: Any, *args: Any, **keywords: Any) -> Any:
        if "columns" in keywords or "index" in keywords:
            keywords.pop("axis", None)
        return real(self, *args, **keywords)

    return drop


def _appended(self: Any, other: Any, ignore_index: bool = False, **_: Any) -> Any:
    """Return a table or a column, and another one or a row below it."""
    pandas: Any = sys.modules["pandas"]
    several = [pandas.DataFrame([each]) if isinstance(each, dict) else each
        for each in (other if isinstance(other, list) else [other])]  # fmt: skip
    return pandas.concat([self, *several], ignore_index=ignore_index)
