"""How the learner's functions want their arguments and hand back their results.

The text keeps parameters in a dict with biases (1, h); ours are a named tuple with biases (h,); labels may be
one-hot or integer codes. A function may take any of these: the checks try them in turn.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.parameters import Parameters

__all__ = [
    "DEFAULT_DRESS",
    "Dress",
    "calling_dresses",
    "forward_arrays",
    "forward_layout",
    "gradient_keys",
    "read_dress",
    "read_four",
    "wants_tuple_train",
]

_NAMES = ("W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Dress:
    """The shape of what goes in and out of a function.

    Attributes
    ----------
    keys : tuple of str or None
        The keys of a dict of parameters in the order W1, b1, W2, b2; None for a named tuple.
    row_bias : bool
        Biases are (1, h) rather than (h,).
    codes : bool
        Labels are integer codes rather than one-hot rows.
    gradient_keys : tuple of str
        The keys of a dict of gradients in the order dW1, db1, dW2, db2.
    """

    keys: tuple[str, ...] | None = _NAMES
    row_bias: bool = True
    codes: bool = False
    gradient_keys: tuple[str, ...] = ("dW1", "db1", "dW2", "db2")

    def bias(self, b: Any) -> Any:
        """Return a copy of a bias in this dress."""
        return np.array(b)[None, :] if self.row_bias else np.array(b)

    def parameters(self, parameters: Parameters) -> Any:
        """Return a copy of the parameters in this dress."""
        W1, b1, W2, b2 = parameters
        four = (np.array(W1), self.bias(b1), np.array(W2), self.bias(b2))
        return Parameters(*four) if self.keys is None else dict(zip(self.keys, four, strict=True))

    def gradient(self, gradient: steps.Gradient) -> Any:
        """Return a copy of the gradients in this dress."""
        dW1, db1, dW2, db2 = gradient
        four = (np.array(dW1), self.bias(db1), np.array(dW2), self.bias(db2))
        if self.keys is None:
            return steps.Gradient(*four)
        return dict(zip(self.gradient_keys, four, strict=True))

    def labels(self, y: Any, Y: Any) -> Any:
        """Return a copy of the labels in this dress."""
        return np.array(y if self.codes else Y)


DEFAULT_DRESS = Dress()


def read_four(value: Any) -> dict[str, Any] | None:
    """Find W1, b1, W2 and b2, or their gradients, in a dict, a named tuple or any four arrays."""
    if hasattr(value, "_asdict"):
        named = read_four(value._asdict())
        if named is not None:
            return named
    if isinstance(value, dict):
        found = {}
        for key, entry in value.items():
            letters = "".join(character for character in str(key).lower() if character.isalnum())
            for name in _NAMES:
                if letters.endswith(name.lower()):
                    found[name] = entry
        return {name: found[name] for name in _NAMES} if len(found) == len(_NAMES) else None
    if isinstance(value, tuple | list):
        if len(value) == len(_NAMES):
            return dict(zip(_NAMES, _by_shape(list(value)), strict=True))
        inner = [four for four in map(read_four, value) if four is not None]
        return inner[0] if inner else None
    return None


def _by_shape(four: list[Any]) -> list[Any]:
    """Put four arrays into the order W1, b1, W2, b2: W1 has as many columns as W2 has rows."""
    first, second, third, _ = shapes = [np.shape(entry) for entry in four]
    if len(first) == len(second) == 2 and second[0] == first[1] != 1 and len(shapes[3]) < 2:
        return [four[0], four[2], four[1], four[3]]  # both weights, then both biases
    if len(first) == len(third) == 2 and first[1] != third[0] and third[1] == first[0]:
        return [four[2], four[3], four[0], four[1]]  # the output layer first, as in the text's gradients
    return four


def forward_arrays(value: Any, Z: Any, H: Any, O: Any) -> dict[str, Any] | None:  # noqa: E741
    """Find O, and Z and H where they are, by shape and value; None where nothing has the shape of O."""
    arrays = [entry for entry in _flatten(value) if np.ndim(entry) > 0]
    outputs = [entry for entry in arrays if np.shape(entry) == np.shape(O)]
    hidden = [entry for entry in arrays if np.shape(entry) == np.shape(Z)]
    if not outputs:
        return None
    right = [entry for entry in outputs if np.allclose(entry, O)]
    found = {"O": (right or outputs)[0]}
    if len(hidden) >= 2:
        first, second = hidden[:2]
        if np.allclose(first, H) and np.allclose(second, Z):
            first, second = second, first
        found |= {"Z": first, "H": second}
    return found


def forward_layout(value: Any, Z: Any, H: Any, O: Any) -> tuple[str, ...] | None:  # noqa: E741
    """Name the parts of what the learner's forward returned, if it is more than O."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, tuple | list):
        return None
    found = forward_arrays(parts, Z, H, O) or {}
    names = [next((name for name, array in found.items() if array is part), "") for part in parts]
    if len(found) == 3 and len(parts) == 3 and names[0] == names[1]:
        names = ["Z", "H", "O"]  # one array under both names: overwritten in place
    return tuple(names) if all(names) and len(set(names)) == len(names) > 1 else None


def read_dress(value: Any) -> Dress | None:
    """Read off the learner's own parameters how they are dressed."""
    four = read_four(value)
    if four is None:
        return None
    row_bias = np.ndim(four["b1"]) == 2
    if not isinstance(value, dict):
        return Dress(None, row_bias)
    keys = _keys_of(value, four)
    return Dress(keys, row_bias) if keys is not None else None


def gradient_keys(value: Any) -> tuple[str, ...] | None:
    """Return the keys of a dict of gradients in the order dW1, db1, dW2, db2."""
    four = read_four(value)
    return None if four is None or not isinstance(value, dict) else _keys_of(value, four)


def _keys_of(value: dict[str, Any], four: dict[str, Any]) -> tuple[str, ...] | None:
    keys = [key for name in _NAMES for key, entry in value.items() if entry is four[name]]
    return tuple(keys) if len(keys) == len(_NAMES) else None


def _flatten(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return [leaf for entry in value for leaf in _flatten(entry)]
    return [value]


def wants_tuple_train(train: Callable[..., Any]) -> bool:
    """Tell whether a train has our signature: (start, X, y, *, epochs, learning_rate, test)."""
    try:
        parameters = inspect.signature(train).parameters
    except (TypeError, ValueError):
        return False
    return "epochs" in parameters and parameters["epochs"].kind is inspect.Parameter.KEYWORD_ONLY


def calling_dresses(first: Dress, labels: bool) -> list[Dress]:
    """List the dresses to try: the learner's own first; integer labels last, for what takes labels."""
    bases = [first]
    for keys, row_bias in ((_NAMES, True), (_NAMES, False), (None, False), (None, True)):
        dress = Dress(keys, row_bias, gradient_keys=first.gradient_keys)
        if dress not in bases:
            bases.append(dress)
    coded = (
        [Dress(dress.keys, dress.row_bias, True, dress.gradient_keys) for dress in bases] if labels else []
    )
    return bases + coded
