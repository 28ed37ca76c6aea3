"""Anyone's perceptron: any number of layers, the usual activations and losses, and their gradient.

The principle needs no names: whatever is shaped like the parameters, and what parameters have changed by,
must be the derivative of one of the usual losses of one of the usual networks, all of it by the same factor.
The factor is the learner's convention (1/n or a sum, 2 or ½ with squared errors); a part that needs another
one is at fault.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np

from triceptron import steps

__all__ = ["HIDDEN", "OUTPUTS", "OWN", "Explanation", "Model", "explain", "losses"]

Layers = Sequence[tuple[Any, Any]]
"""W (m, h) and b (h,) or None of each layer, rows being samples."""


def _sigmoid(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


def _leaky(slope: float) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    return lambda Z: np.where(Z > 0, Z, slope * Z), lambda Z, A: np.where(Z > 0, 1.0, slope)


HIDDEN: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "ReLU": (lambda Z: np.maximum(Z, 0), lambda Z, A: (Z > 0) * 1.0),
    "sigmoid": (_sigmoid, lambda Z, A: A * (1 - A)),
    "tanh": (np.tanh, lambda Z, A: 1 - A**2),
    "ELU": (lambda Z: np.where(Z > 0, Z, np.expm1(Z)), lambda Z, A: np.where(Z > 0, 1.0, np.exp(Z))),
    "softplus": (lambda Z: np.logaddexp(0, Z), lambda Z, A: _sigmoid(Z)),
    "swish": (lambda Z: Z * _sigmoid(Z), lambda Z, A: A + _sigmoid(Z) * (1 - A)),
    "sine": (np.sin, lambda Z, A: np.cos(Z)),
    "cosine": (np.cos, lambda Z, A: -np.sin(Z)),
    **{f"leaky ReLU ({slope})": _leaky(slope) for slope in (0.01, 0.1, 0.2, 0.001, 0.05)},
    "bipolar sigmoid": (lambda Z: np.tanh(Z / 2), lambda Z, A: (1 - A**2) / 2),
    "identity": (lambda Z: Z, lambda Z, A: np.ones_like(Z)),
}
"""An activation and its slope, from Z and the activation itself."""

OWN = "own"
"""The name of an activation that has none here."""

OUTPUTS: Mapping[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "softmax": (steps.softmax, ("cross-entropy", "squared error")),
    "sigmoid": (_sigmoid, ("cross-entropy", "squared error")),
    "identity": (lambda Z: Z, ("softmax cross-entropy", "squared error", "sigmoid cross-entropy")),
    "tanh": (np.tanh, ("squared error", "cross-entropy")),
    "bipolar sigmoid": (lambda Z: np.tanh(Z / 2), ("squared error",)),
    "ReLU": (lambda Z: np.maximum(Z, 0), ("squared error", "cross-entropy")),
}
"""An output and the losses it is used with."""


@dataclass(frozen=True)
class Model:
    """What kind of network it is: hidden activation, output, loss; how the loss is averaged is left open."""

    hidden: str
    output: str
    loss: str = ""
    masks: tuple[Any, ...] = field(default=(), compare=False, repr=False)
    """What dropout multiplies each hidden layer by."""
    own: tuple[Any, ...] = field(default=(), compare=False, repr=False)
    """A and slope of each hidden layer whose activation has no name."""
    clipped: float = 0.0
    """How near to 0 and 1 outputs may come before the loss and its derivative are taken of them."""

    def kind(self, number: int) -> str:
        """Return the name of a hidden layer's activation."""
        names = self.hidden.split(", ")
        return names[min(number, len(names) - 1)]

    def activation(self, number: int) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
        """Return the activation of a hidden layer, and its slope."""
        if number < len(self.own) and self.own[number] is not None:
            known, slope = self.own[number]
            return lambda Z: known, lambda Z, A: slope
        return HIDDEN[self.kind(number)]

    def _mask(self, number: int) -> Any:
        mask = self.masks[number] if number < len(self.masks) else None
        return 1 if mask is None else mask

    def forward(self, X: Any, layers: Layers) -> tuple[list[Any], list[Any]]:
        """Return Z and A of every layer."""
        Zs, As, A = [], [], X
        for number, (W, b) in enumerate(layers):
            Z = A @ W + (0 if b is None else b)
            last = number == len(layers) - 1
            A = OUTPUTS[self.output][0](Z) if last else self.activation(number)[0](Z) * self._mask(number)
            Zs.append(Z)
            As.append(A)
        return Zs, As

    def error(self, Y: Any, Z: Any, P: Any) -> Any:
        """Return the derivative of the loss, summed over the samples, by the last layer's Z."""
        if self.loss == "softmax cross-entropy":
            return steps.softmax(Z) - Y
        if self.loss == "sigmoid cross-entropy":
            return _sigmoid(Z) - Y
        if self.loss == "cross-entropy" and self.output == "ReLU":
            return np.where(Z > 0, (P - Y) / (P * (1 - P)), 0.0)  # nothing cancels
        if self.loss == "cross-entropy" and self.clipped:
            near = np.clip(P, self.clipped, 1 - self.clipped)
            return (near - Y) / (near * (1 - near)) * P * (1 - P)
        if self.loss == "cross-entropy":
            return P - Y
        if self.output == "softmax":
            D = P - Y
            return P * (D - np.sum(D * P, axis=1, keepdims=True))
        slope = 1.0 if self.output == "identity" else HIDDEN[self.output][1](Z, P)
        return (P - Y) * slope

    def parts(self, X: Any, Y: Any, layers: Layers) -> dict[str, Any]:
        """Return what the ways forward and back of the summed loss are made of, by name.

        Z1, A1, slope1, dA1, dZ1, W1, dW1 and db1 are of the first layer, …; P is the output, E is P - Y; S
        and L are softmax of it and its logarithm, on2 is the hidden activation of it.
        """
        Zs, As = self.forward(X, layers)
        last = len(layers)
        made = {"X": X, "Y": Y, "P": As[-1]}
        made |= {f"Z{number}": Z for number, Z in enumerate(Zs, 1)}
        made |= {f"A{number}": A for number, A in enumerate([X, *As])}
        made[f"dZ{last}"] = self.error(Y, Zs[-1], As[-1])
        for number in range(last, 0, -1):
            dZ, A = made[f"dZ{number}"], made[f"A{number - 1}"]
            made |= {
                f"W{number}": layers[number - 1][0],
                f"dW{number}": A.T @ dZ,
                f"db{number}": dZ.sum(axis=0),
            }
            if number > 1:
                activation, slope = self.activation(number - 2)
                Z, below = Zs[number - 2], number - 1
                back = dZ @ layers[number - 1][0].T
                if self.masks:
                    made[f"back{below}"] = back
                made[f"dA{below}"] = back * self._mask(number - 2)
                made[f"slope{below}"] = slope(Z, activation(Z))
                made[f"dZ{below}"] = made[f"dA{below}"] * made[f"slope{below}"]
        made |= {"E": As[-1] - Y}
        if self.loss == "softmax cross-entropy":
            made |= {"S": steps.softmax(Zs[-1]), "L": np.log(steps.softmax(Zs[-1]))}
        if self.output == "identity" and last > 1:
            made |= {f"on{last}": self.activation(last - 2)[0](Zs[-1])}
        return made

    def gradient(self, X: Any, Y: Any, layers: Layers) -> list[tuple[Any, Any]]:
        """Return dW and db of every layer, of the summed loss."""
        made = self.parts(X, Y, layers)
        return [(made[f"dW{number}"], made[f"db{number}"]) for number in range(1, len(layers) + 1)]


