"""A finished run and its folder: the figures, the pictures, written whole or not at all."""

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.metadata import version
from io import BytesIO
from math import isfinite, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron import files
from triceptron.arrays import Floats, Labels, text_array
from triceptron.data import Dataset, Standardisation
from triceptron.files import HeldError, InvalidFileError, Model, Writer, locked, modelfile, write_folder
from triceptron.parameters import Parameters
from triceptron.training import DEFAULT_ENGINE, DivergenceError, EngineName, History, Training, loss

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FinalLosses", "Run", "check_folder", "reserved", "wilson_interval", "write_diverged"]

CHECKPOINT = "checkpoint.safetensors"
"""What a stopped run goes on from."""

_OURS = {
    CHECKPOINT,
    "confusion_matrix.png",
    "hidden_units.png",
    "loss_curve.png",
    "metrics.json",
    "mistakes.png",
    "model.safetensors",
    "submission.csv",
}


_UNFINISHED = {CHECKPOINT}  # a run's own, from the way; or that of another at the same time


class FinalLosses(NamedTuple):
    """The losses (6) of the trained network, after the last update; no penalty is in them.

    Attributes
    ----------
    train, test : float
    """

    train: float
    test: float

    @classmethod
    def measure(
        cls,
        training: Training,
        train: Dataset,
        test: Dataset,
        standardisation: Standardisation,
        *,
        engine: EngineName = DEFAULT_ENGINE,
        n_threads: int | None = None,
    ) -> "FinalLosses":
        """Return both losses of a training's outcome.

        Raises
        ------
        DivergenceError
            If one is not finite: the last update was one too many.
        """
        parameters, history, views = training.parameters, training.history, training.views
        losses = cls(
            *(
                loss(*data[:2], parameters, standardisation, views=views, engine=engine, n_threads=n_threads)
                for data in (train, test)
            )
        )
        if not all(map(isfinite, losses)):
            raise DivergenceError.after(history, losses.train)
        return losses


@dataclass(frozen=True)
class Run:
    """A trained network with what it was trained by and how it does on the test part.

    Attributes
    ----------
    training : Training
    standardisation : Standardisation
    test : Dataset
        The test part, before standardisation.
    final : FinalLosses
        The trained network's, beside the history's, which are from on the way.
    settings : mapping
        The data and the hyperparameters, by name.
    facts : mapping, optional
        What else metrics.json should hold.
    label : str, optional
        What the labels are called.
    """

    training: Training
    standardisation: Standardisation
    test: Dataset
    final: FinalLosses
    settings: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None

    @property
    def parameters(self) -> Parameters:
        """The trained parameters."""
        return self.training.parameters

    @property
    def history(self) -> History:
        """The losses of each epoch."""
        return self.training.history

    @cached_property
    def P(self) -> Floats:
        """The network's probabilities on the test part, shape (n, K)."""
        return self.model().predict_proba(self.test.X)

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
            "final_train_loss": self.final.train,
            "final_test_loss": self.final.test,
            **self.facts,
            **_record(self.history, self.settings),
        }

    def model(self) -> Model:
        """Return the network with all that is needed to use it, as it stands in model.safetensors."""
        return Model(
            self.parameters,
            _labels(self.test.classes),
            self.standardisation,
            self.test.feature_names,
            self.label,
            settings=self.settings,
            history={"loss": self.history.train_loss, "test_loss": self.history.test_loss},
            views=self.training.views,
        )

    def save(self, out: Path, *, force: bool = False, also: Mapping[str, Writer] | None = None) -> None:
        """Write the run's folder.

        Parameters
        ----------
        out : Path
            Made with all its parents; must be empty or not there, unless `force` is given.
        force : bool
            Replace the folder of an earlier run.
        also : mapping of str to callable, optional
            More files by name, or others in the place of the usual ones; each is called with its path.

        Raises
        ------
        OSError
            If the folder is in use or cannot be written; what was there before is still there.
        KeyboardInterrupt
            On Ctrl-C while pictures are drawn; all else is there.
        """
        written: dict[str, Writer] = {
            "model.safetensors": partial(modelfile.write, self.model()),
            "metrics.json": _json(self.metrics()),
            **(also or {}),
        }
        write_folder(
            out, written, ours=_OURS, force=force, unfinished=_UNFINISHED
        )  # first: whatever may happen to the drawing
        try:
            pictures = self._pictures()
        except KeyboardInterrupt:
            told = f"interrupted while pictures were drawn; all else of the run is in {out}"
            raise KeyboardInterrupt(told) from None
        write_folder(out, {**pictures, **written}, ours=_OURS, force=True)

    def _pictures(self) -> dict[str, Writer]:
        from triceptron import plots

        history, y, predicted, classes = self.history, self.test.y, self.predicted, self.test.classes
        curve = plots.loss_curve(
            history.train_loss, history.test_loss, recorded=history.recorded, final=self.final
        )
        pictures = {
            "loss_curve.png": _png(curve),
            "confusion_matrix.png": _png(plots.confusion_matrix(y, predicted, classes)),
        }
        if self.test.image_shape is not None:
            shape = self.test.image_shape
            pictures["hidden_units.png"] = _png(plots.hidden_units(self.parameters.W1, shape))
            pictures["mistakes.png"] = _png(plots.mistakes(self.test.X, y, self.P, classes, shape))
        return pictures


