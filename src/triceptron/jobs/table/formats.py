"""A table as it was given, CSV, Markdown or TOML, and the way back into the same text."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from triceptron.data import TableError, decode, shown
from triceptron.jobs.table.headings import HYPERPARAMETERS, meaning

__all__ = ["Given", "read"]

Cells: TypeAlias = list[str]

_LARGEST = 4_000_000  # bytes


@dataclass(frozen=True)
class Given:
    """A table as it was given.

    Attributes
    ----------
    name : str
        The file's name.
    headings : list of str
    rows : list of list of str
        As many cells as headings each; "" where a cell is empty.
    lines : list of int or None
        The line of the file in which each row stands, where a row is a line.
    emphasis : bool
        Whether a cell can be set in bold.
    """

    name: str
    headings: Cells
    rows: list[Cells]
    lines: list[int] | None
    emphasis: bool
    _write: Callable[[Cells, list[Cells]], str] = field(repr=False)
    _encoding: str = "utf-8"

    def error(self, problem: str, row: int, column: int | None = None) -> TableError:
        """Return an error that says where the cell is."""
        heading = None if column is None else self.headings[column]
        line = None if self.lines is None else self.lines[row]
        return TableError(self.name, problem, row + 1, heading, line=line)

    def filled(self, headings: Cells, rows: list[Cells]) -> bytes:
        """Return the file with these headings and rows in the place of the given ones."""
        return self._write(headings, rows).encode(self._encoding)


def read(path: Path) -> Given:
    """Read a table; the file's ending tells its format.

    Parameters
    ----------
    path : Path
        Ends in .csv (or .tsv), .md (or .markdown) or .toml.

    Returns
    -------
    Given

    Raises
    ------
    TableError
        If there is no table in it, or a row has too many or too few cells.
    OSError
        If the file cannot be read.
    """
    readers = {".csv": _csv, ".tsv": _csv, ".md": _markdown, ".markdown": _markdown, ".toml": _toml}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        problem = f"a table is a .csv, a .md or a .toml file, not {path.suffix or 'nameless'!r}"
        raise TableError(path, problem)
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise TableError(None, f"{path} is not there") from None
    if len(data) > _LARGEST:
        raise TableError(
            path, "more than 4 MB: this is no table of hyperparameters, whose rows are trained each"
        )
    text, encoding = _decode(path, data)
    return reader(str(path), text, encoding)


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8, or what Excel writes on a Chinese Windows."""
    try:
        return decode(data)
    except UnicodeDecodeError:
        raise TableError(None, f"{path} is not text in UTF-8 or GB 18030") from None


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _even(name: str, headings: Cells, rows: Iterable[Cells], lines: Sequence[int]) -> list[Cells]:
    """Return as many cells as there are headings; results that are left off at a row's end are forgiven."""
    needed = max(
        (i for i, heading in enumerate(headings, 1) if meaning(heading) in HYPERPARAMETERS), default=0
    )
    even = []
    for row, (cells, line) in enumerate(zip(rows, lines, strict=True), start=1):
        if not needed <= len(cells) <= len(headings):
            problem = f"{len(cells)} cells under {len(headings)} headings"
            raise TableError(name, problem, row, line=line)
        even.append(cells + [""] * (len(headings) - len(cells)))
    return even


def _csv(name: str, text: str, encoding: str) -> Given:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [([cell.strip() for cell in cells], reader.line_num) for cells in reader]
    except csv.Error as error:
        raise TableError(name, str(error), line=reader.line_num) from None
    filled = [(cells, line) for cells, line in lines if any(cells)]
    if not filled:
        raise TableError(name, "no headings; the file is empty")
    (headings, _), *below = filled
    numbers = [line for _, line in below]
    rows = _even(name, headings, (cells for cells, _ in below), numbers)

    def write(headings: Cells, rows: list[Cells]) -> str:
        out, cells = io.StringIO(newline=""), iter([headings, *rows])
        writer = csv.writer(out, delimiter=delimiter, lineterminator=_ending(text))
        for given, _ in lines:
            writer.writerow(next(cells) if any(given) else [])
        return out.getvalue()

    return Given(name, headings, rows, numbers, False, write, encoding)


