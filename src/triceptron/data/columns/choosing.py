"""Which columns of a table to learn from, and what each holds: numbers, dates or categories."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import nan
from re import compile as pattern
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from triceptron.data.csvtable import CsvTable, missing, number
from triceptron.data.errors import Problem, TableError, shown
from triceptron.language import translate

__all__ = ["Choice", "Kind", "Selection", "choose", "days"]

Kind: TypeAlias = Literal["number", "date", "category"]

_ID_NAME = pattern(r"(?i:(.*[ _.-])?(id|uuid|guid|index|row ?(id|no|number)?))|.*[a-z]I[dD]|编号|序号|学号")
_FEW = 20  # as many different texts can be categories, and as few numbered rows no numbering
_DATE = pattern(r"\d{4}([-/])\d{1,2}\1\d{1,2}([T ].*)?")


class Selection(NamedTuple):
    """What a user says of a table's columns.

    Attributes
    ----------
    features : sequence of str
        The columns to learn from, none of them left out; empty to look at all.
    drop : sequence of str
        Columns not to learn from.
    categories : sequence of str
        Columns whose values are categories though they may look like numbers.
    id : str or None
        The column that names the rows; not learned from.
    """

    features: Sequence[str] = ()
    drop: Sequence[str] = ()
    categories: Sequence[str] = ()
    id: str | None = None


@dataclass(frozen=True)
class Choice:
    """What is learned from.

    Attributes
    ----------
    kinds : dict of str to Kind
        The columns to learn from, in the table's order.
    left_out : dict of str to str
        The columns that nobody asked to leave out, and why each is.
    """

    kinds: dict[str, Kind]
    left_out: dict[str, str] = field(default_factory=dict)


def choose(table: CsvTable, label: str, selection: Selection) -> tuple[Choice, list[Problem]]:
    """Choose the columns to learn from.

    Left out, unless `Selection.features` names them: columns that are empty or always the same, that number
    or name the rows, and texts that hardly repeat.

    Returns
    -------
    choice : Choice
    problems : list of Problem
        What keeps columns from being learned from; all of them.

    Raises
    ------
    TableError
        If a column is named that is not there, or no column is left.
    """
    _check(table, label, selection)
    used = {label, selection.id, *selection.drop}
    kept = set(selection.features)
    names = [name for name in table.columns if name not in used and (not kept or name in kept)]
    if not names:
        raise TableError(table.path, f"there is no column beside the label column {shown(label)}")
    kinds, left_out, problems = _plain(table, names, selection, kept) or _mixed(table, names, selection, kept)
    if not kinds and not problems:
        reasons = ", ".join(translate(f"{shown(name, '')} {why}") for name, why in list(left_out.items())[:8])
        problem = f"no column is left to learn from ({reasons}); `features` keeps what it names"
        problems = [Problem(problem)]
    return Choice(kinds, left_out), problems


def _check(table: CsvTable, label: str, selection: Selection) -> None:
    used = {label, *selection.features, *selection.drop, *selection.categories}
    for name in (label, selection.id, *selection.features, *selection.drop, *selection.categories):
        if name is not None:
            table.position(name, used)
    for name in selection.features:
        if name in (label, selection.id) or name in selection.drop:
            what = {label: "the label", selection.id: "the id"}.get(name, "among those to drop")
            raise TableError(table.path, f"it cannot be learned from, being {what}", column=name)


_Found: TypeAlias = tuple[dict[str, Kind], dict[str, str], list[Problem]]


def _plain(
    table: CsvTable, names: Sequence[str], selection: Selection, kept: Collection[str]
) -> _Found | None:
    """Look at a table of nothing but numbers, which is read fast; None where it is not one."""
    if selection.categories:
        return None
    try:
        X = table.numbers(names)
    except TableError:
        return None
    kinds: dict[str, Kind] = {}
    left_out: dict[str, str] = {}
    for name, x in zip(names, X.T, strict=True):
        why = "" if name in kept else _needless(name, x)
        if why:
            left_out[name] = why
        else:
            kinds[name] = "number"
    return kinds, left_out, []


def _mixed(table: CsvTable, names: Sequence[str], selection: Selection, kept: Collection[str]) -> _Found:
    kinds: dict[str, Kind] = {}
    left_out: dict[str, str] = {}
    problems: list[Problem] = []
    for name in names:
        found = _look(table, name, name in selection.categories)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        kind, why = found
        if why and (name not in kept or why in (_EMPTY, _LONG)):
            left_out[name] = why
        else:
            kinds[name] = kind
    return kinds, left_out, problems


_EMPTY = "is empty"
_LONG = "is long text"
_LONGEST = 1000  # characters of a category: it becomes the name of a feature


def _look(table: CsvTable, name: str, category: bool) -> tuple[Kind, str] | Problem:
    """Return a column's kind and why not to learn from it, or what is wrong with it."""
    cells = table.cells(name)
    values = [value for value in cells if not missing(value)]
    if not values:
        return "category", _EMPTY
    if max(map(len, values)) > _LONGEST:
        return "category", _LONG

    def row_of(what: Callable[[str], bool]) -> int:
        return next(row for row, value in zip(table.rows, cells, strict=True) if what(value))

    found = (number(value, table.decimal_comma) for value in values)
    x = np.fromiter((nan if value is None else value for value in found), float, len(values))
    count = int((~np.isnan(x)).sum())
    if category or 2 * count < len(values):
        if not category and not count and all(_DATE.fullmatch(value[:40]) for value in values):
            try:
                for value in values:
                    days(value)
            except (ValueError, OverflowError):
                pass
            else:
                return "date", _constant(values, len(cells))
        return "category", _constant(values, len(cells)) or ("" if category else _wordy(name, values))
    if count < len(values):
        wrong = values[int(np.argmax(np.isnan(x)))]
        told = f"{shown(wrong)} is not a number, as {count:,} of {len(values):,} values are"
        problem = f"{told}; `categories` takes them as text, `drop` leaves them out"
        return Problem(problem, row_of(lambda value: value == wrong), name)
    if not np.isfinite(x).all():
        wrong = values[int(np.argmin(np.isfinite(x)))]
        problem = f"{shown(wrong)} is not a finite number"
        return Problem(problem, row_of(lambda value: value == wrong), name)
    if len(values) == 1 < len(cells):
        problem = "the value is missing, as all are but one; `drop` leaves the column out"
        return Problem(problem, row_of(missing), name)
    return "number", _needless(name, x) if len(values) == len(cells) else ""


