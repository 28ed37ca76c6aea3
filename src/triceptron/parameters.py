"""The four parameters of the network: their start, their checks, their fingerprint."""

import hashlib
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats

__all__ = ["Parameters", "Scheme", "initialize"]

Scheme: TypeAlias = Literal["he", "glorot", "exercise"]


class Parameters(NamedTuple):
    """Weights and biases of both layers; a tuple, so ``W1, b1, W2, b2 = parameters`` works.

    Attributes
    ----------
    W1 : array, shape (m, h)
    b1 : array, shape (h,)
    W2 : array, shape (h, K)
    b2 : array, shape (K,)
    """

    W1: Floats
    b1: Floats
    W2: Floats
    b2: Floats

    def __repr__(self) -> str:
        """Sizes and fingerprint instead of thousands of numbers."""
        (m, h), K = self.W1.shape, self.b2.shape[0]
        return f"Parameters(m={m}, h={h}, K={K}, {self.W1.dtype}, fingerprint={self.fingerprint()})"

    def fingerprint(self) -> str:
        """Eight characters that two people can compare to know that their parameters are the same bits.

        Returns
        -------
        str
            The first eight hexadecimal digits of the SHA-256 of names, shapes, dtypes and
            little-endian bytes.
        """
        digest = hashlib.sha256()
        for name, array in zip(self._fields, self, strict=True):
            digest.update(f"{name} {array.shape} {array.dtype.name};".encode())
            digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()[:8]

    @classmethod
    def committee(
        cls, members: Sequence["Parameters"], weights: Sequence[float] | None = None
    ) -> "Parameters":
        """Return one network that answers as several do together.

        Its hidden units are those of all members; its logits are the means of theirs, so that its
        probabilities are the geometric means of theirs, brought to the sum 1.

        Parameters
        ----------
        members : sequence of Parameters
            With the same m, K and dtype, at least one.
        weights : sequence of float, optional
            How much each of them counts; all the same when not given.

        Raises
        ------
        ValueError
            If there is none, or one does not fit the first.
        """
        if not members:
            raise ValueError("a committee has at least one member")
        kinds = [(len(one.W1), len(one.b2), one.validate().W1.dtype.name) for one in members]
        for i, kind in enumerate(kinds):
            if kind != kinds[0]:
                raise ValueError(
                    f"all members must have the same m, K and dtype, but member 0 has {kinds[0]} "
                    f"and member {i} has {kind}"
                )
        W1, b1, W2, b2 = zip(*members, strict=True)
        shares = np.asarray(np.ones(len(members)) if weights is None else weights, np.float64)
        shares = (shares / shares.sum()).astype(W2[0].dtype)
        return cls(
            np.hstack(W1),
            np.hstack(b1),
            np.vstack([share * part for share, part in zip(shares, W2, strict=True)]),
            np.sum([share * part for share, part in zip(shares, b2, strict=True)], axis=0),
        )

    def moved(self, image_shape: tuple[int, int], down: int, right: int) -> "Parameters":
        """Return the network that sees each image moved by whole pixels; what comes in from outside is 0.

        Of an image, with 0 for black, it says what this one says of the moved image.

        Parameters
        ----------
        image_shape : (int, int)
            Height and width, m = height · width.
        down, right : int
            Negative numbers move up and left.
        """
        (height, width), h = image_shape, self.W1.shape[1]
        images = self.W1.reshape(height, width, h)
        W1 = np.zeros_like(images)
        rows, columns = _overlap(height, down), _overlap(width, right)
        W1[rows[0], columns[0]] = images[rows[1], columns[1]]
        return self._replace(W1=W1.reshape(-1, h))

    def validate(self) -> "Parameters":
        """Return the parameters if their shapes and dtypes fit together.

        Raises
        ------
        ValueError
            If a shape or dtype does not fit the others; the message names the array and both sides.
        """
        for name, array, ndim in zip(self._fields, self, (2, 1, 2, 1), strict=True):
            if not isinstance(array, np.ndarray) or array.dtype not in (np.float32, np.float64):
                got = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
                raise ValueError(f"{name} must be a NumPy array of float32 or float64, got {got}")
            if array.ndim != ndim or 0 in array.shape:
                raise ValueError(f"{name} must have {ndim} non-empty dimension(s), got shape {array.shape}")
            if array.dtype != self.W1.dtype:
                raise ValueError(
                    f"{name} is {array.dtype} but W1 is {self.W1.dtype}: use one dtype for all four"
                )
        h, K = self.W1.shape[1], self.W2.shape[1]
        for name, array, shape in (("b1", self.b1, (h,)), ("W2", self.W2, (h, K)), ("b2", self.b2, (K,))):
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape} to fit W1 and W2, got {array.shape}")
        return self