def losses(Y: Any, P: Any) -> Iterator[tuple[str, float]]:
    """Yield the usual losses, summed over the samples, and those with one fault."""
    raw = P
    if not np.allclose(P.sum(axis=1), 1) and (P.min() < 0 or P.max() > 1):
        P = steps.softmax(P)  # it puts out logits
    with np.errstate(all="ignore"):
        L, rest = np.log(P), np.log(1 - P)
        both = float(-np.sum(Y * L + (1 - Y) * rest))
        right = [float(-np.sum(Y * L)), both, float(np.sum((P - Y) ** 2))]
        right.append(float(np.sum((raw - Y) ** 2)))
        yield from (("", value) for value in right)
        yield from (("loss_sign", -value) for value in right)
        yield from (("loss_base", value / np.log(base)) for base in (2, 10) for value in right[:2])
        yield "loss_incomplete", float(-np.sum((1 - Y) * rest))
        yield "log_missing", float(-np.sum(Y * P))
        yield "log_missing", float(-np.sum(Y * P + (1 - Y) * (1 - P)))
        if P.shape[1] > 1:
            yield "log_missing", float(np.sum(Y * (1 - P)))
        yield "loss_of_prediction", float(-np.sum(np.log(P.max(axis=1))))
        yield "loss_absolute", float(np.sum(np.abs(raw - Y)))
        yield "truth_ignored", float(-np.sum(L))


@dataclass(frozen=True)
class Explanation:
    """Which network a gradient belongs to, by which factor of the summed loss's, and what of it is wrong."""

    model: Model
    factor: float
    wrong: tuple[str, ...] = ()
    code: str = ""
    explained: tuple[str, ...] = ()