def _needless(name: str, x: npt.NDArray[np.float64]) -> str:
    """Say why numbers, none missing, are of no use."""
    if (x == x[0]).all():
        return f"is always {x[0]:g}"
    if len(x) < _FEW or not (x == np.floor(x)).all():
        return ""
    if (np.diff(x) == 1).all():
        return "numbers the rows"
    if _ID_NAME.fullmatch(name[:60]) and len(np.unique(x)) == len(x):
        return "names the rows"
    return ""


def _constant(values: Sequence[str], n: int) -> str:
    return f"is always {shown(values[0])}" if len(values) == n and len(set(values)) == 1 else ""


def _wordy(name: str, values: Sequence[str]) -> str:
    different = len(set(values))
    if different <= _FEW or 2 * different <= len(values):
        return ""
    if different == len(values) and _ID_NAME.fullmatch(name[:60]):
        return "names the rows"
    return f"is text that hardly repeats ({different:,} different in {len(values):,} rows)"


def days(value: str) -> float:
    """Return the days from 1970-01-01 to a date such as 2024-02-29, 2024/2/29 or 2024-02-29 12:30.

    Raises
    ------
    ValueError
        If it is no date.
    """
    date, _, time = value.replace("T", " ", 1).partition(" ")
    year, month, day = (int(part) for part in date.replace("/", "-").split("-"))
    moment = datetime.fromisoformat(
        f"{year:04}-{month:02}-{day:02}" + (f" {time.strip()}" if time.strip() else "")
    )
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment.timestamp() / 86400
