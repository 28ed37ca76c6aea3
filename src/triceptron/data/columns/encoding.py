"""Numbers, dates and categories as one matrix of numbers: scikit-learn's transformers, kept as plain facts.

What was learned from the training part (medians, categories) is data that a model file can hold; the
transformers are made of it anew, so that no pickle is needed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import isfinite, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Matrix
from triceptron.data.columns.choosing import Kind, days
from triceptron.data.csvtable import CsvTable, missing, number
from triceptron.data.errors import Problem, TableError, shown
from triceptron.data.standardisation import Standardisation

__all__ = ["Column", "Columns"]

_RARE = 5  # a category of fewer training rows is no feature: it would be learned by heart
_MOST = 100  # categories of a column that become features


@dataclass(frozen=True)
class Column:
    """What was learned of a column.

    Attributes
    ----------
    name : str
    kind : {"number", "date", "category"}
        A date is a number: days since 1970.
    median : float
        Takes the place of a missing number.
    gaps : bool
        Whether some were missing in the training part: then that a number is missing is a feature, too.
    categories : tuple of str
        Each becomes a feature, 1 where the value is the category; "" is a missing value. All other values,
        rare ones and those never seen, are 0 in all of them.
    """

    name: str
    kind: Kind
    median: float = 0.0
    gaps: bool = False
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns that a model takes, and how they become its features.

    Attributes
    ----------
    columns : tuple of Column
    """

    columns: tuple[Column, ...]

    @classmethod
    def learn(cls, table: CsvTable, kinds: Mapping[str, Kind], rows: npt.NDArray[np.int64]) -> "Columns":
        """Learn medians and categories from some rows (by their place) of a table; use the training part's.

        A column of categories none of which is frequent is not in the result.
        """
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import OneHotEncoder

        measured = {name: kind for name, kind in kinds.items() if kind != "category"}
        named = [name for name, kind in kinds.items() if kind == "category"]
        learned = {}
        if measured:
            X = _numbers_and_texts(table, measured)[0][rows]
            imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True).fit(X)
            gaps = set(imputer.indicator_.features_.tolist())
            for j, (name, kind) in enumerate(measured.items()):
                learned[name] = Column(name, kind, float(imputer.statistics_[j]), j in gaps)
        if named:
            values = _numbers_and_texts(table, dict.fromkeys(named, "category"))[1][rows]
            encoder = OneHotEncoder(
                min_frequency=_RARE, max_categories=_MOST, handle_unknown="infrequent_if_exist"
            ).fit(values)
            found = zip(named, encoder.categories_, encoder.infrequent_categories_, strict=True)
            for name, categories, rare in found:
                few = set() if rare is None else set(rare)
                frequent = [value for value in categories if value not in few]
                if frequent:
                    learned[name] = Column(name, "category", categories=tuple(frequent))
        return cls(tuple(learned[name] for name in kinds if name in learned))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features' names, shape (m,): numbers, whether they are missing, then the categories."""
        numbers = [column for column in self.columns if column.kind != "category"]
        return (
            *(column.name for column in numbers),
            *(f"{column.name} is missing" for column in numbers if column.gaps),
            *(
                f"{column.name} = {value}" if value else f"{column.name} is missing"
                for column in self.columns
                for value in column.categories
            ),
        )

    @property
    def width(self) -> int:
        """The number of features, m."""
        return sum(
            len(column.categories) if column.kind == "category" else 1 + column.gaps
            for column in self.columns
        )

    @property
    def indicators(self) -> npt.NDArray[np.bool_]:
        """Which features are 0 or 1, shape (m,)."""
        numbers = sum(column.kind != "category" for column in self.columns)
        return np.arange(self.width) >= numbers

    def encode(self, table: CsvTable) -> npt.NDArray[np.float64]:
        """Return the features X (n, m) of a table's rows.

        Raises
        ------
        TableError
            If a column is not there, or a value of a number or date is neither that nor missing; all such
            columns are told.
        """
        numbers, texts = _numbers_and_texts(table, {column.name: column.kind for column in self.columns})
        imputer, encoder = self._transformers
        parts = [] if imputer is None else [imputer.transform(numbers)]
        if encoder is not None:
            parts.append(encoder.transform(texts))
        return np.hstack(parts)

    def standardisation(self, X: Matrix) -> Standardisation:
        """Learn the numbers' means and standard deviations from X (n, m); features of 0 and 1 stay so."""
        fitted = Standardisation.fit(X)
        return Standardisation(
            np.where(self.indicators, 0.0, fitted.mean), np.where(self.indicators, 1.0, fitted.scale)
        )

    def record(self) -> list[dict[str, Any]]:
        """Return what JSON can say of it."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_record(cls, record: Any) -> "Columns":
        """Return what `record` gave; trusts nothing.

        Raises
        ------
        ValueError
            If it is anything else.
        """
        if not isinstance(record, list) or not record:
            raise ValueError("its columns must be a list")
        columns = tuple(_column(entry) for entry in record)
        if len({column.name for column in columns}) < len(columns):
            raise ValueError("its columns must differ in their names")
        return cls(columns)

    @cached_property
    def _transformers(self) -> tuple[Any, Any]:
        """scikit-learn's imputer and encoder, None where nothing is theirs, fitted to what was learned."""
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import OneHotEncoder

        measured = [column for column in self.columns if column.kind != "category"]
        named = [column for column in self.columns if column.kind == "category"]
        imputer = encoder = None
        if measured:
            medians = [column.median for column in measured]
            gaps = [nan if column.gaps else column.median for column in measured]
            imputer = SimpleImputer(strategy="median", add_indicator=True).fit([medians, gaps])
        if named:
            encoder = OneHotEncoder(
                categories=[np.array(column.categories, object) for column in named],
                handle_unknown="ignore",
                sparse_output=False,
            ).fit(np.full((1, len(named)), "", object))
        return imputer, encoder