def explain(X: Any, Y: Any, layers: Layers, gradient: Layers, candidates: Sequence[Model]) -> Explanation:
    """Find the network and the factor with which a gradient is right; else the fault that explains it."""
    best: Explanation | None = None
    for model in chain(candidates, _clipped(X, layers, candidates)):
        with np.errstate(all="ignore"):
            right = model.gradient(X, Y, layers)
        found = _fit(model, right, gradient, len(X))
        if found is not None and (best is None or len(found.wrong) < len(best.wrong)):
            best = found
        if best is not None and not best.wrong:
            return best
    return best or Explanation(candidates[0], 0.0, tuple(_parts(gradient)))


def _clipped(X: Any, layers: Layers, candidates: Sequence[Model]) -> Iterator[Model]:
    """Yield the networks whose outputs are so near to 0 or 1 that it matters how the loss is kept finite."""
    for model in candidates:
        if (model.output, model.loss) == ("sigmoid", "cross-entropy"):
            with np.errstate(all="ignore"):
                P = model.forward(X, layers)[1][-1]
                nearest = np.min(np.minimum(P, 1 - P), initial=1.0)
            for clipped in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15):
                if nearest < clipped:
                    yield replace(model, clipped=clipped)


def _parts(layers: Layers) -> dict[str, Any]:
    parts = {}
    for number, (W, b) in enumerate(layers, 1):
        parts[f"dW{number}"] = W
        if b is not None:
            parts[f"db{number}"] = b
    return parts


def _close(got: Any, right: Any) -> bool:
    with np.errstate(all="ignore"):
        scale = np.abs(right).max() if np.size(right) else 0.0
        finest = 1e-4 if np.asarray(got).dtype == np.float32 else 1e-6
        return np.shape(got) == np.shape(right) and bool(
            np.allclose(got, right, 1e-4, finest * scale + 1e-12)
        )


def _fit(model: Model, right: Layers, gradient: Layers, n: int) -> Explanation | None:
    """Hold a gradient against the right one, up to one factor; name what does not fit."""
    wanted, got = _parts(right), _parts(gradient)
    best: Explanation | None = None
    for name, value in got.items():
        if np.shape(value) != wanted[name].shape:
            continue
        factor = _factor(np.ravel(value), wanted[name].ravel())
        if factor is not None:
            wrong = [part for part, number in got.items() if not _close(number, factor * wanted[part])]
            if best is None or len(wrong) < len(best.wrong):
                code, explained = _code(wrong, got, wanted, factor, n)
                best = Explanation(model, factor, tuple(wrong), code, explained)
        if best is not None and len(best.wrong) <= 1:
            break
    if best is None or len(best.wrong) == len(got):
        return None
    return best if len(best.wrong) < max(len(got) - 1, 2) or best.code else None


def _factor(value: Any, target: Any) -> float | None:
    """Return the factor by which one part is right; None where there is none."""
    square = float(target @ target)
    factor = float(value @ target) / square if square >= 1e-18 else 0.0
    right = np.isfinite(factor) and abs(factor) >= 1e-13 and _close(value, factor * target)
    return factor if right else None


def _code(
    wrong: Sequence[str], got: Mapping[str, Any], wanted: Mapping[str, Any], factor: float, n: int
) -> tuple[str, tuple[str, ...]]:
    """Name the fault of biases that are one number, or of parts with another factor; and those parts."""
    summed = []
    for name in wrong:
        value, right = np.asarray(got[name]), factor * wanted[name]
        if name.startswith("db") and right.size > 1:
            wholes = (np.sum(right), np.mean(right))
            same = any(_close(value.ravel(), np.full(value.size, whole)) for whole in wholes)
            if value.size == 1 or (same and np.any(value) and value.size == right.size):
                summed.append(name)
    if summed:
        return "bias_summed_whole", tuple(summed)
    if wrong and all(
        np.ndim(got[name]) == 2 and _close(got[name].T, factor * wanted[name]) for name in wrong
    ):
        return "transposed", tuple(wrong)
    if n < 3:
        return "", ()
    factors = {name: _factor(np.ravel(value), np.ravel(wanted[name])) for name, value in got.items()}
    known = (("mean_missing", n), ("mean_twice", 1 / n), ("gradient_sign", -1), ("factor_two", 2))
    for code, times in known:
        alike = wrong and all(_close(got[name], times * factor * wanted[name]) for name in wrong)
        if alike or _is_repeated(factors, times):
            return code, tuple(wrong)
    return "", ()


def _is_repeated(factors: Mapping[str, float | None], times: float) -> bool:
    """Tell whether each layer's gradient has one factor more than that of the layer above it."""
    last = max(int(name[2:]) for name in factors)
    top = factors[f"dW{last}"]
    return (
        last > 2
        and top is not None
        and all(
            factor is not None and np.isclose(factor, top * times ** (last - int(name[2:])), 1e-4)
            for name, factor in factors.items()
        )
    )
