"""The formulas of the three-layer perceptron, one function each.

This is the lesson and the specification: each body is its formula, in the symbols of the text, and no
function changes its arguments. The numbers (1)–(13) are those of ``docs/equations.md``; the native core
(``core/by_rows.hpp`` and ``core/by_units.hpp``) does the same steps under the same names, for speed.

Every function takes the arrays of any library that follows the Python array API standard (NumPy, PyTorch,
JAX, CuPy, …) and returns arrays of that library in the same dtype.

Shapes: n samples, m features, h hidden units, K classes; rows are samples. ::

    X (n, m)   W1 (m, h)   b1 (h,)   Z, H (n, h)   W2 (h, K)   b2 (K,)   O, P, Y (n, K)
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias, TypeVar

from array_api_compat import array_namespace

__all__ = [
    "Forward",
    "Gradient",
    "compute_gradient",
    "cross_entropy",
    "forward",
    "linear_combination",
    "log_softmax",
    "one_hot",
    "predict",
    "relu",
    "relu_derivative",
    "softmax",
    "update",
]

Array: TypeAlias = Any
"""An array of any library that follows the array API standard."""

ParametersLike = TypeVar("ParametersLike", bound=Iterable[Any])


class Forward(NamedTuple):
    """What a forward pass computes; the backward pass needs all of it.

    Attributes
    ----------
    Z : array, shape (n, h)
        The hidden layer before its activation.
    H : array, shape (n, h)
        The hidden layer after its activation.
    O : array, shape (n, K)
        The output layer before softmax (the logits).
    """

    Z: Array
    H: Array
    O: Array  # noqa: E741 - the text's own letter


class Gradient(NamedTuple):
    """The loss's derivative with respect to each parameter, in the parameters' shapes and order."""

    dW1: Array  # noqa: N815
    db1: Array
    dW2: Array  # noqa: N815
    db2: Array


def one_hot(y: Array, K: int, dtype: Any) -> Array:
    """Write labels as rows of zeros with a single one: Y[i, k] = [y[i] = k].

    Parameters
    ----------
    y : integer array, shape (n,)
        Labels from 0 to K - 1.
    K : int
        The number of classes.
    dtype : dtype
        The floating dtype of the result.

    Returns
    -------
    Y : array, shape (n, K)
    """
    xp = array_namespace(y)
    return xp.astype(y[:, None] == xp.arange(K, dtype=y.dtype)[None, :], dtype)


def linear_combination(X: Array, W: Array, b: Array) -> Array:
    """Weigh the inputs and add the bias: Z = XW + b.

    Parameters
    ----------
    X : array, shape (n, m)
    W : array, shape (m, h)
    b : array, shape (h,)
        Added to every row.

    Returns
    -------
    Z : array, shape (n, h)
    """
    return X @ W + b  # (1), (3)


def relu(Z: Array) -> Array:
    """Keep what is positive: H = max(Z, 0), entry by entry.

    Parameters
    ----------
    Z : array, any shape

    Returns
    -------
    H : array, the shape of Z
        A new array. (The published code writes into Z here, and its gradient is wrong from then on.)
    """
    xp = array_namespace(Z)
    return xp.maximum(Z, xp.zeros_like(Z))  # (2)


def relu_derivative(Z: Array) -> Array:
    """Slope of ReLU: 1 where Z > 0, else 0.

    At Z = 0 any value in [0, 1] is a subgradient. The text takes 1; we take 0, as PyTorch, JAX and
    scikit-learn do: it makes the slope a function of H alone (1 where H > 0), and a unit that puts out
    nothing then learns nothing.

    Parameters
    ----------
    Z : array, any shape

    Returns
    -------
    array, the shape and dtype of Z
    """
    xp = array_namespace(Z)
    return xp.astype(Z > 0, Z.dtype)


def softmax(O: Array) -> Array:  # noqa: E741
    """Turn each row of logits into probabilities: P[k] = exp(O[k]) / Σⱼ exp(O[j]).

    Each row's own maximum is subtracted first. That changes nothing (numerator and denominator shrink by
    the same factor), and no exponential can overflow: the largest is exp(0) = 1.

    Parameters
    ----------
    O : array, shape (n, K)

    Returns
    -------
    P : array, shape (n, K)
        Each row is non-negative and sums to 1.
    """
    xp = array_namespace(O)
    E = xp.exp(O - xp.max(O, axis=-1, keepdims=True))
    return E / xp.sum(E, axis=-1, keepdims=True)  # (4)


def log_softmax(O: Array) -> Array:  # noqa: E741
    """Logarithm of softmax without ever taking the logarithm of 0.

    log P[k] = O[k] - max(O) - log Σⱼ exp(O[j] - max(O)), with each row's own maximum. The sum contains
    exp(0) = 1, so its logarithm is finite. (A maximum of the whole matrix, as published, lets every
    exponential of a small row underflow.)

    Parameters
    ----------
    O : array, shape (n, K)

    Returns
    -------
    array, shape (n, K)
    """
    xp = array_namespace(O)
    S = O - xp.max(O, axis=-1, keepdims=True)
    return S - xp.log(xp.sum(xp.exp(S), axis=-1, keepdims=True))  # (5)


def cross_entropy(Y: Array, O: Array, w: Array | None = None) -> Array:  # noqa: E741
    """Mean cross-entropy between the truth Y and softmax(O): loss = -1/n Σᵢ Σₖ Y[i, k] log P[i, k].

    Parameters
    ----------
    Y : array, shape (n, K)
        One-hot truth.
    O : array, shape (n, K)
        Logits; softmax is inside.
    w : array, shape (n,), optional
        Each sample's share of the mean, summing to 1; 1/n each when not given.

    Returns
    -------
    loss : array, shape ()
    """
    xp = array_namespace(Y, O)
    row_losses = -xp.sum(Y * log_softmax(O), axis=-1)
    return xp.mean(row_losses) if w is None else xp.sum(w * row_losses)  # (6)


def forward(X: Array, parameters: Iterable[Array]) -> Forward:
    """From the inputs to the logits, keeping what lies between.

    Parameters
    ----------
    X : array, shape (n, m)
    parameters : (W1, b1, W2, b2)
        Shapes (m, h), (h,), (h, K), (K,).

    Returns
    -------
    Forward
        Z (n, h), H (n, h), O (n, K).
    """
    W1, b1, W2, b2 = parameters
    Z = linear_combination(X, W1, b1)  # (1)
    H = relu(Z)  # (2)
    O = linear_combination(H, W2, b2)  # (3)  # noqa: E741
    return Forward(Z, H, O)


def compute_gradient(
    Y: Array,
    P: Array,
    H: Array,
    Z: Array,
    X: Array,
    parameters: Iterable[Array],
    w: Array | None = None,
) -> Gradient:
    """Carry the error back through the network: the derivative of the loss by every parameter.

    The chain rule, from the loss backwards. Softmax and cross-entropy together have a derivative as plain
    as a difference::

        dO  = (P - Y) / n              (n, K)   ∂loss/∂O
        dW2 = Hᵀ dO                    (h, K)   O = H W2 + b2: every sample adds H[i]ᵀ dO[i]
        db2 = Σᵢ dO[i]                 (K,)     b2 is added to every row
        dH  = dO W2ᵀ                   (n, h)   each hidden unit collects the errors it fed
        dZ  = dH ∘ relu'(Z)            (n, h)   entry by entry: a silent unit passes nothing back
        dW1 = Xᵀ dZ                    (m, h)   as dW2, one layer below
        db1 = Σᵢ dZ[i]                 (h,)

    The transposes are what the shapes ask for: Hᵀ (h, n) and dO (n, K) meet over the samples, dO (n, K) and
    W2ᵀ (K, h) over the classes.

    Parameters
    ----------
    Y : array, shape (n, K)
        One-hot truth.
    P : array, shape (n, K)
        softmax of the logits.
    H, Z : array, shape (n, h)
        The hidden layer after and before its activation.
    X : array, shape (n, m)
    parameters : (W1, b1, W2, b2)
    w : array, shape (n,), optional
        Each sample's share of the loss, summing to 1; 1/n each when not given.

    Returns
    -------
    Gradient
        dW1 (m, h), db1 (h,), dW2 (h, K), db2 (K,).
    """
    xp = array_namespace(Y, P)
    _, _, W2, _ = parameters
    dO = (P - Y) / Y.shape[0] if w is None else w[:, None] * (P - Y)  # (7)
    dW2 = H.T @ dO  # (8)
    db2 = xp.sum(dO, axis=0)  # (9)
    dZ = (dO @ W2.T) * relu_derivative(Z)  # (10)
    dW1 = X.T @ dZ  # (11)
    db1 = xp.sum(dZ, axis=0)  # (12)
    return Gradient(dW1, db1, dW2, db2)


def update(parameters: ParametersLike, gradient: Iterable[Array], learning_rate: float) -> ParametersLike:
    """Go one step downhill: θ ← θ - η ∂loss/∂θ, for each of the four parameters.

    Parameters
    ----------
    parameters : named tuple (W1, b1, W2, b2)
    gradient : (dW1, db1, dW2, db2)
    learning_rate : float
        η, positive.

    Returns
    -------
    named tuple
        New parameters of the same type; the given ones stay as they are.
    """
    stepped = (
        theta - learning_rate * dtheta for theta, dtheta in zip(parameters, gradient, strict=True)
    )  # (13)
    return type(parameters)(*stepped)


def predict(X: Array, parameters: Iterable[Array]) -> Array:
    """Class of each row: the largest logit, ŷ[i] = argmaxₖ O[i, k].

    Softmax keeps the order of a row's entries, so the logits decide as well as the probabilities.

    Parameters
    ----------
    X : array, shape (n, m)
    parameters : (W1, b1, W2, b2)

    Returns
    -------
    array of integers, shape (n,)
        Labels from 0 to K - 1.
    """
    xp = array_namespace(X)
    return xp.argmax(forward(X, parameters).O, axis=-1)
