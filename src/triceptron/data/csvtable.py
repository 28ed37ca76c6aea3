"""Labelled tables in CSV files: read fast, and where that fails, told by file, row and column.

The first row names the columns. Rows are counted as a spreadsheet counts them, from 1 with the names.
Comma, semicolon or tab between the values; where it is no comma, a number may have a decimal comma.
"""

import csv
import os
import re
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from io import StringIO
from itertools import count
from math import isfinite
from typing import Any, NamedTuple, NoReturn, overload

import numpy as np
import numpy.typing as npt

from triceptron.arrays import text_array
from triceptron.data.errors import TableError, shown
from triceptron.data.text import read_text

__all__ = ["CsvTable", "LabelledTable", "missing", "number", "read_labelled", "read_table"]

_DELIMITERS = ",;\t"
_MISSING = {"", "?", "na", "n/a", "nan", "null", "none"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_LONGEST = 1000  # characters of a label or a name
_COMPARED = 1000  # names, and letters of a name, that are looked through for a similar one


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
    text = read_text(path)
    lines = _Lines.of(text)
    if not len(lines):
        raise TableError(path, "the file is empty")
    delimiter = max(_DELIMITERS, key=lines[0].count)
    decimal_comma = delimiter != ","
    if '"' in text:  # a quoted value can hold delimiters and line ends
        lines = _unquote(path, text, delimiter)
        delimiter = _SEPARATOR
    return CsvTable(path, lines, delimiter, decimal_comma=decimal_comma)


@dataclass(frozen=True)
class _Lines(Sequence[str]):
    """The lines of a text that are not blank: their places, for each as a text of its own takes far more."""

    text: str
    starts: "array[int]"
    numbers: "array[int]"  # as a spreadsheet counts them

    @classmethod
    def of(cls, text: str) -> "_Lines":
        starts, numbers, start = array("q"), array("q"), 0
        for number in count(1):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            if text[start:end].strip():
                starts.append(start)
                numbers.append(number)
            start = end + 1
            if start > len(text):
                return cls(text, starts, numbers)
        raise AssertionError

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[str]:
        return map(self._line, self.starts)

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> "_Lines": ...
    def __getitem__(self, i: int | slice) -> "str | _Lines":
        if isinstance(i, slice):
            return _Lines(self.text, self.starts[i], self.numbers[i])
        return self._line(self.starts[i])

    def _line(self, start: int) -> str:
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else None]


_SEPARATOR = "\x1f"  # between values that were quoted; ASCII calls it the unit separator
_NO_SEPARATOR = str.maketrans({_SEPARATOR: " ", "\n": " ", "\r": " "})