def _numbers_and_texts(
    table: CsvTable, kinds: Mapping[str, Kind]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_]]:
    """Return the columns of numbers and dates, NaN where missing, and those of text, "" where missing."""
    named = sum(kind == "category" for kind in kinds.values())
    numbers = np.empty((len(table), len(kinds) - named))
    texts = np.empty((len(table), named), object)
    problems: list[Problem] = []
    i = j = 0
    for name, kind in kinds.items():
        try:
            cells = table.cells(name, kinds)
        except TableError as error:
            problems.append(Problem(error.problem))
            continue
        if kind == "category":
            texts[:, j] = ["" if missing(value) else value for value in cells]
            j += 1
            continue
        for row, value in enumerate(cells):
            x = nan if missing(value) else _measure(value, kind, table.decimal_comma)
            if x is None:
                what = "a date" if kind == "date" else "a finite number"
                problems.append(Problem(f"{shown(value)} is not {what}", table.rows[row], name))
                break
            numbers[row, i] = x
        i += 1
    if problems:
        raise TableError.of(table.path, problems)
    return numbers, texts


def _measure(value: str, kind: Kind, decimal_comma: bool) -> float | None:
    if kind == "date":
        try:
            return days(value)
        except (ValueError, OverflowError):
            return None
    x = number(value, decimal_comma)
    return x if x is not None and isfinite(x) else None


def _column(entry: Any) -> Column:
    if not isinstance(entry, dict) or set(entry) != {"name", "kind", "median", "gaps", "categories"}:
        raise ValueError("each of its columns must have name, kind, median, gaps and categories")
    name, kind, categories = entry["name"], entry["kind"], entry["categories"]
    median, gaps = entry["median"], entry["gaps"]
    if not isinstance(name, str) or kind not in ("number", "date", "category"):
        raise ValueError("a column must have a name, and be of numbers, dates or categories")
    if isinstance(median, bool) or not isinstance(median, int | float) or not isfinite(median):
        raise ValueError("a column's median must be a finite number")
    if not isinstance(gaps, bool):
        raise ValueError("whether a column has gaps must be true or false")
    if not isinstance(categories, list) or not all(isinstance(value, str) for value in categories):
        raise ValueError("a column's categories must be texts")
    if len(set(categories)) < len(categories) or (kind == "category") != bool(categories):
        raise ValueError("a column of categories, and no other, must have some, which differ")
    if gaps and kind == "category":
        raise ValueError("a column of categories has no gaps: that a value is missing is one of them")
    return Column(name, kind, float(median), gaps, tuple(categories))
