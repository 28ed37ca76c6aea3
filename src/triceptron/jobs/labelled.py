"""Any labelled table: learn from it, and predict the labels of another."""

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats, check_number, text_array
from triceptron.data import (
    Columns,
    CsvTable,
    Dataset,
    Prepared,
    Selection,
    Split,
    Standardisation,
    TableError,
    has_labels,
    hold_out,
    load,
    prepare,
    read_table,
    split,
)
from triceptron.files import InvalidFileError, Model, modelfile, write_file
from triceptron.jobs.run import FinalLosses, Run
from triceptron.jobs.session import Session
from triceptron.language import translate
from triceptron.training import DEFAULT_ENGINE, EngineName, Epoch, HeldOut, Recipe, Training, still_falling

__all__ = ["LABELLED", "Predictions", "TableRun", "predict_table", "train_table"]

LABELLED = Recipe(
    hidden=100,
    learning_rate=0.02,
    epochs=100,
    batch_size=32,
    solver="adam",
    schedule="one_cycle",
    alpha=0.01,
)
"""What is taken where nothing is said; ``python -m benchmarks tables`` is how it was found."""

_HELD_OUT = 0.15
"""The share of the training part that tells how many epochs are best."""

_FEW = 20
"""Of so few samples none can be spared."""


@dataclass(frozen=True)
class TableRun(Run):
    """A run on a table, with what was made of its columns.

    Attributes
    ----------
    columns : Columns or None
        How the columns became features, where they are not the features themselves.
    notes : tuple of str
        What a user should know, a sentence each.
    """

    columns: Columns | None = None
    notes: tuple[str, ...] = ()

    def model(self) -> Model:
        """Return the network with all that is needed to use it, the columns' encoding included."""
        return replace(super().model(), columns=self.columns)


@dataclass(frozen=True)
class Predictions:
    """A model's word on each row of a table.

    Attributes
    ----------
    classes : ndarray, shape (K,)
    P : array, shape (n, K)
        Each class's probability.
    labels : ndarray, shape (n,), or None
        The true labels as text, where the table has them; "" where one is missing.
    rows : sequence of int
        The rows' numbers, as a spreadsheet counts them.
    ids : dict of str to sequence of str
        The column that names the rows, where there is one.
    """

    classes: npt.NDArray[np.generic]
    P: Floats
    labels: npt.NDArray[Any] | None
    rows: Sequence[int] = ()
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def predicted(self) -> npt.NDArray[Any]:
        """The most probable class of each row, as text."""
        names = self._names()
        return text_array([names[k] for k in self.P.argmax(axis=1).tolist()])

    def _names(self) -> list[str]:
        classes = self.classes
        names: list[str] = (classes if classes.dtype == object else classes.astype(str)).tolist()
        return names

    @property
    def correct(self) -> int | None:
        """How many rows it got right, where the table has labels."""
        return (
            None if self.labels is None or not self.labelled else int((self.predicted == self.labels).sum())
        )

    @property
    def labelled(self) -> int:
        """How many rows have a label."""
        return 0 if self.labels is None else int((self.labels != "").sum())

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        probabilities: bool = False,
        numbered: bool = False,
        new: bool = False,
    ) -> None:
        """Write a CSV file, whole or not at all.

        Parameters
        ----------
        path : path
            Gets a column ``prediction``, after the column that names the rows where there is one.
        probabilities : bool
            Add a column for each class.
        numbered : bool
            Begin with a column ``row``: each row's number in its table.
        new : bool
            Refuse to replace anything.

        Raises
        ------
        FileExistsError
            If `new` is asked for and something is there.
        """
        columns: dict[str, Sequence[object]] = {"row": self.rows} if numbered else {}
        headings = [*columns, *self.ids, "prediction"]
        values = [*columns.values(), *self.ids.values(), self.predicted.tolist()]
        if probabilities:
            headings += self._names()
            values += [[f"{p:.6g}" for p in column.tolist()] for column in self.P.T]
        text = StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(zip(*values, strict=True))
        write_file(path, text.getvalue().encode(), new=new)


