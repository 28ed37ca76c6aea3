"""How the learner's functions want their arguments and hand back their results, and ours in that dress.

The text keeps parameters in a dict with biases (1, h); ours are a named tuple with biases (h,); labels may be
one-hot or integer codes. A function may take any of these: the checks try them in turn.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.catalogue import STEPS
from triceptron.parameters import Parameters

__all__ = [
    "DEFAULT_DRESS",
    "Dress",
    "Functions",
    "calling_dresses",
    "forward_arrays",
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
    """Find the four parameters, or their gradients, in what a function returned.

    Parameters
    ----------
    value : object
        A dict with keys such as W1, dW1 or grad_W1; a named tuple; or any four arrays.

    Returns
    -------
    dict or None
        From W1, b1, W2, b2 to what stood there.
    """
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
    """Find O, and Z and H where they are, in what the learner's forward returned.

    Parameters
    ----------
    value : object
    Z, H, O : arrays
        The right ones: their shapes tell which is which, and their values tell Z from H.

    Returns
    -------
    dict or None
        The names found and their arrays; None where nothing has the shape of O.
    """
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
    """List the dresses to try, likely ones first.

    Parameters
    ----------
    first : Dress
        What the learner's own initialize and compute_gradient return.
    labels : bool
        Whether the function takes labels at all.
    """
    bases = [first]
    for keys, row_bias in ((_NAMES, True), (_NAMES, False), (None, False), (None, True)):
        dress = Dress(keys, row_bias, gradient_keys=first.gradient_keys)
        if dress not in bases:
            bases.append(dress)
    coded = [Dress(dress.keys, dress.row_bias, True, dress.gradient_keys) for dress in bases] if labels else []
    return bases + coded


@dataclass
class Functions:
    """The learner's functions, with ours to stand in for them.

    Attributes
    ----------
    found : dict
        From a step's key to the learner's function.
    names : dict
        From a step's key to the name it has there.
    dress : Dress
        What the learner's own initialize and compute_gradient hand out.
    forward_layout : tuple of str or None
        The names in the tuple that the learner's forward returns; None for O alone.
    naive_my_softmax : bool
        Whether our stand-in for my_softmax is the text's, which overflows.
    """

    found: dict[str, Callable[..., Any]]
    names: dict[str, str]
    dress: Dress = DEFAULT_DRESS
    forward_layout: tuple[str, ...] | None = None
    _stand_ins: dict[str, Callable[..., Any]] = field(default_factory=dict, repr=False)

    def stand_in(self, key: str) -> Callable[..., Any]:
        """Return our function for a step, callable as the learner's own is."""
        if key not in self._stand_ins:
            self._stand_ins[key] = _bound_like(_OURS[key](self), self.found.get(key))
        return self._stand_ins[key]

    @contextmanager
    def replaced(self, function: Callable[..., Any], keys: Collection[str]) -> Iterator[None]:
        """Let a function see ours wherever it calls one of the steps.

        Parameters
        ----------
        function : callable
            The learner's function under check; its globals are changed and put back.
        keys : collection of str
            The steps to replace; one that the learner has not written is provided under the text's name.
        """
        scope: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
        before: dict[str, Any] = {}
        missing: set[str] = set()
        for step in STEPS:
            if step.key not in keys or step.key not in _OURS:
                continue
            for name in step.names:
                if name in scope and scope[name] is function:
                    continue
                if name in scope and callable(scope[name]):
                    before[name] = scope[name]
                    scope[name] = self.stand_in(step.key)
                elif name not in scope and step.key not in self.found:
                    missing.add(name)
                    scope[name] = self.stand_in(step.key)
            name = self.names.get(step.key, "")
            if name in scope and name not in before and scope[name] is not function:
                before[name] = scope[name]
                scope[name] = self.stand_in(step.key)
        try:
            yield
        finally:
            scope.update(before)
            for name in missing:
                scope.pop(name, None)


