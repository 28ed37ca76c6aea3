"""Labelled tables in CSV files: read fast, and where that fails, told by file, row and column.

The first row names the columns. Rows are counted as a spreadsheet counts them, from 1 with the names.
Comma, semicolon or tab between the values; text in UTF-8.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from triceptron.data.errors import TableError

__all__ = ["CsvTable", "LabelledTable", "read_labelled", "read_table"]

_DELIMITERS = ",;\t"
_MISSING = {"", "?", "na", "n/a", "nan", "null", "none"}


class LabelledTable(NamedTuple):
    """Samples with their labels.

    Attributes
    ----------
    X : array of float64, shape (n, m)
    labels : array, shape (n,)
        int64 where all of them are whole numbers, else text.
    feature_names : tuple of str
        The names of X's columns.
    """

    X: npt.NDArray[np.float64]
    labels: npt.NDArray[Any]
    feature_names: tuple[str, ...]


def read_labelled(path: str | os.PathLike[str], label: str) -> LabelledTable:
    """Read a table of numbers of which one column holds the labels.

    Parameters
    ----------
    path : path
    label : str
        The name of the column with the labels.

    Raises
    ------
    TableError
        If the label column is missing, a row has too few or too many values, a value is missing, or a
        feature is no finite number.
    OSError
        If the file cannot be read.
    """
    table = read_table(path)
    features = tuple(name for name in table.columns if name != label)
    labels = table.labels(label)
    if not features:
        raise TableError(path, f"there is no column beside the label column {label!r}")
    return LabelledTable(table.numbers(features), labels, features)


def read_table(path: str | os.PathLike[str]) -> "CsvTable":
    """Read a table whose columns are looked at afterwards.

    Raises
    ------
    TableError
        If it is empty, not text, has two columns of one name, or a row with too few or too many values.
    OSError
        If the file cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(
            path, f"not UTF-8 text (byte {error.start} is {error.object[error.start]:#04x})"
        ) from None
    lines = text.split("\n")
    head = next((line for line in lines if line.strip()), "")
    if not head:
        raise TableError(path, "the file is empty")
    delimiter = max(_DELIMITERS, key=head.count)
    if '"' in text:  # a quoted value can hold delimiters and line ends
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise TableError(path, f"{error}", reader.line_num) from None
        numbers, lines = [number for number, _ in rows], [_join(row) for _, row in rows]
        delimiter = _SEPARATOR
    else:
        kept = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        numbers, lines = [number for number, _ in kept], [line for _, line in kept]
    return CsvTable(path, lines, numbers, delimiter)


_SEPARATOR = "\x1f"  # between values that were quoted; ASCII calls it the unit separator


def _join(values: Iterable[str]) -> str:
    return _SEPARATOR.join(
        value.replace(_SEPARATOR, " ").replace("\n", " ").replace("\r", " ") for value in values
    )


class CsvTable:
    """A table as lines of text, checked to have a value for each column.

    Attributes
    ----------
    columns : tuple of str
    """

    def __init__(
        self, path: str | os.PathLike[str], lines: Sequence[str], rows: Sequence[int], delimiter: str
    ) -> None:
        head, *self._lines = lines
        self._path, self._rows, self._delimiter = path, rows[1:], delimiter
        self.columns = tuple(name.strip() for name in head.split(delimiter))
        if "" in self.columns:
            place = self.columns.index("") + 1
            raise TableError(
                path,
                f"column {place} has no name; an index that pandas wrote? index=False leaves it out",
                rows[0],
            )
        if twice := [name for name in self.columns if self.columns.count(name) > 1]:
            raise TableError(path, f"two columns are named {twice[0]!r}", rows[0])
        if not self._lines:
            raise TableError(path, "there are no rows below the column names")
        for row, line in zip(self._rows, self._lines, strict=True):
            if (values := line.count(delimiter) + 1) != len(self.columns):
                raise TableError(path, f"{values} values, but {len(self.columns)} columns are named", row)

    def __len__(self) -> int:
        return len(self._lines)

    def numbers(self, names: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return columns of finite numbers, in this order.

        Raises
        ------
        TableError
            If a column is missing, or a value is missing or no finite number.
        """
        positions = [self._position(name) for name in names]
        try:
            X = np.loadtxt(
                self._lines,
                delimiter=self._delimiter,
                usecols=positions,
                ndmin=2,
                comments=None,
                encoding=None,
            )
        except ValueError:
            self._tell(names, positions)
        if not np.isfinite(X).all():
            self._tell(names, positions)
        return X

    def labels(self, name: str) -> npt.NDArray[Any]:
        """Return a column of labels: int64 where all of them are plain whole numbers, else text.

        Raises
        ------
        TableError
            If the column is missing, or a label is.
        """
        position = self._position(name)
        labels = [line.split(self._delimiter)[position].strip() for line in self._lines]
        for row, label in zip(self._rows, labels, strict=True):
            if not label:
                raise TableError(self._path, "the label is missing", row, name)
        try:
            codes = np.array([int(label) for label in labels], np.int64)
        except (ValueError, OverflowError):
            return np.array(labels)
        return codes if list(map(str, codes.tolist())) == labels else np.array(labels)  # "01" is not "1"

    def _position(self, name: str) -> int:
        if name in self.columns:
            return self.columns.index(name)
        near = get_close_matches(name, self.columns, n=1)
        shown = ", ".join(self.columns[:8]) + (", …" if len(self.columns) > 8 else "")
        hint = f"did you mean {near[0]!r}?" if near else f"the columns are {shown}"
        raise TableError(self._path, f"there is no column {name!r}; {hint}")

    def _tell(self, names: Sequence[str], positions: Sequence[int]) -> NoReturn:
        """Find the first value that is no number, and say so."""
        for row, line in zip(self._rows, self._lines, strict=True):
            values = line.split(self._delimiter)
            for name, position in zip(names, positions, strict=True):
                if (problem := _problem(values[position].strip())) is not None:
                    raise TableError(self._path, problem, row, name)
        raise TableError(self._path, "not a table of numbers")


def _problem(value: str) -> str | None:
    if value.lower() in _MISSING:
        return "the value is missing" + (f" ({value})" if value else "")
    try:
        number = float(value.replace("_", "-"))  # Python's 1_000 is no number in a table
    except ValueError:
        return f"{value!r} is not a number"
    return None if isfinite(number) else f"{value!r} is not a finite number"