def train_table(
    data: str | os.PathLike[str],
    label: str = "label",
    recipe: Recipe = LABELLED,
    *,
    features: Sequence[str] = (),
    drop: Sequence[str] = (),
    categories: Sequence[str] = (),
    id: str | None = None,
    classes: int | None = None,
    test_size: float = 0.2,
    early_stopping: bool = True,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
    resume: Path | None = None,
    checkpoint: Path | None = None,
) -> TableRun:
    """Learn the labels of a table, and test on a part that was set aside.

    Parameters
    ----------
    data : str or path
        CSV or Parquet: a row of names, then a row for each sample. Or "digits" or "mnist".
    label : str
        The name of the column with the labels.
    recipe : Recipe
        The hyperparameters.
    features : sequence of str
        The columns to learn from, all of which are kept; where none is named, all are looked at, and those
        that are empty, always the same, number the rows or hardly repeat are left out.
    drop : sequence of str
        Columns not to learn from.
    categories : sequence of str
        Columns whose values are categories though they look like numbers.
    id : str, optional
        The column that names the rows: not learned from, and handed on to the predictions.
    classes : int, optional
        How many classes there are; wanted where the labels are dozens of numbers.
    test_size : float
        The share set aside, 0 < test_size < 1; each class is in both parts where it has two samples.
    early_stopping : bool
        Learn from 85 % of the training part first; the epoch at which the loss on the others is lowest is
        how many epochs are best. Then learn from all of it for so many.
    engine, n_threads, callback
        See `triceptron.train`; the callback is told of both trainings, their epochs counted through.
    resume : path, optional
        The folder of a stopped run of the same settings on the same data, to go on from.
    checkpoint : path, optional
        The folder that keeps a checkpoint meanwhile, from which `resume` goes on after a kill.

    Returns
    -------
    TableRun

    Raises
    ------
    RunStopped
        On Ctrl-C; it can be saved.
    TableError
        If the table cannot be used; a `ValueError` that names file, row and column.
    """
    check_number("test_size", test_size, above=0, below=1)
    selection = Selection(features, drop, categories, id)
    settings = {
        "data": Path(data).name,
        "label": label,
        "test_size": test_size,
        "early_stopping": early_stopping,
        **{
            name: value if isinstance(value, str) else list(value)
            for name, value in selection._asdict().items()
            if value
        },
        **recipe.settings(),
        "engine": engine,
    }
    session = Session(
        settings, engine=engine, n_threads=n_threads, callback=callback, resume=resume, checkpoint=checkpoint
    )
    prepared = _prepare(data, label, selection, classes=classes, test_size=test_size, seed=recipe.seed)
    (learned, tested), columns, left_out = prepared
    recipe.check(learned)  # before the first of several networks is trained
    session.identify(learned, tested)
    standardisation = (
        Standardisation.suited(learned.X) if columns is None else columns.standardisation(learned.X)
    )
    notes = _notes(prepared)
    facts: dict[str, Any] = {"left_out": left_out} if left_out else {}

    def as_run(trainings: Mapping[str, Training]) -> TableRun:
        training = trainings["training" if "training" in trainings else "held out"]
        final = FinalLosses.measure(training, learned, tested, standardisation, **session.where)
        return TableRun(
            training,
            standardisation,
            tested,
            final,
            settings,
            facts,
            label=label,
            columns=columns,
            notes=tuple(notes),
        )

    stops_early, used = early_stopping and len(learned.y) >= _FEW, recipe
    with session.stoppable(recipe.all_epochs + stops_early * recipe.epochs, as_run):
        if stops_early:
            part = _hold_out(learned, recipe.seed)
            X, pixels = recipe.single().seen(part.test).X, part.test.X.dtype == np.uint8
            measure = HeldOut(
                X if pixels else standardisation.transform(X, recipe.dtype),
                part.test.y,
                standardisation if pixels else None,
                **session.where,
            )
            # One network tells how many epochs are best for each.
            session.train("held out", recipe.single(), part.train, standardisation, measure=measure)
            losses = list(session.measured("held out"))
            best = int(np.argmin(losses)) + 1
            facts |= {"best_epoch": best, "held_out_loss": losses}
            used = replace(recipe, epochs=best)
        training = session.train("training", used, learned, standardisation, test=tested)
        if still_falling(losses if stops_early else training.history.train_loss):
            notes.append(_FALLING)
        return as_run({"training": training})


