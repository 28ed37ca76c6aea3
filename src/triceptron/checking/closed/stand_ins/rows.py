"""Numbers of rows: what a program says of the real data, brought down to ours."""

import re
from typing import Any

import numpy as np

from .state import SCALE

_FEWEST = 3
"""Rows of a part, so that it can be told how they are scaled."""


def _is_real(end: Any, length: int) -> bool:
    """Tell whether an end of a slice is meant for the real rows; a power of two is the size of a batch."""
    whole = isinstance(end, int | np.integer)
    return whole and int(end) > 1.2 * length and bool(int(end) & (int(end) - 1))


def fit(index: Any, length: int) -> Any:
    """Bring an index that is meant for the real number of rows down to ours."""
    if isinstance(index, slice):
        start, stop = ends = [index.start, index.stop]
        plain = all(isinstance(end, int | np.integer) for end in ends)
        if plain and start > 0 and 0 < stop - start <= length:
            return slice(start % length, start % length + stop - start, index.step)  # a batch
        ends = [max(end // SCALE, _FEWEST) if _is_real(end, length) else end for end in ends]
        return slice(ends[0], ends[1], index.step)
    if isinstance(index, int | np.integer) and index >= length > 0:
        return int(index) % length
    beyond = isinstance(index, np.ndarray | list) and np.asarray(index).dtype.kind in "iu"
    return np.asarray(index) % length if beyond and np.size(index) and np.max(index) >= length > 0 else index


def fit_all(holder: Any, index: Any) -> Any:
    """Bring the indices of samples down: the long axes of tables, and lists of samples."""
    if isinstance(holder, np.ndarray):
        parts = index if isinstance(index, tuple) else (index,)
        fitted = tuple(
            fit(part, size) if size > 15 else part for part, size in zip(parts, holder.shape, strict=False)
        )
        fitted += parts[len(fitted) :]
        return fitted if isinstance(index, tuple) else fitted[0]
    if isinstance(holder, list | tuple) and len(holder) > 15:
        return fit(index, len(holder))
    if type(holder).__name__ in ("_iLocIndexer", "DataFrame", "Series"):
        size = len(getattr(holder, "obj", holder))
        return (fit(index[0], size), *index[1:]) if isinstance(index, tuple) else _rows(index, size)
    return index


def _rows(index: Any, size: int) -> Any:
    return fit(index, size) if isinstance(index, slice | int) else index


def reshaped(array: Any, shape: Any) -> Any:
    """Reshape to what would be the real number of rows."""
    shape = list(shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape)
    for place, size in enumerate(shape):
        if isinstance(size, int) and size >= SCALE:
            trial = [*shape[:place], -1, *shape[place + 1 :]]
            rest = -int(np.prod(trial))
            if rest > 0 and array.size % rest == 0 and -1 not in shape:
                return array.reshape(trial)
    raise ValueError(f"cannot reshape array of size {array.size} into shape {tuple(shape)}")


def parts(names: list[str], value: Any) -> Any:
    """Give what a loader that is not here returns as many parts as it is taken apart into."""
    entries = list(value) if type(value) in (tuple, list) else []
    if not entries or len(entries) > 6 or not all(isinstance(e, tuple | np.ndarray) for e in entries):
        return value
    pairs = [entry for entry in entries if isinstance(entry, tuple) and len(entry) == 2]
    if not pairs:
        pairs = list(zip(entries[::2], entries[1::2], strict=False))
    elif len(pairs) < len(entries):
        return value
    apart = isinstance(entries[0], tuple)
    truth = re.search(r"(?i)(^|_)(y|t|labels?|targets?)", names[-1]) and "test" not in names[-1].lower()
    if len(names) == 2 and apart and truth:
        return pairs[0]
    if len(names) == len(entries):
        return value
    pairs = (pairs + 2 * pairs[-1:])[:3]
    if len(names) in (2, 3) and not (len(names) == 2 and truth):
        return tuple(pairs[: len(names)])
    flat = tuple(part for pair in pairs for part in pair)
    return flat[: len(names)] if len(names) in (2, 4, 6) else value
