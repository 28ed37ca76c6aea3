"""How the learner's functions want their arguments and hand back their results.

The text keeps parameters in a dict with biases (1, h); ours are a named tuple with biases (h,); labels may be
one-hot or integer codes. Values are put into a convention with a `Convention`'s methods, and read in any.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.parameters import Parameters

__all__ = ["Convention", "forward_arrays", "forward_layout", "key_names", "read_four"]

_NAMES = ("W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Convention:
    """The shape of what goes in and out of a function."""

    keys: tuple[str, ...] | None = _NAMES
    row_bias: bool = True
    codes: bool = False
    gradient_keys: tuple[str, ...] = ("dW1", "db1", "dW2", "db2")
    forward: tuple[str, ...] | None = None

    @classmethod
    def of(cls, value: Any) -> "Convention | None":
        """Read off someone's own parameters how they are kept."""
        four = read_four(value)
        if four is None:
            return None
        keys = key_names(value) if isinstance(value, dict) else None
        if isinstance(value, dict) and keys is None:
            return None
        return cls(keys, np.ndim(four["b1"]) == 2)

    def others(self, *, labels: bool) -> list["Convention"]:
        """List what to try: this one first; integer labels last, for what takes labels."""
        kept = [(self.keys, self.row_bias), (_NAMES, True), (_NAMES, False), (None, False), (None, True)]
        bases = [replace(self, keys=keys, row_bias=row, codes=False) for keys, row in dict.fromkeys(kept)]
        return bases + [replace(base, codes=True) for base in bases if labels]

    def bias(self, b: Any) -> Any:
        """Return a copy of a bias."""
        return np.array(b)[None, :] if self.row_bias else np.array(b)

    def parameters(self, parameters: Parameters) -> Any:
        """Return a copy of the parameters."""
        W1, b1, W2, b2 = parameters
        four = (np.array(W1), self.bias(b1), np.array(W2), self.bias(b2))
        return Parameters(*four) if self.keys is None else dict(zip(self.keys, four, strict=True))

    def gradient(self, gradient: steps.Gradient) -> Any:
        """Return a copy of the gradients."""
        dW1, db1, dW2, db2 = gradient
        four = (np.array(dW1), self.bias(db1), np.array(dW2), self.bias(db2))
        return (
            steps.Gradient(*four) if self.keys is None else dict(zip(self.gradient_keys, four, strict=True))
        )

    def labels(self, y: Any, Y: Any) -> Any:
        """Return a copy of the labels."""
        return np.array(y if self.codes else Y)


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
    first, second, third, fourth = (np.shape(entry) for entry in four)
    if len(first) == len(second) == 2 and second[0] == first[1] != 1 and len(fourth) < 2:
        return [four[0], four[2], four[1], four[3]]  # both weights, then both biases
    if len(first) == len(third) == 2 and first[1] != third[0] and third[1] == first[0]:
        return [four[2], four[3], four[0], four[1]]  # the output layer first, as in the text's gradients
    return four


def key_names(value: Any) -> tuple[str, ...] | None:
    """Return the keys of a dict of parameters or gradients in the order W1, b1, W2, b2."""
    four = read_four(value)
    if four is None or not isinstance(value, dict):
        return None
    keys = [key for name in _NAMES for key, entry in value.items() if entry is four[name]]
    return tuple(keys) if len(keys) == len(_NAMES) else None


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


def _flatten(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return [leaf for entry in value for leaf in _flatten(entry)]
    return [value]
