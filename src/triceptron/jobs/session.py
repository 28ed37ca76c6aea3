"""The trainings of a job: what each has reached is kept, so that a stopped job goes on to the same bits."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from triceptron import core
from triceptron.arrays import digest
from triceptron.data import Dataset, Standardisation, Views
from triceptron.files import checkpointfile, make_folder
from triceptron.files.checkpointfile import Checkpoint
from triceptron.jobs.run import CHECKPOINT, Run, read_metrics
from triceptron.training import (
    DISTILLED,
    EngineName,
    Epoch,
    History,
    Recipe,
    State,
    Training,
    committee,
    train,
    train_all,
)

__all__ = ["RunCompleteError", "RunStopped", "Session"]

_KEPT_EVERY = 0.1
"""Seconds between two copies of the state: no more than that is lost, and copying costs nothing."""

_WRITTEN_EVERY, _SHARE = 1.0, 50
"""Seconds between two checkpoints on the disk, and at least so many times what writing one takes."""

_VERSION = {"version of triceptron": version("triceptron")}
_MEND = "Give the same settings and data, or leave out `resume` and name another folder"


class RunCompleteError(ValueError):
    """A run that is to be gone on with has nothing left to do."""


class RunStopped(KeyboardInterrupt):
    """Ctrl-C during a job, with what there is.

    Attributes
    ----------
    run : Run
        The network as it stood after the last epoch that was kept.
    done : str
        How far it came.
    checkpoint : Checkpoint
    """

    def __init__(self, run: Run, done: str, checkpoint: Checkpoint) -> None:
        super().__init__(f"interrupted after {done}")
        self.run, self.done, self.checkpoint = run, done, checkpoint

    def save(self, out: Path, *, force: bool = False) -> None:
        """Write the run's folder, marked as stopped, with the checkpoint from which it goes on."""
        stopped = replace(self.run, facts={"stopped": f"after {self.done}", **self.run.facts})
        stopped.save(
            out, force=force, also={CHECKPOINT: partial(checkpointfile.write, checkpoint=self.checkpoint)}
        )


@dataclass(frozen=True)
class _Reached:
    """What one training has reached, after an epoch."""

    state: State
    history: History
    generator: Mapping[str, Any]
    measured: tuple[float, ...] = ()


