"""Any labelled table of numbers: learn from it, and predict the labels of another."""

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats, check_number
from triceptron.data import CsvTable, Standardisation, TableError, load, read_table
from triceptron.files import InvalidFileError, Model, modelfile, write_file
from triceptron.jobs.run import Run
from triceptron.training import DEFAULT_ENGINE, EngineName, Epoch, Recipe, train

__all__ = ["LABELLED", "Predictions", "predict_table", "train_table"]

LABELLED = Recipe(hidden=100, learning_rate=0.001, epochs=200, batch_size=200, solver="adam", alpha=1e-4)
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
        write_file(path, text.getvalue().encode())


def train_table(
    data: str | os.PathLike[str],
    label: str = "label",
    recipe: Recipe = LABELLED,
    *,
    test_size: float = 0.2,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
) -> Run:
    """Learn the labels of a CSV file, and test on a part that was set aside.

    Parameters
    ----------
    data : str or path
        A row of names, then a row for each sample; every column but the labels' holds numbers. Or "digits" or
        "mnist".
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
    TableError
        If the table cannot be used; a `ValueError` that names file, row and column.
    """
    check_number("test_size", test_size, above=0, below=1)
    learned, tested = load(os.fspath(data), label=label, test_size=test_size, seed=recipe.seed)
    standardisation = Standardisation.suited(learned.X)
    training = train(
        **recipe.arguments(learned, standardisation, test=tested),
        engine=engine,
        n_threads=n_threads,
        callback=callback,
    )
    settings = {"data": Path(data).name, "label": label, "test_size": test_size, **recipe.settings()}
    return Run(training, standardisation, tested, settings | {"engine": engine}, label=label)


def predict_table(
    model: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    engine: EngineName = DEFAULT_ENGINE,
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
    InvalidFileError, TableError
        If a file cannot be used; both are a `ValueError` that names it.
    """
    trained = modelfile.read(model)
    if trained.output == "logistic" and len(trained.parameters.b2) > 1:
        raise InvalidFileError(model, "its labels may go together: load_model(...).predict tells which do")
    if trained.output == "identity":
        raise InvalidFileError(model, "it puts out numbers, not labels: load_model(...).predict gives them")
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
        raise TableError(path, f"{len(table.columns)} columns, but the model takes {m} features")
    return table.columns
