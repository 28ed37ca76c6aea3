"""The formulas of the three-layer perceptron, one function each: the lesson, and the specification.

Each body is its formula in the symbols of the text, and no function changes its arguments. The numbers
(1)–(22) are those of ``docs/equations.md``, which derives them; the native core does the same steps under
the same names, for speed. The arrays may come from any library that follows the Python array API standard
(NumPy, PyTorch, JAX, CuPy, …); what comes back is of that library and of the same floating dtype.

n samples (a row each), m features, h hidden units, K classes. Wherever a name of these stands below, as an
argument or as a result, it has this shape::

    X (n, m)   W1 (m, h)   b1 (h,)   Z, H (n, h)   W2 (h, K)   b2 (K,)   O, P, Y (n, K)

O are the logits, P the probabilities, Y the truth: rows that sum to 1, one-hot or any distribution. Two
other outputs stand at the end: K independent probabilities (`logistic`; Y of zeros and ones) and K numbers
(P is O itself, `squared_error`; Y of any numbers). The way back, from (7) on, is the same for all three.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias, TypeVar

from triceptron.arrays import array_namespace

__all__ = [
    "Forward",
    "Gradient",
    "backpropagate",
    "binary_cross_entropy",
    "compute_gradient",
    "cross_entropy",
    "forward",
    "linear_combination",
    "log_logistic",
    "log_softmax",
    "logistic",
    "one_hot",
    "predict",
    "relu",
    "relu_derivative",
    "softmax",
    "squared_error",
    "update",
]

Array: TypeAlias = Any
"""An array of any library that follows the array API standard."""

ParametersLike = TypeVar("ParametersLike", bound=tuple[Any, ...])


class Forward(NamedTuple):
    """What a forward pass computes; the backward pass needs all of it."""

    Z: Array
    H: Array
    O: Array  # noqa: E741 - the text's own letter


class Gradient(NamedTuple):
    """The loss's derivative by each parameter, in the parameters' shapes and order."""

    dW1: Array  # noqa: N815
    db1: Array
    dW2: Array  # noqa: N815
    db2: Array


def one_hot(y: Array, K: int, dtype: Any) -> Array:
    """Write integer labels y (n,) from 0 to K - 1 as rows of zeros with a single one: Y (n, K)."""
    xp = array_namespace(y)
    return xp.astype(y[:, None] == xp.arange(K, dtype=y.dtype), dtype)


def linear_combination(X: Array, W: Array, b: Array) -> Array:
    """Weigh the inputs and add the bias to every row: from X to Z, and from H to O."""
    return X @ W + b  # (1), (3)


def relu(Z: Array) -> Array:
    """Keep what is positive, in a new array: H, where the published code writes into Z itself."""
    xp = array_namespace(Z)
    return xp.maximum(Z, xp.zeros_like(Z))  # (2)


def relu_derivative(Z: Array) -> Array:
    """Slope of ReLU, in Z's shape and dtype: 1 where Z > 0, else 0.

    At Z = 0 any value in [0, 1] is a subgradient. The text takes 1; we take 0, as PyTorch, JAX and
    scikit-learn do: the slope is then a function of H alone, and a unit that puts out nothing learns nothing.
    """
    xp = array_namespace(Z)
    return xp.astype(Z > 0, Z.dtype)


def softmax(O: Array) -> Array:  # noqa: E741
    """Turn each row of logits into probabilities: P.

    Subtracting the row's own maximum changes nothing (numerator and denominator shrink by the same factor),
    and no exponential can overflow: the largest is exp(0) = 1.
    """
    xp = array_namespace(O)
    E = xp.exp(O - xp.max(O, axis=-1, keepdims=True))
    return E / xp.sum(E, axis=-1, keepdims=True)  # (4)


def log_softmax(O: Array) -> Array:  # noqa: E741
    """Logarithm of P, without ever taking the logarithm of 0: the sum contains exp(0) = 1."""
    xp = array_namespace(O)
    S = O - xp.max(O, axis=-1, keepdims=True)
    return S - xp.log(xp.sum(xp.exp(S), axis=-1, keepdims=True))  # (5)


def cross_entropy(Y: Array, O: Array) -> Array:  # noqa: E741
    """Mean cross-entropy between the truth Y and softmax(O): the loss, an array of shape ()."""
    xp = array_namespace(Y, O)
    return -xp.mean(xp.sum(Y * log_softmax(O), axis=-1))  # (6)


def forward(X: Array, parameters: Iterable[Array]) -> Forward:
    """From the inputs to the logits, keeping what lies between."""
    W1, b1, W2, b2 = parameters
    Z = linear_combination(X, W1, b1)  # (1)
    H = relu(Z)  # (2)
    O = linear_combination(H, W2, b2)  # (3)  # noqa: E741
    return Forward(Z, H, O)


def compute_gradient(
    Y: Array, P: Array, H: Array, Z: Array, X: Array, parameters: Iterable[Array]
) -> Gradient:
    """Derivative of the loss by every parameter: each output together with its loss leaves a difference."""
    n = Y.shape[0]
    dO = (P - Y) / n  # (7)
    return backpropagate(dO, H, relu_derivative(Z), X, parameters)


def backpropagate(dO: Array, H: Array, slope: Array, X: Array, parameters: Iterable[Array]) -> Gradient:
    """Carry ∂loss/∂O (n, K) back through both layers, with the activation's slope ∂H/∂Z (n, h)."""
    xp = array_namespace(dO)
    _, _, W2, _ = parameters
    dW2 = H.T @ dO  # (8)
    db2 = xp.sum(dO, axis=0)  # (9)
    dZ = (dO @ W2.T) * slope  # (10)
    dW1 = X.T @ dZ  # (11)
    db1 = xp.sum(dZ, axis=0)  # (12)
    return Gradient(dW1, db1, dW2, db2)


