"""A fit's checkpoint: the engine's `State`, the `Progress` (history, schedule, best state), the generator.

`triceptron.files.checkpointfile` has the format.
"""

import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.estimator.stopping import Improvement, Progress
from triceptron.files import check_place, checkpointfile
from triceptron.training import Epoch, Solver, State

__all__ = ["Checkpoint", "Keeper", "read", "write"]


class Checkpoint(NamedTuple):
    """What `write` keeps and `read` gives back.

    Attributes
    ----------
    state : State
    progress : Progress
    generator : mapping
        The state of the generator's bit generator.
    """

    state: State
    progress: Progress
    generator: Mapping[str, Any]


class Keeper:
    """Keeps one fit's checkpoint: the `save` of its `Fitting`.

    Parameters
    ----------
    path : path
    every : int
        Epochs between two writings; the last epoch is always written.
    last : int
        The number of the last epoch.
    identity : mapping
        See `write`.
    generator : numpy.random.Generator
        The fit's source of randomness.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every: int,
        last: int,
        identity: Mapping[str, Any],
        generator: np.random.Generator,
    ) -> None:
        self._path, self._every, self._last = Path(path), every, last
        self._identity, self._generator = identity, generator

    def __call__(self, epoch: Epoch, progress: Progress) -> None:
        """Write the checkpoint if its time has come."""
        if progress.epochs % self._every and not progress.finished and progress.epochs != self._last:
            return
        state = epoch.state()
        if all(
            np.isfinite(theta).all() for theta in state.parameters
        ):  # else: diverged, as the next epoch says
            write(
                self._path, Checkpoint(state, progress, self._generator.bit_generator.state), self._identity
            )

    def restore(
        self, sizes: tuple[int, int, int], dtype: npt.DTypeLike, solver: Solver, *, watched: bool
    ) -> tuple[State, Progress] | None:
        """Return what the file holds, and set the generator by it; None where there is no file.

        Parameters
        ----------
        sizes : (m, h, K)
        dtype, solver
            The fit's: what the file holds must fit.
        watched : bool
            Whether the fit has a validation part, and so its curves.
        """
        if not self._path.exists():
            check_place(self._path)
            return None
        state, progress, generator = read(self._path, self._identity)
        for one in (state, progress.best):
            if one is not None:
                checkpointfile.check_state(self._path, one, sizes, dtype, solver)
        expected = {"loss", "learning_rate", "seconds"}
        expected |= {"validation_loss", "validation_score"} if watched else set()
        if progress.history.keys() != expected:
            odd = min(progress.history.keys() ^ expected)
            raise checkpointfile.damaged(self._path, ValueError(f"the curve {odd!r} is missing or too much"))
        checkpointfile.restore(self._path, self._generator, generator)
        return state, progress


def write(path: Path, checkpoint: Checkpoint, identity: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : Path
    checkpoint : Checkpoint
    identity : mapping
        Settings and data that make this training what it is.
    """
    state, progress, generator = checkpoint
    facts = {
        "learning_rate": progress.learning_rate,
        "split_seed": progress.split_seed,
        "epochs": progress.epochs,
        "samples": progress.samples,
        "best_score": progress.improvement.best,
        "unimproved": progress.improvement.unimproved,
        "finished": progress.finished,
    }
    states = {"now": state} | ({} if progress.best is None else {"best": progress.best})
    checkpointfile.write(
        path, checkpointfile.Checkpoint(identity, states, progress.history, generator, facts)
    )


def read(path: Path, identity: Mapping[str, Any]) -> Checkpoint:
    """Read a checkpoint of the training with this identity.

    Raises
    ------
    InvalidFileError
        If the file is no checkpoint, or one of another training (the message says what differs).
    """
    kept = checkpointfile.read(path)
    checkpointfile.compare(path, kept.identity, identity)
    try:
        progress = Progress(
            learning_rate=float(kept.facts["learning_rate"]),
            split_seed=int(kept.facts["split_seed"]),
            history=dict(kept.curves),
            epochs=int(kept.facts["epochs"]),
            samples=int(kept.facts["samples"]),
            improvement=Improvement(float(kept.facts["best_score"]), int(kept.facts["unimproved"])),
            best=kept.states.get("best"),
            finished=str(kept.facts["finished"]),
        )
        _check(progress)
        return Checkpoint(kept.states["now"], progress, kept.generator)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise checkpointfile.damaged(path, error) from None


def _check(progress: Progress) -> None:
    """Refuse what no fit comes to."""
    if progress.epochs < 1 or any(len(curve) != progress.epochs for curve in progress.history.values()):
        raise ValueError(f"its curves do not have {progress.epochs} epochs")
    if not (isfinite(progress.learning_rate) and progress.learning_rate > 0):
        raise ValueError(f"its learning rate is {progress.learning_rate}")
    if progress.samples < 0 or progress.improvement.unimproved < 0 or not 0 <= progress.split_seed < 2**32:
        raise ValueError("its counts are negative or too large")
