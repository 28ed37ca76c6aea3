"""The learner's functions, with ours to stand in for any of them."""

import inspect
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking import places
from triceptron.checking.calling import Outcome, Placer, call
from triceptron.checking.cases import Case
from triceptron.checking.catalogue import STEPS, find_names
from triceptron.checking.interface import (
    DEFAULT_DRESS,
    Dress,
    calling_dresses,
    forward_layout,
    gradient_keys,
    read_dress,
    read_four,
)
from triceptron.checking.source import Listing
from triceptron.parameters import Parameters

__all__ = ["REPLACEABLE", "Learner"]


@dataclass
class Learner:
    """The learner's functions by our names for the steps, and what is known about them.

    Attributes
    ----------
    found : dict
        From a step's key to the learner's function.
    names : dict
        From a step's key to the name it has there.
    listing : Listing
        The text of the functions, where known.
    placer : callable
        Tells the learner's lines from others in a traceback.
    dress : Dress
        What the learner's own initialize and compute_gradient hand out.
    forward_layout : tuple of str or None
        The names in the tuple that the learner's forward returns; None for O alone.
    """

    found: dict[str, Callable[..., Any]]
    names: dict[str, str]
    listing: Listing
    placer: Placer
    dress: Dress = DEFAULT_DRESS
    forward_layout: tuple[str, ...] | None = None
    _stand_ins: dict[str, Callable[..., Any]] = field(default_factory=dict, repr=False)
    _met: set[str] = field(default_factory=set, repr=False)

    @classmethod
    def of(cls, scope: Mapping[str, Any], listing: Listing, placer: Placer) -> "Learner":
        """Find the steps among a learner's names: functions, constants, modules."""
        names = find_names(name for name, value in scope.items() if _is_own(value))
        return cls({key: scope[name] for key, name in names.items()}, names, listing, placer)

    def is_blank(self, key: str) -> bool:
        """Tell whether a step is there but not written yet."""
        definition = self.listing.get(self.names.get(key, ""))
        return definition is not None and places.is_blank(definition)

    def meet(self, case: Case, dead: Collection[str]) -> None:
        """Learn from the learner's own results how parameters and gradients are dressed."""
        for key, look in (
            ("initialize", self._meet_initialize),
            ("forward", self._meet_forward),
            ("compute_gradient", self._meet_gradient),
        ):
            if key in self.found and key not in dead and key not in self._met:
                self._met.add(key)
                look(self.found[key], case)

    def _meet_initialize(self, function: Callable[..., Any], case: Case) -> None:
        self.dress = read_dress(self.call_initialize(5, 3).value) or self.dress

    def _meet_forward(self, function: Callable[..., Any], case: Case) -> None:
        with self.replaced(function, REPLACEABLE):
            for dress in calling_dresses(self.dress, labels=False):
                outcome = call(function, (case.X.copy(), dress.parameters(case.parameters)), self.placer)
                if outcome.error is None:
                    self.forward_layout = forward_layout(outcome.value, case.Z, case.H, case.O)
                    return

    def _meet_gradient(self, function: Callable[..., Any], case: Case) -> None:
        arrays = [case.P.copy(), case.H.copy(), case.Z.copy(), case.X.copy()]
        parameters = self.dress.parameters(case.parameters)
        with self.replaced(function, REPLACEABLE):
            outcome = call(function, (case.Y.copy(), *arrays, parameters), self.placer)
        keys = gradient_keys(outcome.value)
        if keys is not None:
            self.dress = replace(self.dress, gradient_keys=keys)

    # --- initialize takes (h, K), and m from trainX among its globals; or (m, h, K), as ours does ---

    def call_initialize(self, h: int, K: int) -> Outcome:
        """Call the learner's initialize for h hidden units and K classes."""
        arguments = (self.features(), h, K) if self.takes_features() else (h, K)
        return call(self.found["initialize"], arguments, self.placer)

    def takes_features(self) -> bool:
        """Tell whether initialize cannot do without a third argument."""
        code = getattr(self.found["initialize"], "__code__", None)
        optional = len(getattr(self.found["initialize"], "__defaults__", None) or ())
        return code is not None and int(code.co_argcount) - optional >= 3

    def features(self) -> int:
        """Return m: the width of the trainX that initialize sees."""
        data: Any = getattr(self.found["initialize"], "__globals__", {}).get("trainX")
        return int(np.shape(data)[1]) if np.ndim(data) == 2 else 64

    # --- standing in ---

    def stand_in(self, key: str) -> Callable[..., Any]:
        """Return our function for a step, callable as the learner's own is."""
        if key not in self._stand_ins:
            self._stand_ins[key] = _bound_like(_OURS[key](self), self.found.get(key))
        return self._stand_ins[key]

    @contextmanager
    def replaced(self, function: Callable[..., Any], keys: Collection[str]) -> Iterator[None]:
        """Let a function see ours wherever it calls one of the steps of these keys.

        A step that the learner has not written is provided under the text's name and ours.
        """
        scope: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
        if scope is vars(steps):  # `from triceptron.steps import *`: ours stand in for themselves
            scope = {}
        before: dict[str, Any] = {}
        provided: list[str] = []
        for step in STEPS:
            if step.key not in keys or step.key not in _OURS:
                continue
            for name in {*step.names, self.names.get(step.key, "")}:
                if name in scope and scope[name] is not function and callable(scope[name]):
                    before[name] = scope[name]
                elif name and name not in scope and step.key not in self.found:
                    provided.append(name)
                else:
                    continue
                scope[name] = self.stand_in(step.key)
        try:
            yield
        finally:
            scope.update(before)
            for name in provided:
                scope.pop(name, None)