def _labels(classes: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the classes' names, as numbers where all of them are whole numbers."""
    try:
        numbers = np.array([int(name) for name in classes], np.int64)
    except (ValueError, OverflowError):
        return text_array(classes)
    return numbers if tuple(map(str, numbers.tolist())) == classes else text_array(classes)


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
    z, share = NormalDist().inv_cdf(0.975), correct / n
    middle = share + z**2 / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)


def write_diverged(
    out: Path, history: History, settings: Mapping[str, Any], reason: str, *, force: bool
) -> None:
    """Write what a run that diverged leaves: the loss curve up to there, and metrics.json with the reason."""
    from triceptron import plots

    curve = plots.loss_curve(history.train_loss, history.test_loss, recorded=history.recorded, diverged=True)
    metrics = {"diverged": reason, **_record(history, settings)}
    written = {"metrics.json": _json(metrics), "loss_curve.png": _png(curve)}
    write_folder(out, written, ours=_OURS, force=force, unfinished=_UNFINISHED)


def check_folder(out: Path, *, force: bool) -> None:
    """Refuse a folder that a run could not be written to; see `triceptron.files.check_folder`."""
    if not force and (out / CHECKPOINT).is_file():
        raise FileExistsError(
            f"`out` {out} holds a run that was stopped: add `resume=True` to go on with it, "
            "name another folder, or add `force=True` to replace it"
        )
    files.check_folder(out, ours=_OURS, force=force)


@contextmanager
def reserved(out: Path, *, force: bool) -> Iterator[None]:
    """Keep a folder for one run, from before it is trained until it is written.

    Raises
    ------
    OSError
        If another process's run has it, or a run could not be written to it: see `check_folder`.
    """
    place = out.absolute()
    with ExitStack() as held:
        try:
            files.make_folder(place.parent)
            held.enter_context(locked(place.with_name(f".{place.name[:100]}.lock")))
        except HeldError as error:
            problem = f"`out` {out} is in use by process {error.holder}; wait for it, or name another"
            raise HeldError(problem, error.holder) from None
        except OSError:  # the check says why
            pass
        check_folder(out, force=force)
        yield


def read_metrics(out: Path) -> dict[str, Any]:
    """Return what a run's folder says of it.

    Raises
    ------
    FileNotFoundError
        If there is none.
    InvalidFileError
        If it cannot be read.
    """
    path = out / "metrics.json"
    try:
        metrics: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return {"settings": metrics["settings"], **metrics}
    except FileNotFoundError:
        raise FileNotFoundError(
            f"`out` {out} holds no run to go on with; leave out `resume` to begin one"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidFileError(path, f"not the figures of a run ({error!r})") from None


def _record(history: History, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "epochs_done": history.epochs,
        "train_seconds": history.seconds,
        "settings": dict(settings),
        "versions": {
            "triceptron": version("triceptron"),
            "numpy": version("numpy"),
            "python": platform.python_version(),
            "machine": platform.machine(),
        },
        "recorded": history.recorded._asdict(),
        "train_loss": history.train_loss,
        "test_loss": history.test_loss,
    }


def _json(metrics: Mapping[str, Any]) -> Writer:
    text = json.dumps(metrics, indent=1, allow_nan=False)
    return lambda path: path.write_text(text + "\n", encoding="utf-8")


def _png(figure: "Figure") -> Writer:
    """Draw now, write later."""
    picture = BytesIO()
    figure.savefig(picture, format="png")
    return lambda path: path.write_bytes(picture.getvalue())
