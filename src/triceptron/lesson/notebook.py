"""One step of a reader's own network in a notebook: the page's third chapter as a widget."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from triceptron import steps
from triceptron.arrays import Floats
from triceptron.lesson.assembly import make_widget, quote_steps
from triceptron.parameters import Parameters

if TYPE_CHECKING:
    from anywidget import AnyWidget

__all__ = ["look"]

_MOST_SAMPLES = 16
_NAMES = {"relu": ("relu", "ReLU")}  # the text's name where it is another


def look(
    parameters: Parameters | Iterable[Any] | Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    functions: Mapping[str, Any] | None = None,
    learning_rate: float = 0.1,
    lang: str | None = None,
) -> "AnyWidget":
    """Look at one step of your own network in a notebook: every matrix, and where every number comes from.

    Parameters
    ----------
    parameters : Parameters, sequence or mapping
        W1 (m, h), b1 (h,), W2 (h, K), b2 (K,), in this order or by name.
    X : array, shape (n, m)
        A few samples, at most 16.
    y : array, shape (n,) or (n, K)
        Their labels from 0 to K - 1, or the rows of Y.
    functions : mapping, optional
        Your own functions by name, such as ``globals()``: linear_combination, relu (or ReLU), softmax,
        log_softmax, compute_gradient, any of them. What they make is shown, and outlined where ours
        makes something else. Parameters go to compute_gradient as they came: by name, or in order.
    learning_rate : float
        η of the update.
    lang : {"en", "zh"}, optional
        The browser's language when not given.

    Returns
    -------
    AnyWidget
        A notebook shows it as the last value of a cell.

    Raises
    ------
    ImportError
        If anywidget is not there: install ``triceptron[notebook]``.
    ValueError
        If a shape does not fit.
    """
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise ImportError("look needs anywidget: pip install 'triceptron[notebook]'") from None
    own, by_name = _take_parameters(parameters), isinstance(parameters, Mapping)
    X, Y = _take_samples(X, y, own)
    given = {"X": X, "Y": Y, **own._asdict()}
    problem = {
        "given": {name: np.atleast_2d(array).tolist() for name, array in given.items()},
        "theirs": {name: array.tolist() for name, array in _run(functions or {}, X, Y, own, by_name).items()},
        "learning_rate": float(learning_rate),
    }
    script, page_style = make_widget()

    class Step(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = script
        style = traitlets.Unicode(page_style).tag(sync=True)
        problem = traitlets.Dict().tag(sync=True)
        lines = traitlets.Dict().tag(sync=True)
        language = traitlets.Unicode(allow_none=True).tag(sync=True)

    return Step(problem=problem, lines={str(k): v for k, v in quote_steps().items()}, language=lang)


def _take_parameters(parameters: Any) -> Parameters:
    if isinstance(parameters, Mapping):
        missing = [name for name in Parameters._fields if name not in parameters]
        if missing:
            raise ValueError(f"parameters must have W1, b1, W2 and b2; {', '.join(missing)} is missing")
        parameters = [parameters[name] for name in Parameters._fields]
    arrays = [np.array(theta, np.float64) for theta in parameters]
    if len(arrays) != 4:
        raise ValueError(f"parameters must be W1, b1, W2 and b2, got {len(arrays)} arrays")
    W1, b1, W2, b2 = arrays
    return Parameters(W1, b1.reshape(-1), W2, b2.reshape(-1)).validate()


def _take_samples(X: Any, y: Any, parameters: Parameters) -> tuple[Floats, Floats]:
    X, y = np.atleast_2d(np.array(X, np.float64)), np.asarray(y)
    (m, _), (K,) = parameters.W1.shape, parameters.b2.shape
    if X.ndim != 2 or X.shape[1] != m or not 1 <= len(X) <= _MOST_SAMPLES:
        raise ValueError(f"X must have 1 to {_MOST_SAMPLES} rows of {m} features, got shape {X.shape}")
    if y.ndim == 2 and y.shape == (len(X), K):
        return X, y.astype(np.float64)
    y = np.atleast_1d(y)
    if y.shape != (len(X),) or y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= K:
        raise ValueError(f"y must be {len(X)} labels from 0 to {K - 1}, or rows of Y ({len(X)}, {K})")
    return X, steps.one_hot(y.astype(np.int64), K, np.dtype(np.float64))


def _run(
    functions: Mapping[str, Any], X: Floats, Y: Floats, parameters: Parameters, by_name: bool
) -> dict[str, Floats]:
    """Run the reader's functions one after the other, as a step does; ours stand in where there is none."""

    def find(name: str) -> Callable[..., Any]:
        own = (functions.get(each) for each in _NAMES.get(name, (name,)))
        found: Callable[..., Any] = next(filter(callable, own), getattr(steps, name))
        return found

    if not functions:
        return {}
    W1, b1, W2, b2 = theirs = Parameters(*(theta.copy() for theta in parameters))
    Z = find("linear_combination")(X.copy(), W1, b1)
    H = find("relu")(Z)  # which may write into Z: then this is seen
    O = find("linear_combination")(np.array(H), W2, b2)  # noqa: E741
    P, log_P = find("softmax")(np.array(O)), find("log_softmax")(np.array(O))
    form = theirs._asdict() if by_name and callable(functions.get("compute_gradient")) else theirs
    gradient = find("compute_gradient")(Y.copy(), np.array(P), H, Z, X.copy(), form)
    names = ("dW1", "db1", "dW2", "db2")
    named = gradient if isinstance(gradient, Mapping) else dict(zip(names, gradient, strict=True))
    made = {"Z": Z, "H": H, "O": O, "P": P, "logP": log_P, **{name: named[name] for name in names}}
    return {name: np.atleast_2d(np.array(array, np.float64)) for name, array in made.items()}