def _unquote(path: str | os.PathLike[str], text: str, delimiter: str) -> _Lines:
    """Return the rows as lines without quotes, each value on one line."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, starts, numbers = StringIO(), array("q"), array("q")
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                starts.append(lines.tell())
                numbers.append(reader.line_num)
                lines.write(_SEPARATOR.join(value.translate(_NO_SEPARATOR) for value in row) + "\n")
    except csv.Error as error:
        raise TableError(path, f"{error}", reader.line_num) from None
    return _Lines(lines.getvalue(), starts, numbers)


class CsvTable:
    """A table as lines of text, checked to have a value for each column.

    Attributes
    ----------
    path : path
    columns : tuple of str
    rows : sequence of int
        The number of each row below the names, as a spreadsheet counts it.
    decimal_comma : bool
        Whether 1,5 may be a number.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        lines: _Lines,
        delimiter: str,
        *,
        decimal_comma: bool = False,
    ) -> None:
        head, first, self._lines = lines[0], lines.numbers[0], lines[1:]
        self.path, self.decimal_comma = path, decimal_comma
        self.rows: Sequence[int] = self._lines.numbers
        self._delimiter = delimiter
        self.columns = tuple(name.strip() for name in head.split(delimiter))
        self._places = {name: place for place, name in enumerate(self.columns)}
        if "" in self._places:
            place = self.columns.index("") + 1
            raise TableError(
                path,
                f"column {place} has no name; an index that pandas wrote? index=False leaves it out",
                first,
            )
        if len(longest := max(self.columns, key=len)) > _LONGEST:
            raise TableError(path, f"a column's name has {len(longest):,} characters", first)
        if len(self._places) < len(self.columns):
            twice = next(name for place, name in enumerate(self.columns) if self._places[name] > place)
            raise TableError(path, self._headless(f"two columns are named {shown(twice)}"), first)
        if not len(self._lines):
            raise TableError(path, "there are no rows below the column names")
        for row, line in zip(self.rows, self._lines, strict=True):
            if (values := line.count(delimiter) + 1) != len(self.columns):
                raise TableError(path, f"{values} values, but {len(self.columns)} columns are named", row)

    def __len__(self) -> int:
        return len(self._lines)

    def numbers(self, names: Sequence[str], used: Collection[str] = ()) -> npt.NDArray[np.float64]:
        """Return columns of finite numbers, in this order.

        Parameters
        ----------
        names : sequence of str
        used : collection of str
            Columns with a use of their own: none of them is offered in the place of one that is not there.

        Raises
        ------
        TableError
            If a column is missing, or a value is missing or no finite number.
        """
        taken = {*names, *used}
        positions = [self.position(name, taken) for name in names]
        try:
            X = np.loadtxt(
                iter(self._lines),
                delimiter=self._delimiter,
                usecols=positions,
                ndmin=2,
                comments=None,
                encoding=None,
            )
        except ValueError:
            X = self._parse(names, positions)
        if not np.isfinite(X).all():
            self._parse(names, positions)
        return X

    def cells(self, name: str, used: Collection[str] = ()) -> Sequence[str]:
        """Return a column as text, without the spaces around each value.

        Raises
        ------
        TableError
            If the column is missing.
        """
        return self._cells[self.position(name, used)]

    def labels(self, name: str, used: Collection[str] = ()) -> npt.NDArray[Any]:
        """Return a column of labels: int64 where all of them are plain whole numbers, else text.

        Raises
        ------
        TableError
            If the column is missing, or a label is.
        """
        position = self.position(name, used)
        kept: dict[str, str] = {}  # a label that stands in many rows stands in memory once
        labels = [
            kept.setdefault(label, label)
            for label in (line.split(self._delimiter, position + 1)[position].strip() for line in self._lines)
        ]
        if "" in kept:
            rows = [row for row, label in zip(self.rows, labels, strict=True) if not label]
            problem = "the label is missing"
            if len(rows) > 1:
                problem = f"{problem}, and in {len(rows) - 1:,} more rows: give them labels, or take them out"
            raise TableError(self.path, problem, rows[0], name)
        longest = max(range(len(labels)), key=lambda i: len(labels[i]))
        if len(labels[longest]) > _LONGEST:
            problem = f"a label of {len(labels[longest]):,} characters is no class"
            raise TableError(self.path, problem, self.rows[longest], name)
        try:
            if all(str(int(label)) == label for label in kept):  # "01" is not "1"
                return np.fromiter(map(int, labels), np.int64, len(labels))
        except (ValueError, OverflowError):
            pass
        return text_array(labels)

    @cached_property
    def _cells(self) -> list[list[str]]:
        """All values by column."""
        kept: dict[str, str] = {}  # a value that stands in many rows stands in memory once
        cells: list[list[str]] = [[] for _ in self.columns]
        for line in self._lines:
            for column, value in zip(cells, map(str.strip, line.split(self._delimiter)), strict=True):
                column.append(kept.setdefault(value, value))
        return cells

    def position(self, name: str, used: Collection[str] = ()) -> int:
        """Return a column's place, from 0; `used` as in `numbers`.

        Raises
        ------
        TableError
            If there is no such column.
        """
        if name in self._places:
            return self._places[name]
        near = get_close_matches(
            name[:_COMPARED],
            [other for other in self.columns[:_COMPARED] if other not in used and len(other) < 100],
            n=1,
        )
        listed = ", ".join(shown(other, "") for other in self.columns[:8])
        listed += ", …" if len(self.columns) > 8 else ""
        hint = f"did you mean {near[0]!r}?" if near else f"the columns are {listed}"
        raise TableError(self.path, self._headless(f"there is no column {shown(name)}; {hint}"))

    def _headless(self, problem: str) -> str:
        """Add that the first row looks like the others, if it does: numbers that no one names a column by."""
        some = self.columns[:_COMPARED]
        measured = [name for name in some if number(name, self.decimal_comma) is not None]
        if any(not name.isdigit() for name in measured) or len(measured) > max(len(some) // 2, 3):
            return f"{problem}; is the first row a sample? Put a row of names above it"
        return problem

    def _parse(self, names: Sequence[str], positions: Sequence[int]) -> npt.NDArray[np.float64]:
        """Read value by value, with decimal commas; say of the first value that is no number what it is."""
        X = np.empty((len(self), len(names)))
        for i, (row, line) in enumerate(zip(self.rows, self._lines, strict=True)):
            values = line.split(self._delimiter)
            for j, position in enumerate(positions):
                value = values[position].strip()
                x = None if missing(value) else number(value, self.decimal_comma)
                if x is None or not isfinite(x):
                    self._tell(value, x, row, names[j])
                X[i, j] = x
        return X

    def _tell(self, value: str, x: float | None, row: int, name: str) -> NoReturn:
        if missing(value):
            problem = f"the value is missing ({value})" if value else "the value is missing"
        elif x is None:
            problem = f"{shown(value)} is not a number"
        else:
            problem = f"{shown(value)} is not a finite number"
        raise TableError(self.path, problem, row, name)


def missing(value: str) -> bool:
    """Tell whether a value stands for none."""
    return len(value) < 5 and value.lower() in _MISSING


def number(value: str, decimal_comma: bool = False) -> float | None:
    """Return the number that a value writes, infinite ones too; None where it is no number."""
    if decimal_comma and "," in value and len(value) < 400 and _DECIMAL_COMMA.fullmatch(value):
        value = value.replace(",", ".")
    try:
        return float(value) if "_" not in value else None  # Python's 1_000 is no number in a table
    except ValueError:
        return None
