"""Any labelled table of numbers: learn from it, and predict the labels of another."""

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triceptron import engines, modelfile, tensorfile
from triceptron.csvtable import CsvError, CsvTable, read_labelled, read_table
from triceptron.datasets import Dataset, Split, Standardisation
from triceptron.engines import EngineName
from triceptron.modelfile import Model
from triceptron.parameters import Floats
from triceptron.recipe import Recipe
from triceptron.run import Run
from triceptron.training import Epoch
from triceptron.validation import check_number

__all__ = ["DEFAULTS", "Predictions", "predict_table", "read_split", "train_table"]

DEFAULTS = Recipe(hidden=100, learning_rate=0.001, epochs=200, batch_size=200, solver="adam", alpha=1e-4)
"""What is taken where nothing is said: `MLPClassifier`'s defaults, without a rule to stop by."""


@dataclass(frozen=True)
class Predictions:
    """A model's word on each row of a table.

    Attributes
    ----------
    classes : ndarray, shape (K,)
    P : array, shape (n, K)
        Each class's probability.
    labels : ndarray, shape (n,), or None
        The true labels as text, where the table has them.
    """

    classes: npt.NDArray[np.generic]
    P: Floats
    labels: npt.NDArray[np.str_] | None

    @property
    def predicted(self) -> npt.NDArray[np.str_]:
        """The most probable class of each row, as text."""
        predicted: npt.NDArray[np.str_] = self.classes.astype(str)[self.P.argmax(axis=1)]
        return predicted

    @property
    def correct(self) -> int | None:
        """How many rows it got right, where the table has labels."""
        return None if self.labels is None else int((self.predicted == self.labels).sum())

    def save(self, path: str | os.PathLike[str], *, probabilities: bool = False) -> None:
        """Write a CSV file, whole or not at all: a column ``prediction``, and a column a class if wanted."""
        text = StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        names = self.classes.astype(str).tolist()
        writer.writerow(["prediction", *(names if probabilities else [])])
        columns = [self.predicted.tolist()]
        columns += [[f"{p:.6g}" for p in column.tolist()] for column in self.P.T] if probabilities else []
        writer.writerows(zip(*columns, strict=True))
        tensorfile.write_whole(path, text.getvalue().encode())


def train_table(
    path: str | os.PathLike[str],
    label: str,
    recipe: Recipe = DEFAULTS,
    *,
    test_size: float = 0.2,
    engine: EngineName = engines.DEFAULT,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
) -> Run:
    """Learn the labels of a CSV file, and test on a part that was set aside.

    Parameters
    ----------
    path : path
        A row of names, then a row for each sample; every column but the labels' holds numbers.
    label : str
        The name of the column with the labels.
    recipe : Recipe
        The hyperparameters.
    test_size : float
        The share set aside, 0 < test_size < 1; each class is in both parts where it has two samples.
    engine, n_threads, callback
        See `triceptron.train`.

    Returns
    -------
    Run

    Raises
    ------
    CsvError
        If the table cannot be used; a `ValueError` that names file, row and column.
    """
    (train_part, test_part), names = read_split(path, label, test_size=test_size, seed=recipe.seed)
    standardisation = Standardisation.fit(train_part.X)
    training = recipe.train(
        train_part, standardisation, test=test_part, engine=engine, n_threads=n_threads, callback=callback
    )
    settings = {"data": Path(path).name, "label": label, "test_size": test_size, **recipe.settings()}
    return Run(
        training.parameters,
        training.history,
        standardisation,
        test_part,
        settings | {"engine": engine},
        feature_names=names,
        label=label,
    )


def read_split(
    path: str | os.PathLike[str],
    label: str,
    *,
    test: str | os.PathLike[str] | None = None,
    test_size: float = 0.2,
    seed: int = 0,
) -> tuple[Split, tuple[str, ...]]:
    """Read a part to learn from and a part to be tested on.

    Parameters
    ----------
    path, label
        See `train_table`.
    test : path, optional
        A CSV file with the same columns: the test part.
    test_size : float
        The share of `path` that is set aside where there is no such file.
    seed : int
        Of that split.

    Returns
    -------
    Split
    feature_names : tuple of str

    Raises
    ------
    CsvError
        If a table cannot be used; a `ValueError` that names file, row and column.
    """
    check_number("test_size", test_size, above=0, below=1)
    X, labels, names = read_labelled(path, label)
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise CsvError(path, f"all labels are {labels[0]}: at least two classes are needed", column=label)
    if len(classes) > len(labels) / 2:
        problem = f"{len(classes)} different labels in {len(labels)} rows: these are no classes"
        raise CsvError(path, problem, column=label)
    data = Dataset(X, y.astype(np.int64), tuple(classes.astype(str).tolist()))
    if test is None:
        return _split(data, test_size, seed, path), names
    return Split(data, _read_test(test, label, data.classes, names)), names


def _read_test(
    path: str | os.PathLike[str], label: str, classes: tuple[str, ...], names: tuple[str, ...]
) -> Dataset:
    table = read_table(path)
    code = {name: k for k, name in enumerate(classes)}
    labels = table.labels(label).astype(str).tolist()
    if strange := [name for name in labels if name not in code]:
        raise CsvError(path, f"the label {strange[0]!r} is not among those to learn from", column=label)
    return Dataset(table.numbers(names), np.array([code[name] for name in labels], np.int64), classes)


def predict_table(
    model: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    engine: EngineName = engines.DEFAULT,
    n_threads: int | None = None,
) -> Predictions:
    """Predict the label of each row of a CSV file.

    Parameters
    ----------
    model : path
        A model's file.
    path : path
        A row of names, then a row for each sample. Where the model knows its features' names, they are
        looked up and other columns do not matter; else all columns are features, in the model's order.
    engine, n_threads
        See `triceptron.train`.

    Returns
    -------
    Predictions

    Raises
    ------
    InvalidFileError, CsvError
        If a file cannot be used; both are a `ValueError` that names it.
    """
    trained = modelfile.read(model)
    table = read_table(path)
    X = table.numbers(_features(trained, table, path))
    labels = None
    if trained.label is not None and trained.label in table.columns:
        labels = table.labels(trained.label).astype(str)
    return Predictions(trained.classes, trained.predict_proba(X, engine=engine, n_threads=n_threads), labels)


def _features(model: Model, table: CsvTable, path: str | os.PathLike[str]) -> tuple[str, ...]:
    if model.feature_names is not None:
        return model.feature_names
    m = len(model.parameters.W1)
    if len(table.columns) != m:
        raise CsvError(path, f"{len(table.columns)} columns, but the model takes {m} features")
    return table.columns


def _split(data: Dataset, test_size: float, seed: int, path: str | os.PathLike[str]) -> Split:
    from sklearn.model_selection import train_test_split  # here: scikit-learn takes seconds to import

    rows, tested = np.arange(len(data.y)), round(test_size * len(data.y))
    rare = np.bincount(data.y).min() < 2 or min(tested, len(rows) - tested) < len(data.classes)
    stratify = None if rare else data.y
    try:
        train, test = train_test_split(rows, test_size=test_size, random_state=seed, stratify=stratify)
    except ValueError as error:
        raise CsvError(path, f"{len(rows)} rows cannot be split ({error})") from None
    return Split(*(data._replace(X=data.X[part], y=data.y[part]) for part in (train, test)))
