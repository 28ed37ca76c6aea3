"""A finished run and its folder: the figures, the pictures, written whole or not at all."""

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from triceptron import modelfile, steps
from triceptron.datasets import Dataset, Standardisation
from triceptron.modelfile import Model
from triceptron.parameters import Floats, Parameters
from triceptron.training import History
from triceptron.validation import Labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Run", "check_folder", "wilson_interval", "write_diverged"]

Writer = Callable[[Path], object]

_OURS = {
    "confusion_matrix.png",
    "hidden_units.png",
    "loss_curve.png",
    "metrics.json",
    "mistakes.png",
    "model.safetensors",
    "submission.csv",
}


@dataclass(frozen=True)
class Run:
    """A trained network with what it was trained by and how it does on the test part.

    Attributes
    ----------
    parameters : Parameters
    history : History
    standardisation : Standardisation
    test : Dataset
        The test part, before standardisation.
    settings : dict
        The hyperparameters, by name.
    facts : mapping, optional
        What else metrics.json should hold.
    feature_names : tuple of str, optional
    label : str, optional
        What the labels are called.
    """

    parameters: Parameters
    history: History
    standardisation: Standardisation
    test: Dataset
    settings: dict[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    feature_names: tuple[str, ...] | None = None
    label: str | None = None

    @cached_property
    def P(self) -> Floats:
        """The network's probabilities on the test part, shape (n, K)."""
        X = self.standardisation.transform(self.test.X, self.parameters.W1.dtype)
        P: Floats = steps.softmax(steps.forward(X, self.parameters).O)
        return P

    @property
    def predicted(self) -> Labels:
        """The network's class for each test sample, shape (n,)."""
        predicted: Labels = self.P.argmax(axis=1)
        return predicted

    @property
    def correct(self) -> int:
        """How many test samples it gets right."""
        return int((self.predicted == self.test.y).sum())

    @property
    def accuracy(self) -> float:
        """The share of test samples it gets right."""
        return self.correct / len(self.test.y)

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The accuracy's 95 % confidence interval, as `wilson_interval` gives it."""
        return wilson_interval(self.correct, len(self.test.y))

    def metrics(self) -> dict[str, Any]:
        """Everything measured, as it stands in metrics.json."""
        return {
            "accuracy": self.accuracy,
            "accuracy_interval": self.accuracy_interval,
            "correct": self.correct,
            "test_samples": len(self.test.y),
            "fingerprint": self.parameters.fingerprint(),
            **self.facts,
            **_record(self.history, self.settings),
        }

    def model(self) -> Model:
        """Return the network with all that is needed to use it, as it stands in model.safetensors."""
        return Model(
            self.parameters,
            _labels(self.test.classes),
            self.standardisation,
            self.feature_names,
            self.label,
            settings=self.settings,
            history={"loss": self.history.train_loss, "test_loss": self.history.test_loss},
        )

    def save(self, folder: Path, *, force: bool = False, also: Mapping[str, Writer] | None = None) -> None:
        """Write the run's folder.

        Parameters
        ----------
        folder : Path
            Made with all its parents; must be empty or not there, unless `force` is given.
        force : bool
            Replace the folder of an earlier run.
        also : mapping of str to callable, optional
            More files by name, or others in the place of the usual ones; each is called with its path.

        Raises
        ------
        OSError
            If the folder is in use or cannot be written; what was there before is still there.
        """
        from triceptron import plots  # here: matplotlib takes seconds to import

        files = _record_files(self.history, self.metrics())
        files["model.safetensors"] = partial(modelfile.write, self.model())
        y, predicted, classes = self.test.y, self.predicted, self.test.classes
        files["confusion_matrix.png"] = _png(plots.confusion_matrix(y, predicted, classes))
        if self.test.image_shape is not None:
            shape = self.test.image_shape
            files["hidden_units.png"] = _png(plots.hidden_units(self.parameters.W1, shape))
            files["mistakes.png"] = _png(plots.mistakes(self.test.X, y, self.P, classes, shape))
        _write_folder(folder, {**files, **(also or {})}, force)


def _labels(classes: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the classes' names, as numbers where all of them are whole numbers."""
    try:
        numbers = np.array([int(name) for name in classes], np.int64)
    except (ValueError, OverflowError):
        return np.array(classes)
    return numbers if tuple(map(str, numbers.tolist())) == classes else np.array(classes)


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share that was measured as correct / n.

    Parameters
    ----------
    correct, n : int
        0 ≤ correct ≤ n, n ≥ 1.

    References
    ----------
    Wilson: Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 22 (1927).
    """
    from scipy.stats import binomtest  # here: it takes a second to import

    low, high = binomtest(correct, n).proportion_ci(0.95, method="wilson")
    return float(low), float(high)


def write_diverged(
    folder: Path, history: History, settings: dict[str, Any], reason: str, *, force: bool
) -> None:
    """Write what a run that diverged leaves: the loss curve up to there, and metrics.json with the reason."""
    metrics = {"diverged": reason, **_record(history, settings)}
    _write_folder(folder, _record_files(history, metrics), force)


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that a run could not be written to, before time is spent on training.

    Raises
    ------
    OSError
        If the folder is in use or cannot be made; the message says which and how to mend it.
    """
    if folder.exists():
        if not folder.is_dir():
            raise FileExistsError(f"--out {folder} is a file; name a folder")
        names = {path.name for path in folder.iterdir()}
        if names and not force:
            raise FileExistsError(
                f"--out {folder} already holds files; name another folder, or add --force to replace it"
            )
        if foreign := sorted(names - _OURS):
            raise FileExistsError(
                f"--out {folder} holds {foreign[0]}, which no run wrote; name another folder"
            )
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise NotADirectoryError(f"--out {folder} cannot be made: {parent} is a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"--out {folder} cannot be made: {parent} is not writable")


def _record(history: History, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "epochs_done": history.epochs,
        "train_seconds": history.seconds,
        "settings": settings,
        "versions": {
            "triceptron": version("triceptron"),
            "numpy": version("numpy"),
            "python": platform.python_version(),
            "machine": platform.machine(),
        },
        "train_loss": history.train_loss,
        "test_loss": history.test_loss,
    }


def _record_files(history: History, metrics: dict[str, Any]) -> dict[str, Writer]:
    from triceptron import plots  # here: matplotlib takes seconds to import

    text = json.dumps(metrics, indent=1, allow_nan=False)
    return {
        "metrics.json": lambda path: path.write_text(text + "\n", encoding="utf-8"),
        "loss_curve.png": _png(plots.loss_curve(history.train_loss, history.test_loss)),
    }


def _png(figure: "Figure") -> Writer:
    return lambda path: figure.savefig(path, bbox_inches="tight", pad_inches=0.1)


def _write_folder(folder: Path, files: dict[str, Writer], force: bool) -> None:
    """Write the files beside the folder, then put them in its place in one move."""
    check_folder(folder, force=force)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise OSError(f"--out {folder} cannot be written: {error.strerror}; name another folder") from error
    try:
        new, old = scratch / "new", scratch / "old"
        new.mkdir()
        for name, write in files.items():
            write(new / name)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
