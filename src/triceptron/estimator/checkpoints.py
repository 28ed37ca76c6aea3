"""Checkpoints: all that a training is, in one file, so that a run that was killed goes on to the same bits.

A checkpoint holds the engine's `State` (parameters, the solver's moments, the count of updates), the
`Progress` (history, schedule, best state) and the random generator's state; and what it was trained by, so
that it is never mistaken for that of another training.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from triceptron.estimator.stopping import Improvement, Progress
from triceptron.files import InvalidFileError, tensorfile
from triceptron.files.tensorfile import Tensors
from triceptron.parameters import Parameters
from triceptron.training import Epoch, State

__all__ = ["Checkpoint", "Keeper", "read", "write"]

_KIND = "checkpoint"
_HISTORY = "history."


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

    def restore(self) -> tuple[State, Progress] | None:
        """Return what the file holds, and set the generator by it; None where there is no file."""
        if not self._path.exists():
            return None
        state, progress, generator = read(self._path, self._identity)
        try:
            self._generator.bit_generator.state = generator
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidFileError(self._path, f"a damaged checkpoint ({error!r})") from None
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
    tensors: Tensors = {}
    record: dict[str, Any] = dict(_name_state("", state, tensors))
    if progress.best is not None:
        record["best"] = _name_state("best.", progress.best, tensors)
    record |= {
        "kind": _KIND,
        "identity": _plain(identity),
        "generator": _plain(generator),
        "learning_rate": progress.learning_rate,
        "split_seed": progress.split_seed,
        "epochs": progress.epochs,
        "samples": progress.samples,
        "best_score": progress.improvement.best,
        "unimproved": progress.improvement.unimproved,
        "finished": progress.finished,
    }
    tensors |= {_HISTORY + name: np.array(curve) for name, curve in progress.history.items()}
    record["curves"] = list(progress.history)
    tensorfile.write(path, tensors, record)


def read(path: Path, identity: Mapping[str, Any]) -> Checkpoint:
    """Read a checkpoint of the training with this identity.

    Raises
    ------
    InvalidFileError
        If the file is no checkpoint, or one of another training (the message says what differs).
    """
    tensors, record = tensorfile.read(path, _KIND)
    try:
        _compare(path, record["identity"], _plain(identity))
        best = _take_state("best.", record["best"], tensors) if "best" in record else None
        progress = Progress(
            learning_rate=float(record["learning_rate"]),
            split_seed=int(record["split_seed"]),
            history={name: tensors[_HISTORY + name].ravel().tolist() for name in record["curves"]},
            epochs=int(record["epochs"]),
            samples=int(record["samples"]),
            improvement=Improvement(float(record["best_score"]), int(record["unimproved"])),
            best=best,
            finished=str(record["finished"]),
        )
        return Checkpoint(_take_state("", record, tensors), progress, dict(record["generator"]))
    except InvalidFileError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidFileError(path, f"a damaged checkpoint ({error!r})") from None


def _compare(path: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    for name in sorted(theirs.keys() | ours.keys()):
        if theirs.get(name) != ours.get(name):
            raise InvalidFileError(
                path,
                f"the checkpoint of another training: {name} was {theirs.get(name)!r} there and is "
                f"{ours.get(name)!r} here. Name another file, or delete this one to start afresh",
            )


def _name_state(prefix: str, state: State, tensors: Tensors) -> dict[str, int]:
    """Put the state's arrays among the tensors; return its numbers."""
    sets = [state.parameters, *state.moments]
    for i, arrays in enumerate(sets):
        tensors |= {f"{prefix}{i}.{name}": array for name, array in arrays._asdict().items()}
    return {"sets": len(sets), "step": state.step, "dropout_seed": state.dropout_seed}


def _take_state(prefix: str, numbers: Mapping[str, int], tensors: Tensors) -> State:
    sets = [tensorfile.take_parameters(tensors, f"{prefix}{i}.") for i in range(min(numbers["sets"], 3))]
    parameters, *moments = sets
    if any(_shapes(arrays) != _shapes(parameters) for arrays in moments):
        raise ValueError("the solver's moments do not fit the parameters")
    return State(parameters, tuple(moments), int(numbers["step"]), int(numbers["dropout_seed"]))


def _shapes(parameters: Parameters) -> list[tuple[int, ...]]:
    return [array.shape for array in parameters]


def _plain(value: Any) -> Any:
    """Return the value as JSON gives it back."""
    return json.loads(json.dumps(value, default=lambda array: np.asarray(array).tolist()))