def _overlap(length: int, move: int) -> tuple[slice, slice]:
    """Return which places stay inside when they are moved, and where they are then."""
    first, last = max(0, -move), length - max(0, move)
    return slice(first, max(first, last)), slice(first + move, max(first, last) + move)


def initialize(
    m: int,
    h: int,
    K: int,
    *,
    scheme: Scheme = "he",
    rng: np.random.Generator | int = 0,
    dtype: npt.DTypeLike = np.float64,
) -> Parameters:
    """Draw the parameters a training starts from.

    Parameters
    ----------
    m, h, K : int
        Numbers of features, hidden units and outputs; at least 1.
    scheme : {"he", "glorot", "exercise"}
        "he" draws W1 from N(0, 2/m) and W2 from N(0, 2/h): ReLU lets half of the variance through, the
        2 makes up for it. "glorot" is scikit-learn's: W1 and b1 evenly from ±√(6/(m+h)), W2 and b2 from
        ±√(6/(h+K)); the others' biases are zero. "exercise" is the text's: N(0, 1) * 0.01 from a
        generator that is seeded *again* for W2, so that W2 repeats W1's numbers; kept because the published
        values start there.
    rng : numpy.random.Generator or int
        The source of randomness, or a seed for one. "exercise" takes a seed only.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    named tuple
        The `Parameters`, in `dtype`.

    Raises
    ------
    ValueError
        If a size is too small, or the scheme or dtype is unknown.

    References
    ----------
    He, Zhang, Ren, Sun: Delving Deep into Rectifiers. ICCV 2015, equation (10).
    Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks. AISTATS 2010,
    equation (16).
    """
    for name, size in (("m", m), ("h", h), ("K", K)):
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {size!r}")
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
    b1, b2 = np.zeros(h), np.zeros(K)
    if scheme == "exercise":
        if not isinstance(rng, int | np.integer):
            raise ValueError(
                f"scheme 'exercise' needs a seed (a whole number) as rng, got {type(rng).__name__}"
            )
        W1 = np.random.RandomState(rng).normal(size=(m, h)) * 0.01
        W2 = np.random.RandomState(rng).normal(size=(h, K)) * 0.01
    elif scheme == "he":
        generator = np.random.default_rng(rng)
        W1 = generator.normal(size=(m, h)) * np.sqrt(2 / m)
        W2 = generator.normal(size=(h, K)) * np.sqrt(2 / h)
    elif scheme == "glorot":
        generator = np.random.default_rng(rng)
        bound1, bound2 = np.sqrt(6 / (m + h)), np.sqrt(6 / (h + K))
        W1, b1 = generator.uniform(-bound1, bound1, (m, h)), generator.uniform(-bound1, bound1, h)
        W2, b2 = generator.uniform(-bound2, bound2, (h, K)), generator.uniform(-bound2, bound2, K)
    else:
        raise ValueError(f"scheme must be one of {', '.join(get_args(Scheme))}, got {scheme!r}")
    return Parameters(*(theta.astype(dtype) for theta in (W1, b1, W2, b2)))