class Session:
    """A job's trainings, one after the other.

    Parameters
    ----------
    settings : mapping
        What makes the job what it is, by name; the data are named by `identify`.
    engine, n_threads, callback
        See `triceptron.train`.
    resume : path, optional
        The folder of a stopped run to go on from.
    checkpoint : path, optional
        The folder that keeps a checkpoint while the job trains, so that a killed one can be gone on with: the
        last finished epoch, or one of the last second where epochs are shorter.

    Raises
    ------
    RunCompleteError
        If the run in that folder was never stopped.
    ValueError, OSError
        If there is no run in it, or one by other settings; the message names what differs.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        engine: EngineName,
        n_threads: int | None = None,
        callback: Callable[[Epoch], object] | None = None,
        resume: Path | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        self._settings, self._data = dict(settings), ""
        self._out, self._due = checkpoint, perf_counter() + _WRITTEN_EVERY
        self.where: dict[str, Any] = {"engine": engine, "n_threads": n_threads}
        self._callback, self._resume = callback, resume
        self._reached: dict[str, _Reached] = {}
        self._views: dict[str, Callable[[int], Views | None]] = {}
        if resume is not None:
            self._kept = _read(resume, settings)

    def identify(self, *datasets: Dataset) -> None:
        """Name the data; a stopped run on others is refused, one on the same is taken up."""
        self._data = digest([array for data in datasets for array in data[:2]])
        if self._resume is None:
            return
        path, kept = self._resume / CHECKPOINT, self._kept
        checkpointfile.compare(path, kept.identity, self._identity(), _MEND)
        try:
            for name, state in kept.states.items():
                self._reached[name] = _taken(kept, name, state)
        except (KeyError, TypeError, ValueError) as error:
            raise checkpointfile.damaged(path, error) from None

    def train(
        self,
        name: str,
        recipe: Recipe,
        learned: Dataset,
        standardisation: Standardisation,
        *,
        test: Dataset | None = None,
        measure: Callable[[Epoch], float] | None = None,
    ) -> Training:
        """Train, or go on with the training of that name; `measured` has what `measure` says of epochs.

        The members of a committee are trained one after the other; `measure` is for a single network.
        """

        def train_one(part: str, recipe: Recipe, teacher: Training | None) -> Training:
            arguments = recipe.arguments(learned, standardisation, test=test, teacher=teacher)
            return self._train(f"{name}{_PART}{part}" if part else name, recipe, arguments, measure)

        recipe.check(learned)
        self._views[name] = partial(recipe.views, learned.image_shape)
        return train_all(recipe, train_one, learned.image_shape)

    def _train(
        self,
        name: str,
        recipe: Recipe,
        arguments: dict[str, Any],
        measure: Callable[[Epoch], float] | None,
    ) -> Training:
        generator = np.random.default_rng(recipe.seed)
        begun = self._reached.get(name)
        if begun is not None:
            self._check(begun, recipe, arguments, measured=measure is not None)
            arguments |= {
                "start": begun.state,
                "epochs": recipe.epochs - begun.history.epochs,
                "history": begun.history,
            }
            checkpointfile.restore(self._source(), generator, begun.generator)
        before = sum(one.history.epochs for other, one in self._reached.items() if other != name)
        last, measured = -_KEPT_EVERY, list(self.measured(name))

        def keep(epoch: Epoch) -> object:
            nonlocal last
            if measure is not None:
                measured.append(measure(epoch))
            if perf_counter() - last >= _KEPT_EVERY:
                stream = generator.bit_generator.state
                self._reached[name] = _Reached(epoch.state(), epoch.history(), stream, tuple(measured))
                last = perf_counter()
                self._write_if_due()
            if self._callback is None:
                return None
            return self._callback(replace(epoch, number=before + epoch.number) if before else epoch)

        training = train(**arguments | {"rng": generator}, **self.where, callback=keep)
        stream = generator.bit_generator.state
        self._reached[name] = _Reached(training.state, training.history, stream, tuple(measured))
        return training

    def measured(self, name: str) -> tuple[float, ...]:
        """Return what was measured after each epoch of the training of that name."""
        return self._reached[name].measured if name in self._reached else ()

    @contextmanager
    def stoppable(self, epochs: int, as_run: Callable[[Mapping[str, Training]], Run]) -> Iterator[None]:
        """On Ctrl-C in the block, raise `RunStopped` with what there is.

        Parameters
        ----------
        epochs : int
            Of all the job's trainings.
        as_run : callable
            From the trainings by name, as far as they came, to a run.
        """
        try:
            yield
        except KeyboardInterrupt:
            reached = self._reached
            if not reached:
                raise
            trainings = {name: self._together(name) for name in dict.fromkeys(map(_whole, reached))}
            done = sum(one.history.epochs for one in reached.values())
            raise RunStopped(
                as_run(trainings), f"{done:,} of {epochs:,} epochs", self._checkpoint()
            ) from None

    def _together(self, name: str) -> Training:
        """Return a training's members as far as they came, without the one that learns from them."""
        members = [
            Training(one.state, one.history)
            for part, one in self._reached.items()
            if _whole(part) == name and not part.endswith(_PART + DISTILLED)
        ]
        views = self._views[name](len(members)) if name in self._views else None
        return replace(committee(members), views=views)

    def _identity(self) -> dict[str, Any]:
        bits = {"arithmetic": core.arithmetic()} if self.where["engine"] == "core" else {}
        return {**self._settings, **_VERSION, **bits, "digest of the data": self._data}

    def _write_if_due(self) -> None:
        """Bring the checkpoint to the disk, now and then; a full disk does not end the training."""
        began = perf_counter()
        if self._out is None or began < self._due:
            return
        try:
            make_folder(self._out)
            checkpointfile.write(self._out / CHECKPOINT, self._checkpoint())
        except OSError as error:
            warnings.warn(f"no checkpoint can be kept: {error}; the training goes on", stacklevel=2)
            self._out = None
        ended = perf_counter()
        self._due = ended + max(_WRITTEN_EVERY, _SHARE * (ended - began))

    def _source(self) -> Path:
        """Return the checkpoint that was resumed from."""
        return Path(CHECKPOINT) if self._resume is None else self._resume / CHECKPOINT

    def _check(
        self, begun: _Reached, recipe: Recipe, arguments: Mapping[str, Any], *, measured: bool
    ) -> None:
        """Refuse what no training by this recipe comes to."""
        path, history, (W1, _, W2, _) = self._source(), begun.history, arguments["start"]
        checkpointfile.check_state(path, begun.state, (*W1.shape, W2.shape[1]), W1.dtype, arguments["solver"])
        lengths = {
            "test_loss": (history.test_loss, arguments["test"] is not None),
            "measured": (begun.measured, measured),
        }
        odd = [name for name, (curve, there) in lengths.items() if len(curve) != history.epochs * there]
        if odd or not 1 <= history.epochs <= recipe.epochs:
            problem = f"its {odd[0] if odd else 'train_loss'} does not fit {recipe.epochs} epochs"
            raise checkpointfile.damaged(path, ValueError(problem))

    def _checkpoint(self) -> Checkpoint:
        reached = self._reached
        *_, newest = reached.values()
        return Checkpoint(
            identity=self._identity(),
            states={name: one.state for name, one in reached.items()},
            curves={
                f"{name}.{curve}": list(values)
                for name, one in reached.items()
                for curve, values in (
                    ("train_loss", one.history.train_loss),
                    ("test_loss", one.history.test_loss),
                    ("measured", one.measured),
                )
            },
            generator=newest.generator,
            facts={f"{name}.seconds": one.history.seconds for name, one in reached.items()},
        )


_PART = " / "


def _whole(name: str) -> str:
    """Return the name of the training that a part belongs to."""
    return name.split(_PART)[0]


def _taken(kept: Checkpoint, name: str, state: State) -> _Reached:
    """Return what one training had reached."""
    train_loss, test_loss, measured = (
        kept.curves[f"{name}.{curve}"] for curve in ("train_loss", "test_loss", "measured")
    )
    seconds = float(kept.facts[f"{name}.seconds"])
    if not all(map(isfinite, [*train_loss, *test_loss, *measured, seconds])):
        raise ValueError("it holds losses or times that are not finite")
    return _Reached(state, History(train_loss, test_loss, seconds), kept.generator, tuple(measured))


def _read(out: Path, settings: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint of the stopped run in a folder, if it was begun by these settings."""
    path = out / CHECKPOINT
    if path.exists():
        kept = checkpointfile.read(path)
        theirs = {name: value for name, value in kept.identity.items() if name in settings}
        checkpointfile.compare(path, theirs, settings, _MEND)
        return kept
    metrics = read_metrics(out)
    checkpointfile.compare(out / "metrics.json", metrics["settings"], settings, _MEND)
    if "diverged" in metrics:
        raise ValueError(f"the run in {out} diverged: there is nothing to go on with")
    raise RunCompleteError(
        f"the run in {out} is complete ({metrics.get('epochs_done'):,} epochs): nothing is left to do"
    )