def _bound_like(ours: Callable[..., Any], theirs: Callable[..., Any] | None) -> Callable[..., Any]:
    """Take keyword arguments by the learner's own names, and hand them on by position."""
    try:
        signature = inspect.signature(theirs) if theirs is not None else None
    except (TypeError, ValueError):
        signature = None

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        if kwargs and signature is not None:
            bound = signature.bind(*args, **kwargs)
            return ours(*bound.args, *bound.kwargs.values())
        return ours(*args, *kwargs.values())

    return stand_in


def _four(value: Any) -> Parameters:
    """Read parameters or gradients in any dress, biases as (h,)."""
    found = read_four(value)
    if found is None:
        raise TypeError(f"expected W1, b1, W2 and b2, got {type(value).__name__}")
    W1, b1, W2, b2 = (np.asarray(found[name]) for name in _NAMES)
    return Parameters(W1, b1.ravel(), W2, b2.ravel())


def _one_hot(y: Any, K: int) -> Any:
    return steps.one_hot(y.astype(np.int64), K, np.float64) if np.ndim(y) == 1 else y


def _dressed_gradient(functions: Functions, gradient: steps.Gradient, parameters: Any) -> Any:
    found = read_four(parameters) or {}
    dress = functions.dress
    keys = _NAMES if isinstance(parameters, dict) else None
    return Dress(
        keys, np.ndim(found.get("b1")) == 2, gradient_keys=dress.gradient_keys
    ).gradient(gradient)


def _our_forward(functions: Functions) -> Callable[..., Any]:
    def forward(X: Any, parameters: Any) -> Any:
        passed = steps.forward(X, _four(parameters))._asdict()
        if functions.forward_layout is None:
            return passed["O"]
        return tuple(passed[name] for name in functions.forward_layout)

    return forward


def _our_gradient(functions: Functions) -> Callable[..., Any]:
    def compute_gradient(y: Any, P: Any, H: Any, Z: Any, X: Any, parameters: Any, *rest: Any) -> Any:
        gradient = steps.compute_gradient(_one_hot(y, P.shape[1]), P, H, Z, X, _four(parameters))
        return _dressed_gradient(functions, gradient, parameters)

    return compute_gradient


def _our_update(functions: Functions) -> Callable[..., Any]:
    def update(parameters: Any, gradient: Any, learning_rate: float) -> Any:
        """Work in place and return the parameters too: whichever the caller counts on."""
        thetas, dthetas = read_four(parameters) or {}, read_four(gradient) or {}
        for name, theta in thetas.items():
            theta -= learning_rate * np.reshape(dthetas[name], np.shape(theta))
        return parameters

    return update


def _our_backward(functions: Functions) -> Callable[..., Any]:
    gradient, update = _our_gradient(functions), _our_update(functions)

    def backward(y: Any, P: Any, H: Any, Z: Any, X: Any, parameters: Any, learning_rate: float) -> Any:
        return update(parameters, gradient(y, P, H, Z, X, parameters), learning_rate)

    return backward


def _our_predict(functions: Functions) -> Callable[..., Any]:
    return lambda X, parameters: steps.predict(X, _four(parameters))


def _our_cross_entropy(functions: Functions) -> Callable[..., Any]:
    return lambda y, O: float(steps.cross_entropy(_one_hot(y, O.shape[1]), O))


def _naive_softmax(O: Any) -> Any:  # noqa: E741
    """As the text's my_softmax: a softmax that leans on it must subtract the maximum itself."""
    E = np.exp(O)
    return E / np.sum(E, axis=1, keepdims=True)


_OURS: Mapping[str, Callable[[Functions], Callable[..., Any]]] = {
    "linear_combination": lambda functions: steps.linear_combination,
    "relu": lambda functions: steps.relu,
    "relu_derivative": lambda functions: steps.relu_derivative,
    "my_softmax": lambda functions: _naive_softmax,
    "softmax": lambda functions: steps.softmax,
    "log_softmax": lambda functions: steps.log_softmax,
    "cross_entropy": _our_cross_entropy,
    "forward": _our_forward,
    "compute_gradient": _our_gradient,
    "update": _our_update,
    "backward": _our_backward,
    "predict": _our_predict,
}