def update(parameters: ParametersLike, gradient: Iterable[Array], learning_rate: float) -> ParametersLike:
    """Go one step downhill: new parameters in a tuple of the same type; the given ones stay as they are."""
    pairs = zip(parameters, gradient, strict=True)
    stepped = [theta - learning_rate * dtheta for theta, dtheta in pairs]  # (13)
    make = getattr(type(parameters), "_make", type(parameters))
    return make(stepped)


def predict(X: Array, parameters: Iterable[Array]) -> Array:
    """Class of each row, integers (n,): softmax keeps the logits' order, so the largest logit decides."""
    xp = array_namespace(X)
    return xp.argmax(forward(X, parameters).O, axis=-1)


def logistic(O: Array) -> Array:  # noqa: E741
    """Turn each logit into a probability of its own, P = 1 / (1 + exp(-O)): softmax over (0, O).

    Both exponentials are of numbers that are not positive, so none overflows.
    """
    xp = array_namespace(O)
    return xp.exp(xp.minimum(O, xp.zeros_like(O))) / (1 + xp.exp(-xp.abs(O)))  # (19)


def log_logistic(O: Array) -> Array:  # noqa: E741
    """Logarithm of P, without ever taking the logarithm of 0; that of 1 - P is ``log_logistic(-O)``."""
    xp = array_namespace(O)
    return xp.minimum(O, xp.zeros_like(O)) - xp.log1p(xp.exp(-xp.abs(O)))  # (20)


def binary_cross_entropy(Y: Array, O: Array) -> Array:  # noqa: E741
    """Mean cross-entropy between the truth Y and logistic(O), summed over the K outputs."""
    xp = array_namespace(Y, O)
    return -xp.mean(xp.sum(Y * log_logistic(O) + (1 - Y) * log_logistic(-O), axis=-1))  # (21)


def squared_error(Y: Array, O: Array) -> Array:  # noqa: E741
    """Half the mean squared distance between the truth Y and O."""
    xp = array_namespace(Y, O)
    return xp.mean(xp.sum((O - Y) ** 2, axis=-1)) / 2  # (22)
