"""A labelled CSV file as a data set, cut in two unless a second file is the test part."""

import os
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.data.columns import Columns, Selection, choose
from triceptron.data.csvtable import CsvTable, number, read_labelled, read_table
from triceptron.data.dataset import Dataset, Split
from triceptron.data.errors import Problem, TableError, shown
from triceptron.data.splitting import split

__all__ = ["Prepared", "prepare", "read_split"]

_QUANTITY = 24  # more different numbers than that are asked about before they are taken for classes


class Prepared(NamedTuple):
    """A table of any columns as two parts of numbers.

    Attributes
    ----------
    split : Split
    columns : Columns or None
        How the columns became X's features; None where they are numbers as they stand.
    left_out : dict of str to str
        The columns that are not learned from though nobody said so, and why.
    """

    split: Split
    columns: Columns | None
    left_out: dict[str, str]


def prepare(
    path: str | os.PathLike[str],
    label: str,
    selection: Selection = Selection(),  # noqa: B008 - it is never changed
    *,
    classes: int | None = None,
    test_size: float = 0.2,
    seed: int = 0,
) -> Prepared:
    """Read a table whose columns may be categories, dates, or numbers with gaps.

    Parameters
    ----------
    path : path
        CSV (gzipped or not) or Parquet: a row of names, then a row for each sample.
    label : str
        The name of the column with the labels.
    selection : Selection
        Which columns to learn from.
    classes : int, optional
        How many classes there are: wanted where the labels are dozens of different numbers.
    test_size, seed
        As for `read_split`.

    Raises
    ------
    TableError
        If the table cannot be used; all that is wrong with its columns is told at once.
    """
    table = read_table(path)
    choice, problems = choose(table, label, selection)
    try:
        labels = table.labels(label)
        names, y = _codes(path, label, labels, classes)
    except TableError as error:
        raise TableError.of(path, [*problems, Problem(error.problem, error.row, label)]) from None
    if problems:
        raise TableError.of(path, problems)
    numbered = _split(path, Dataset(np.arange(float(len(y)))[:, None], y, names), test_size, seed)
    rows = [part.X[:, 0].astype(np.int64) for part in numbered]
    columns = None
    X = _numbers(table, tuple(choice.kinds)) if set(choice.kinds.values()) == {"number"} else None
    if X is None:
        columns = Columns.learn(table, choice.kinds, rows[0])
        rare = [name for name in choice.kinds if name not in {column.name for column in columns.columns}]
        choice.left_out.update(dict.fromkeys(rare, "has no value that repeats"))
        if not columns.columns:
            raise TableError(path, "no column is left to learn from: no value of any repeats")
        X = columns.encode(table)
    features = tuple(choice.kinds) if columns is None else columns.names
    train, test = (Dataset(X[part], y[part], names, feature_names=features) for part in rows)
    return Prepared(Split(train, test), columns, choice.left_out)


def _numbers(table: CsvTable, names: tuple[str, ...]) -> npt.NDArray[np.float64] | None:
    """Return columns of numbers as they stand; None where some are missing."""
    try:
        return table.numbers(names)
    except TableError:
        return None


def read_split(
    path: str | os.PathLike[str],
    label: str,
    *,
    test: str | os.PathLike[str] | None = None,
    test_size: float = 0.2,
    seed: int = 0,
) -> Split:
    """Read a part to learn from and a part to be tested on.

    Parameters
    ----------
    path : path
        A row of names, then a row for each sample; every column but the labels' holds numbers.
    label : str
        The name of the column with the labels.
    test : path, optional
        A CSV file with the same columns: the test part.
    test_size : float
        The share of `path` that is set aside where there is no such file; each class is in both parts where
        it has two samples.
    seed : int
        Of that split.

    Returns
    -------
    Split

    Raises
    ------
    TableError
        If a table cannot be used; a `ValueError` that names file, row and column.
    """
    X, labels, features = read_labelled(path, label)
    names, y = _codes(path, label, labels)
    data = Dataset(X, y, names, feature_names=features)
    if test is not None:
        return Split(data, _read_test(test, label, data))
    return _split(path, data, test_size, seed)


def _codes(
    path: str | os.PathLike[str], label: str, labels: npt.NDArray[Any], classes: int | None = None
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Return the classes' names and each label's code."""
    found, y = np.unique(labels, return_inverse=True)
    names = tuple(map(str, found.tolist()))
    if len(names) < 2:
        problem = f"all labels are {shown(names[0], '')}: at least two classes are needed"
        raise TableError(path, problem, column=label)
    if len(names) > len(labels) / 2:
        problem = f"{len(names)} different labels in {len(labels)} rows: these are no classes"
        raise TableError(path, problem, column=label)
    if classes is not None and classes != len(names):
        raise TableError(path, f"`classes` is {classes}, but there are {len(names)}", column=label)
    if classes is None and len(names) > _QUANTITY and all(number(name) is not None for name in names):
        n = len(names)
        problem = f"{n} different numbers: is this a class? A quantity cannot be learned here"
        raise TableError(path, f"{problem}; if each is a class, say `classes` {n}", column=label)
    return names, y.astype(np.int64)


def _split(path: str | os.PathLike[str], data: Dataset, test_size: float, seed: int) -> Split:
    """Cut in two, each class in both parts where it has two samples."""
    y = data.y
    tested = round(test_size * len(y))
    rare = np.bincount(y).min() < 2 or min(tested, len(y) - tested) < len(data.classes)
    try:
        return split(data, test_size=test_size, seed=seed, stratify=not rare)
    except ValueError as error:
        raise TableError(path, f"{len(y)} rows cannot be split ({error})") from None


def _read_test(path: str | os.PathLike[str], label: str, learned: Dataset) -> Dataset:
    table = read_table(path)
    code = {name: k for k, name in enumerate(learned.classes)}
    labels = list(map(str, table.labels(label).tolist()))
    if strange := [name for name in labels if name not in code]:
        raise TableError(
            path, f"the label {shown(strange[0])} is not among those to learn from", column=label
        )
    y = np.array([code[name] for name in labels], np.int64)
    return learned._replace(X=table.numbers(learned.feature_names or ()), y=y)
