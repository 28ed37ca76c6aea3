"""A labelled CSV file as a data set, cut in two unless a second file is the test part."""

import os

import numpy as np

from triceptron.data.csvtable import read_labelled, read_table
from triceptron.data.dataset import Dataset, Split
from triceptron.data.errors import TableError
from triceptron.data.splitting import split

__all__ = ["read_split"]


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
    X, labels, names = read_labelled(path, label)
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise TableError(path, f"all labels are {labels[0]}: at least two classes are needed", column=label)
    if len(classes) > len(labels) / 2:
        problem = f"{len(classes)} different labels in {len(labels)} rows: these are no classes"
        raise TableError(path, problem, column=label)
    data = Dataset(X, y.astype(np.int64), tuple(classes.astype(str).tolist()), feature_names=names)
    if test is not None:
        return Split(data, _read_test(test, label, data))
    tested = round(test_size * len(y))
    rare = np.bincount(y).min() < 2 or min(tested, len(y) - tested) < len(classes)
    try:
        return split(data, test_size=test_size, seed=seed, stratify=not rare)
    except ValueError as error:
        raise TableError(path, f"{len(y)} rows cannot be split ({error})") from None


def _read_test(path: str | os.PathLike[str], label: str, learned: Dataset) -> Dataset:
    table = read_table(path)
    code = {name: k for k, name in enumerate(learned.classes)}
    labels = table.labels(label).astype(str).tolist()
    if strange := [name for name in labels if name not in code]:
        raise TableError(path, f"the label {strange[0]!r} is not among those to learn from", column=label)
    y = np.array([code[name] for name in labels], np.int64)
    return learned._replace(X=table.numbers(learned.feature_names or ()), y=y)
