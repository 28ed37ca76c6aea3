"""Hidden activations without a name here: what the program makes of Z, and its slope, by doing it again."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from triceptron.checking.program.network import OWN
from triceptron.checking.program.passes import Layer, Pass, Reading
from triceptron.checking.program.run.operands import with_other

__all__ = ["hidden_of", "own_activations"]

_STEP = 1e-6
"""What is added to Z for central differences, and taken away, as long as that does not lead beyond 0."""


def hidden_of(reading: Reading, passed: Pass) -> str:
    """Return the names of a way forward's hidden activations; empty where one is no function of its Z."""
    own = own_activations(reading, [passed])
    return passed.hidden or ", ".join(dict.fromkeys(kind or OWN for kind in passed.kinds) if own else ())


def own_activations(reading: Reading, passes: Sequence[Pass]) -> tuple[Any, ...]:
    """Return A and slope of each hidden layer over all samples of a step, None of those that have a name.

    Nothing is returned where all have names, or one is no function of each single number of its Z.
    """
    found = []
    for position, kind in enumerate(passes[0].kinds if not passes[0].hidden else ()):
        each = [() if kind else _own(reading, passed.layers[position]) for passed in passes]
        if None in each:
            return ()
        found.append(None if kind else tuple(map(np.concatenate, zip(*each, strict=True))))
    return tuple(found)


def _own(reading: Reading, layer: Layer) -> tuple[Any, Any] | None:
    """Return A and its slope, with samples as rows, by central differences of what the program does."""
    tape = reading.tape
    Z, H = (np.asarray(tape.nodes[at].value, float) for at in (layer.Z, layer.out))
    if Z.shape != H.shape or layer.negated:
        return None
    some = np.indices(Z.shape).sum(axis=0) % 2 == 0
    step = np.minimum(_STEP, np.abs(Z) / 4 + 1e-12)
    places = (Z, Z + step, Z - step, Z + step * some)
    made = [with_other(tape, layer.out, layer.Z, place) for place in places]
    if any(np.shape(each) != Z.shape for each in made):
        return None
    same, above, below, partly = (np.asarray(each, float) for each in made)
    alone = np.allclose(partly, np.where(some, above, same), 1e-10, 1e-10)
    slope = (above - below) / (2 * step)
    if not alone or not np.allclose(same, H, 1e-6, 1e-6) or not np.any(slope):
        return None
    return (H, slope) if layer.rows or Z.ndim == 1 else (H.T, slope.T)
