"""Single runs of a table: their training, and the ledger that lets a stopped table go on where it was."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Labels, Matrix
from triceptron.data import Dataset, Standardisation
from triceptron.files import sync_folder
from triceptron.jobs.run import FinalLosses
from triceptron.training import (
    DivergenceError,
    History,
    Recipe,
    Recorded,
    Training,
    predict,
    train,
    train_all,
)

__all__ = ["Ledger", "Outcome", "Stop", "run"]


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes
    ----------
    train_loss, test_loss : list of float
        The curves: one value an epoch, up to the divergence where there was one.
    recorded : list of str
        When those were taken: the two words of `triceptron.training.Recorded`.
    final : list of float
        The trained network's losses, on the training and the test part; empty where the training diverged.
    seconds : float
        Of the training.
    correct, total : int
        Test samples got right, and how many there are.
    fingerprint : str
        Of the trained parameters; "" where the training diverged.
    diverged : str
        The reason, or "".
    """

    train_loss: list[float]
    test_loss: list[float]
    recorded: list[str]
    final: list[float]
    seconds: float
    correct: int
    total: int
    fingerprint: str
    diverged: str

    @property
    def accuracy(self) -> float:
        """The share of test samples it gets right."""
        return self.correct / self.total

    def check(self) -> "Outcome":
        """Return the outcome if it is what a run comes to.

        Raises
        ------
        ValueError, TypeError
            If a file says otherwise.
        """
        numbers = [*self.train_loss, *self.test_loss, *self.final, self.seconds]
        counts, texts = (self.correct, self.total), (*self.recorded, self.fingerprint, self.diverged)
        sound = (
            all(isinstance(number, int | float) and isfinite(number) for number in numbers)
            and all(isinstance(count, int) for count in counts)
            and all(isinstance(text, str) for text in texts)
            and 0 <= self.correct <= self.total
            and self.total > 0
            and tuple(self.recorded) in _RECORDED
            and len(self.final) == (0 if self.diverged else 2)
        )
        if not sound:
            raise ValueError("no run comes to that")
        return self


@dataclass
class Stop:
    """Tells trainings in this process to end after their epoch.

    Workers elsewhere have a copy that is silent; one that is a child of the table's process ends with it.
    """

    asked: bool = False
    process: int = field(default_factory=os.getpid)
    is_child: bool = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self.is_child = os.getppid() == self.process

    def __call__(self, epoch: object) -> bool:
        """What `train` asks after each epoch."""
        if self.is_child and os.getppid() != self.process:
            os._exit(1)  # whoever waited for the result was killed
        return self.asked


def run(
    recipe: Recipe,
    train_X: Matrix,
    train_y: Labels,
    test_X: Matrix,
    test_y: Labels,
    mean: npt.NDArray[np.float64],
    scale: npt.NDArray[np.float64],
    classes: tuple[str, ...],
    image_shape: tuple[int, int] | None,
    n_threads: int | None,
    stop: Stop,
) -> Outcome:
    """Train and test once.

    The arrays are arguments of their own (not a `TableData`), so that joblib and Dask send each of them to a
    worker once and not with every run.
    """
    standardisation = Standardisation(mean, scale)
    learned = Dataset(train_X, train_y, classes, image_shape)
    test = Dataset(test_X, test_y, classes, image_shape)

    def train_one(part: str, recipe: Recipe, teacher: Training | None) -> Training:
        arguments = recipe.arguments(learned, standardisation, test=test, teacher=teacher)
        return train(**arguments, n_threads=n_threads, callback=stop)

    try:
        training = train_all(recipe, train_one, image_shape)
        final = FinalLosses.measure(training, learned, test, standardisation, n_threads=n_threads)
    except DivergenceError as error:
        return _outcome(error.history, total=len(test_y), diverged=str(error))
    said = predict(test_X, training.parameters, standardisation, views=training.views, n_threads=n_threads)
    return _outcome(
        training.history,
        final=list(final),
        correct=int((said == test_y).sum()),
        total=len(test_y),
        fingerprint=training.parameters.fingerprint(),
    )


def _outcome(
    history: History,
    *,
    total: int,
    final: list[float] | None = None,
    correct: int = 0,
    fingerprint: str = "",
    diverged: str = "",
) -> Outcome:
    return Outcome(
        train_loss=history.train_loss,
        test_loss=history.test_loss,
        recorded=list(history.recorded),
        final=final or [],
        seconds=history.seconds,
        correct=correct,
        total=total,
        fingerprint=fingerprint,
        diverged=diverged,
    )


_RECORDED: set[tuple[str, ...]] = {Recorded.of(1), Recorded.of(2)}

_FORMAT = 2
"""What the fields of an `Outcome` mean; part of a run's key, so that no other meaning is taken for it."""


class Ledger:
    """The finished runs, a line of JSON each, written as they finish.

    A line that is not understood (cut off by a crash, or of another version) counts for nothing and stays in
    the file: nothing is ever deleted.

    Parameters
    ----------
    path : Path
        Read if it is there.

    Attributes
    ----------
    owner : dict or None
        Whose runs these are, where that was written down.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outcomes: dict[str, Outcome] = {}
        self.owner: dict[str, str] | None = None
        lines = path.read_bytes().splitlines() if path.exists() else []
        known = {entry.name for entry in fields(Outcome)}
        for line in lines:
            try:
                entry = json.loads(line)
                self.owner = dict(entry.get("owner", self.owner or {})) or None
                facts = {name: fact for name, fact in entry["outcome"].items() if name in known}
                self._outcomes[entry["key"]] = Outcome(**facts).check()
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue

    @staticmethod
    def key(recipe: Recipe, data_digest: str) -> str:
        """Return what tells a run from every other: hyperparameters, data and version."""
        facts = [_FORMAT, recipe.settings(), data_digest, version("triceptron")]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]

    def __contains__(self, key: str) -> bool:
        return key in self._outcomes

    def __getitem__(self, key: str) -> Outcome:
        return self._outcomes[key]

    def claim(self, owner: dict[str, str]) -> None:
        """Write down whose runs these are: which table's, on which data."""
        self._append({"owner": owner})
        self.owner = owner

    def add(self, key: str, outcome: Outcome) -> None:
        """Keep a finished run, on the disk before anything else happens."""
        self._append({"key": key, "outcome": asdict(outcome)})
        self._outcomes[key] = outcome

    def _append(self, entry: dict[str, Any]) -> None:
        new = not self._path.exists()
        with open(self._path, "ab+") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
            begun = file.read(1) not in (b"", b"\n")  # a line that a crash cut off
            file.write(b"\n" * begun + json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self._path.parent)
