"""What one step of a run takes away, put together as the gradient of a network of which samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.program.passes import Chain, Pass, Reading, Step
from triceptron.checking.program.run.changes import Change, change_of
from triceptron.checking.program.tape import Tape

__all__ = ["Taken", "taken_in"]


@dataclass(frozen=True)
class Taken:
    """What a step takes away (`changes`, by ``dW1``, ``db1``, ...), its samples, the parameters before."""

    reading: Reading
    passes: Sequence[Pass]
    X: Any
    Y: Any
    layers: Sequence[tuple[Any, Any]]
    gradient: Sequence[tuple[Any, Any]]
    changes: Mapping[str, Change]

    @property
    def tape(self) -> Tape:
        """The run's record."""
        return self.reading.tape

    @property
    def first(self) -> Change:
        """The change of the first layer's weight."""
        return self.changes["dW1"]


def taken_in(
    reading: Reading, step: Step, by: Mapping[tuple[str, int], tuple[Chain, int]], data: tuple[Any, Any]
) -> Taken | None:
    """Put together what a step takes away from each parameter; None where it does not fit them."""
    layers, gradient, changes = [], [], {}
    for k, layer in enumerate(step.passes[0].layers):
        chain, after = by["W", k]
        changes[f"dW{k + 1}"] = change = change_of(reading, chain, after)
        dW, db = reading.like_W(chain, change.total), None
        if ("b", k) in by:
            changes[f"db{k + 1}"] = change = change_of(reading, *by["b", k])
            db = np.ravel(change.total)
        W, b = reading.W(layer), reading.b(layer)
        if layer.ones is not None and b is None:
            b, db = W[layer.ones], dW[layer.ones]
            W, dW = (np.delete(each, layer.ones, axis=0) for each in (W, dW))
        if W.shape != dW.shape:
            return None
        layers.append((W, b if b is None or b.size > 1 or W.shape[1] == 1 else None))
        gradient.append((dW, db if layers[-1][1] is not None else None))
    if any((b is None) != (db is None) for (_, b), (_, db) in zip(layers, gradient, strict=True)):
        gradient = [
            (dW, np.zeros_like(b) if db is None and b is not None else db)
            for (_, b), (dW, db) in zip(layers, gradient, strict=True)
        ]
    return Taken(reading, step.passes, *data, layers, gradient, changes)
