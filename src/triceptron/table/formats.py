"""A table as it was given, CSV, Markdown or TOML, and the way back into the same text."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from triceptron.table.headings import HYPERPARAMETERS, meaning

__all__ = ["Given", "TableError", "read"]

Cells: TypeAlias = list[str]


class TableError(ValueError):
    """A table that cannot be filled in; the message names file, row and column."""


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

    def where(self, row: int, column: int | None = None) -> str:
        """Say where a cell is, for an error."""
        place = f"{self.name}, row {row + 1}" + (f" (line {self.lines[row]})" if self.lines else "")
        return place if column is None else f"{place}, column {self.headings[column]!r}"

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
        raise TableError(
            f"{path}: a table is a .csv, a .md or a .toml file, not {path.suffix or 'nameless'!r}"
        )
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise TableError(f"{path} is not there") from None
    text, encoding = _decode(path, data)
    return reader(str(path), text, encoding)


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8, or what Excel writes on a Chinese Windows."""
    for encoding in ("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise TableError(f"{path} is not text in UTF-8 or GB 18030")


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _even(name: str, headings: Cells, cells: Cells, row: int, line: int) -> Cells:
    """Return as many cells as there are headings; results that are left off at a row's end are forgiven."""
    if len(cells) > len(headings) or not all(
        meaning(heading) not in HYPERPARAMETERS for heading in headings[len(cells) :]
    ):
        raise TableError(
            f"{name}, row {row} (line {line}): {len(cells)} cells under {len(headings)} headings"
        )
    return cells + [""] * (len(headings) - len(cells))


def _csv(name: str, text: str, encoding: str) -> Given:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [([cell.strip() for cell in cells], reader.line_num) for cells in reader]
    except csv.Error as error:
        raise TableError(f"{name}, line {reader.line_num}: {error}") from None
    filled = [(cells, line) for cells, line in lines if any(cells)]
    if not filled:
        raise TableError(f"{name}: no headings; the file is empty")
    headings = filled[0][0]
    rows = [_even(name, headings, cells, i, line) for i, (cells, line) in enumerate(filled[1:], start=1)]

    def write(headings: Cells, rows: list[Cells]) -> str:
        out, cells = io.StringIO(newline=""), iter([headings, *rows])
        writer = csv.writer(out, delimiter=delimiter, lineterminator=_ending(text))
        for given, _ in lines:
            writer.writerow(next(cells) if any(given) else [])
        return out.getvalue()

    return Given(name, headings, rows, [line for _, line in filled[1:]], False, write, encoding)


_DASHES = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")


def _markdown(name: str, text: str, encoding: str) -> Given:
    lines = text.splitlines()
    start = _find_table(lines)
    if start is None:
        raise TableError(
            f"{name}: no table with a heading that names a hyperparameter, such as learning rate"
        )
    headings, dashes = _cells(lines[start]), _cells(lines[start + 1])
    end = start + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    rows = [
        _even(name, headings, _cells(line), i, start + 2 + i)
        for i, line in enumerate(lines[start + 2 : end], start=1)
    ]

    def write(headings: Cells, rows: list[Cells]) -> str:
        marks = dashes + ["---"] * (len(headings) - len(dashes))
        table = _align(headings, marks, rows)
        ending = _ending(text)
        return ending.join([*lines[:start], *table, *lines[end:]]) + (ending if text.endswith("\n") else "")

    return Given(name, headings, rows, list(range(start + 3, end + 1)), True, write, encoding)


def _find_table(lines: Sequence[str]) -> int | None:
    """Return the line of the first table, outside of code, that names a hyperparameter."""
    fenced = False
    for i, line in enumerate(lines[:-1]):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if fenced or "|" not in line or not _DASHES.match(lines[i + 1]):
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
    except tomlkit.exceptions.TOMLKitError as error:
        raise TableError(f"{name}: {error}") from None
    found = [key for key, value in document.items() if _holds_rows(value)]
    if len(found) != 1:
        held = f"has {', '.join(found)}" if found else "has none"
        raise TableError(f"{name}: each row must be a [[row]], all of one name; the file {held}")
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
