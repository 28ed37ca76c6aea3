"""Checkpoints: all that a training is, in one file, so that one that was stopped goes on to the same bits.

A checkpoint holds the `State` of each training (parameters, the solver's moments, the count of updates), its
curves, the random generator's state and a few facts; and what it was trained by, so that it is never mistaken
for that of another training.
"""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.files import tensorfile
from triceptron.files.tensorfile import InvalidFileError, Tensors
from triceptron.parameters import Parameters
from triceptron.training import Solver, State

__all__ = ["Checkpoint", "check_state", "compare", "damaged", "read", "restore", "write"]

_KIND = "checkpoint"
_CURVE = "curve."
_ARITHMETIC = "arithmetic"
_FUSED = (
    "made on a machine with fused multiply-add; without it the training would go on to other bits. "
    "Go on with it where it was made, or begin anew"
)
_PLAIN = (
    "made without fused multiply-add; with it the training would go on to other bits. "
    "Set TRICEPTRON_INSTRUCTION_SET=baseline to go on with it here, or begin anew"
)


class Checkpoint(NamedTuple):
    """What `write` keeps and `read` gives back.

    Attributes
    ----------
    identity : mapping
        Settings and data that make this training what it is.
    states : mapping of str to State
    curves : mapping of str to list of float
    generator : mapping
        The state of the generator's bit generator.
    facts : mapping
        What else there is to know, as JSON can say it.
    """

    identity: Mapping[str, Any]
    states: Mapping[str, State]
    curves: Mapping[str, list[float]]
    generator: Mapping[str, Any]
    facts: Mapping[str, Any]


def write(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all."""
    tensors: Tensors = {}
    for name, state in checkpoint.states.items():
        for i, arrays in enumerate([state.parameters, *state.moments]):
            tensors |= {f"{name}.{i}.{part}": array for part, array in arrays._asdict().items()}
    tensors |= {_CURVE + name: np.array(curve, np.float64) for name, curve in checkpoint.curves.items()}
    record = {
        "kind": _KIND,
        "identity": _plain(checkpoint.identity),
        "states": {
            name: {"sets": 1 + len(state.moments), "step": state.step, "dropout_seed": state.dropout_seed}
            for name, state in checkpoint.states.items()
        },
        "curves": list(checkpoint.curves),
        "generator": _plain(checkpoint.generator),
        "facts": _plain(checkpoint.facts),
    }
    tensorfile.write(path, tensors, record)


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    InvalidFileError
        If the file is none, or a damaged one.
    OSError
        If it cannot be read.
    """
    tensors, record = tensorfile.read(path, _KIND)
    try:
        return Checkpoint(
            identity=dict(record["identity"]),
            states={name: _take(name, numbers, tensors) for name, numbers in record["states"].items()},
            curves={name: tensors[_CURVE + name].ravel().tolist() for name in record["curves"]},
            generator=dict(record["generator"]),
            facts=dict(record["facts"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise damaged(path, error) from None


def check_state(
    path: str | os.PathLike[str],
    state: State,
    sizes: tuple[int, int, int],
    dtype: npt.DTypeLike,
    solver: Solver,
) -> None:
    """Refuse a state that a training could not go on from.

    Parameters
    ----------
    path : path
        Of the checkpoint.
    state : State
    sizes : (m, h, K)
    dtype, solver
        The training's.

    Raises
    ------
    InvalidFileError
        If the state does not fit them.
    """
    W1, _, W2, _ = parameters = state.parameters
    if (*W1.shape, W2.shape[1]) != sizes or W1.dtype != np.dtype(dtype):
        raise damaged(path, ValueError(f"it holds {parameters!r}, which is not the training's network"))
    if len(state.moments) != len(solver.start(parameters)):
        raise damaged(path, ValueError(f"it holds {len(state.moments)} moments, which are not the solver's"))


def compare(
    path: str | os.PathLike[str],
    theirs: Mapping[str, Any],
    ours: Mapping[str, Any],
    mend: str = "Name another file, or delete this one to start afresh",
) -> None:
    """Refuse what another training left.

    Raises
    ------
    InvalidFileError
        If the identities differ; the message says in what.
    """
    ours = _plain(ours)
    if (theirs.get(_ARITHMETIC), ours.get(_ARITHMETIC)) in (("fused", "plain"), ("plain", "fused")):
        raise InvalidFileError(path, _FUSED if theirs[_ARITHMETIC] == "fused" else _PLAIN)
    for name in sorted(theirs.keys() | ours.keys()):
        if theirs.get(name) != ours.get(name):
            raise InvalidFileError(
                path,
                f"the checkpoint of another training: {name} was {theirs.get(name)!r} there and is "
                f"{ours.get(name)!r} here. {mend}",
            )


def restore(path: str | os.PathLike[str], generator: np.random.Generator, state: Mapping[str, Any]) -> None:
    """Set a generator by what a checkpoint holds.

    Raises
    ------
    InvalidFileError
        If it is the state of no such generator.
    """
    try:
        generator.bit_generator.state = state
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise damaged(path, error) from None


def damaged(path: str | os.PathLike[str], error: Exception) -> InvalidFileError:
    """Return the error for a checkpoint whose content does not fit together."""
    return InvalidFileError(path, f"a damaged checkpoint ({error!r})")


def _take(name: str, numbers: Mapping[str, int], tensors: Tensors) -> State:
    sets = [tensorfile.take_parameters(tensors, f"{name}.{i}.") for i in range(min(numbers["sets"], 3))]
    parameters, *moments = sets
    if any(_kinds(arrays) != _kinds(parameters) for arrays in moments):
        raise ValueError("the solver's moments do not fit the parameters")
    step, seed = int(numbers["step"]), int(numbers["dropout_seed"])
    if not (0 <= step < 2**53 and 0 <= seed < 2**64):
        raise ValueError(f"no training is at update {step} with the seed {seed}")
    return State(parameters, tuple(moments), step, seed)


def _kinds(parameters: Parameters) -> list[tuple[object, ...]]:
    return [(array.shape, array.dtype) for array in parameters]


def _plain(value: Any) -> Any:
    """Return the value as JSON gives it back."""
    return json.loads(json.dumps(value, default=lambda array: np.asarray(array).tolist()))