def _is_own(value: Any) -> bool:
    """Tell whether a name stands for a function of the learner's, or ours, and not for a library's."""
    if not callable(value) or isinstance(value, type | types.BuiltinFunctionType | types.ModuleType):
        return False
    code = getattr(value, "__code__", None)
    if code is None or (getattr(value, "__module__", None) or "").partition(".")[0] == "triceptron":
        return True
    return not {"site-packages", "dist-packages"} & set(Path(code.co_filename).parts)


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
    W1, b1, W2, b2 = (np.asarray(found[name]) for name in Parameters._fields)
    return Parameters(W1, b1.ravel(), W2, b2.ravel())


def _one_hot(y: Any, K: int) -> Any:
    return steps.one_hot(y.astype(np.int64), K, np.float64) if np.ndim(y) == 1 else y


def _dressed_gradient(learner: Learner, gradient: steps.Gradient, parameters: Any) -> Any:
    found: Any = read_four(parameters)
    dress = learner.dress
    keys = Parameters._fields if isinstance(parameters, dict) else None
    return Dress(keys, np.ndim(found["b1"]) == 2, gradient_keys=dress.gradient_keys).gradient(gradient)


def _our_forward(learner: Learner) -> Callable[..., Any]:
    def forward(X: Any, parameters: Any) -> Any:
        passed = steps.forward(X, _four(parameters))._asdict()
        if learner.forward_layout is None:
            return passed["O"]
        return tuple(passed[name] for name in learner.forward_layout)

    return forward


def _our_gradient(learner: Learner) -> Callable[..., Any]:
    def compute_gradient(y: Any, P: Any, H: Any, Z: Any, X: Any, parameters: Any, *rest: Any) -> Any:
        gradient = steps.compute_gradient(_one_hot(y, P.shape[1]), P, H, Z, X, _four(parameters))
        return _dressed_gradient(learner, gradient, parameters)

    return compute_gradient


def _our_update(learner: Learner) -> Callable[..., Any]:
    def update(parameters: Any, gradient: Any, learning_rate: float) -> Any:
        """Work in place and return the parameters too: whichever the caller counts on."""
        thetas, dthetas = read_four(parameters) or {}, read_four(gradient) or {}
        for name, theta in thetas.items():
            theta -= learning_rate * np.reshape(dthetas[name], np.shape(theta))
        return parameters

    return update


def _our_backward(learner: Learner) -> Callable[..., Any]:
    gradient, update = _our_gradient(learner), _our_update(learner)

    def backward(y: Any, P: Any, H: Any, Z: Any, X: Any, parameters: Any, learning_rate: float) -> Any:
        return update(parameters, gradient(y, P, H, Z, X, parameters), learning_rate)

    return backward


def _our_predict(learner: Learner) -> Callable[..., Any]:
    return lambda X, parameters: steps.predict(X, _four(parameters))


def _our_cross_entropy(learner: Learner) -> Callable[..., Any]:
    return lambda y, O: float(steps.cross_entropy(_one_hot(y, O.shape[1]), O))  # noqa: E741


def _naive_softmax(O: Any) -> Any:  # noqa: E741
    """As the text's my_softmax: a softmax that leans on it must subtract the maximum itself."""
    E = np.exp(O)
    return E / np.sum(E, axis=1, keepdims=True)


_OURS: Mapping[str, Callable[[Learner], Callable[..., Any]]] = {
    "linear_combination": lambda learner: steps.linear_combination,
    "relu": lambda learner: steps.relu,
    "relu_derivative": lambda learner: steps.relu_derivative,
    "my_softmax": lambda learner: _naive_softmax,
    "softmax": lambda learner: steps.softmax,
    "log_softmax": lambda learner: steps.log_softmax,
    "cross_entropy": _our_cross_entropy,
    "forward": _our_forward,
    "compute_gradient": _our_gradient,
    "update": _our_update,
    "backward": _our_backward,
    "predict": _our_predict,
}

REPLACEABLE = frozenset(_OURS)
"""The steps that ours can stand in for."""