_FALLING = "the loss was still falling at the end: more `epochs` or a larger `learning_rate` may do better"


def _prepare(
    data: str | os.PathLike[str],
    label: str,
    selection: Selection,
    *,
    classes: int | None,
    test_size: float,
    seed: int,
) -> Prepared:
    if has_labels(os.fspath(data)) or not Path(data).exists():
        return Prepared(load(os.fspath(data), label=label, test_size=test_size, seed=seed), None, {})
    return prepare(data, label, selection, classes=classes, test_size=test_size, seed=seed)


def _hold_out(learned: Dataset, seed: int) -> Split:
    """Cut off the part of the training part that tells how many epochs are best."""
    counts = np.bincount(learned.y, minlength=len(learned.classes))
    if counts.min() >= 2 and round(_HELD_OUT * len(learned.y)) >= len(counts):
        return split(learned, test_size=_HELD_OUT, seed=seed, stratify=True)
    return hold_out(learned, _HELD_OUT, seed)


def _notes(prepared: Prepared) -> list[str]:
    """Say in a sentence each what became of the columns."""
    columns, left_out = prepared.columns, prepared.left_out
    notes = []
    if columns is not None:
        named = [column for column in columns.columns if column.kind == "category"]
        dates = [column.name for column in columns.columns if column.kind == "date"]
        gaps = [column.name for column in columns.columns if column.gaps]
        if named:
            sizes = _listed([f"{column.name} ({len(column.categories)})" for column in named])
            notes.append(f"a feature for each category of {sizes}")
        if gaps:
            notes.append(f"the median where a number is missing, and a feature that it is: {_listed(gaps)}")
        if dates:
            notes.append(f"dates as days since 1970: {_listed(dates)}")
    if left_out:
        reasons = _listed([translate(f"{name} {why}") for name, why in left_out.items()])
        notes.append(f"left out: {reasons}; `features` keeps what it names")
    return notes


def _listed(names: Sequence[str]) -> str:
    """Return names for a sentence, the first of them where there are many."""
    return ", ".join(name[:100] for name in names[:8]) + (f" and {len(names) - 8} more" * (len(names) > 8))


def predict_table(
    model: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    id: str | None = None,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
) -> Predictions:
    """Predict the label of each row of a table.

    Parameters
    ----------
    model : path
        A model's file.
    path : path
        CSV or Parquet: a row of names, then a row for each sample. Where the model knows its columns' names,
        they are looked up and other columns do not matter; else all columns are features, in the model's
        order.
    id : str, optional
        The column that names the rows; that of the training where it is there and none is named.
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
    known = trained.settings.get("id")
    if id is None and isinstance(known, str) and known in table.columns:
        id = known
    X = (
        table.numbers(_features(trained, table, path))
        if trained.columns is None
        else trained.columns.encode(table)
    )
    labels = None
    if trained.label is not None and trained.label in table.columns:
        labels = text_array(table.cells(trained.label))
    return Predictions(
        trained.classes,
        trained.predict_proba(X, engine=engine, n_threads=n_threads),
        labels,
        table.rows,
        {} if id is None else {id: table.cells(id)},
    )


def _features(model: Model, table: CsvTable, path: str | os.PathLike[str]) -> tuple[str, ...]:
    if model.feature_names is not None:
        return model.feature_names
    m = len(model.parameters.W1)
    if len(table.columns) != m:
        raise TableError(path, f"{len(table.columns)} columns, but the model takes {m} features")
    return table.columns