_DASHES = re.compile(":?-+:?")


def _markdown(name: str, text: str, encoding: str) -> Given:
    lines = text.splitlines()
    start = _find_table(lines)
    if start is None:
        problem = "no table with a heading that names a hyperparameter, such as learning rate"
        raise TableError(name, problem)
    headings, dashes = _cells(lines[start]), _cells(lines[start + 1])
    end = start + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    numbers = list(range(start + 3, end + 1))
    rows = _even(name, headings, map(_cells, lines[start + 2 : end]), numbers)

    def write(headings: Cells, rows: list[Cells]) -> str:
        marks = (dashes + ["---"] * (len(headings) - len(dashes)))[: len(headings)]
        table = _align(headings, marks, rows)
        ending = _ending(text)
        return ending.join([*lines[:start], *table, *lines[end:]]) + (ending if text.endswith("\n") else "")

    return Given(name, headings, rows, numbers, True, write, encoding)


def _find_table(lines: Sequence[str]) -> int | None:
    """Return the line of the first table, outside of code, that names a hyperparameter."""
    fenced = False
    for i, line in enumerate(lines[:-1]):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if fenced or "|" not in line or not all(map(_DASHES.fullmatch, _cells(lines[i + 1]))):
            continue
        if any(meaning(heading) in HYPERPARAMETERS for heading in _cells(line)):
            return i
    return None


def _cells(line: str) -> Cells:
    line = line.strip().removeprefix("|")
    line = line if line.endswith("\\|") else line.removesuffix("|")
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]


def _align(headings: Cells, marks: Cells, rows: list[Cells]) -> list[str]:
    """Return the lines of a Markdown table whose bars stand below one another."""
    widths = [max(3, *(_width(row[i]) for row in (headings, *rows))) for i in range(len(headings))]
    dashes = [
        (":" if mark.startswith(":") else "-") + "-" * (width - 2) + (":" if mark.endswith(":") else "-")
        for mark, width in zip(marks, widths, strict=True)
    ]
    padded = [
        [_pad(cell, width, mark) for cell, width, mark in zip(row, widths, marks, strict=True)]
        for row in (headings, *rows)
    ]
    return [f"| {' | '.join(cells)} |" for cells in (padded[0], dashes, *padded[1:])]


def _pad(cell: str, width: int, mark: str) -> str:
    space = " " * (width - _width(cell))
    to_the_right = mark.endswith(":") and not mark.startswith(":")
    return space + cell if to_the_right else cell + space


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _toml(name: str, text: str, encoding: str) -> Given:
    import tomlkit  # here: it takes a tenth of a second to import, for the rarest format

    try:
        document = tomlkit.parse(text)
    except Exception as error:  # a dozen kinds, and deep nesting is a RecursionError
        raise TableError(name, shown(str(error) or type(error).__name__, "")) from None
    found = [key for key, value in document.items() if _holds_rows(value)]
    if len(found) != 1:
        held = f"has {', '.join(shown(key, '') for key in found[:8])}" if found else "has none"
        raise TableError(name, f"each row must be a [[row]], all of one name; the file {held}")
    entries = document.unwrap()[found[0]]
    headings = list(dict.fromkeys(key for entry in entries for key in entry))
    rows = [[_say(entry.get(key, "")) for key in headings] for entry in entries]

    def write(headings: Cells, rows: list[Cells]) -> str:
        filled: Any = tomlkit.parse(text)
        for entry, given, row in zip(filled[found[0]], entries, rows, strict=True):
            for key, cell in zip(headings, row, strict=True):
                if cell != _say(given.get(key, "")):
                    entry[key] = _toml_value(cell)
        return tomlkit.dumps(filled)

    return Given(name, headings, rows, None, False, write, encoding)


def _holds_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _say(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value)


def _toml_value(cell: str) -> str | float:
    return float(cell) if re.fullmatch(r"-?\d+\.\d+", cell) else cell
