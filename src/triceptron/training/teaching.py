"""A network's probabilities as the truth that another one learns."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from triceptron import core
from triceptron.arrays import Floats, Matrix
from triceptron.data import Affine, Shift, Standardisation, Views
from triceptron.parameters import Parameters
from triceptron.training.prediction import parts

__all__ = ["Taught", "probabilities"]


def probabilities(
    X: Matrix,
    teacher: Parameters,
    standardisation: Standardisation | None = None,
    *,
    views: Views | None = None,
    n_threads: int | None = None,
) -> Floats:
    """Return what the teacher says of X (n, m): P (n, K) in its dtype.

    Parameters
    ----------
    X : array, shape (n, m)
        In the parameters' dtype; or uint8, to be standardised.
    teacher : Parameters
    standardisation : Standardisation, optional
        For uint8 only.
    views : Views, optional
        What the teacher's members see of the images.
    n_threads : int, optional
    """
    mean, scale = (None, None) if standardisation is None else standardisation
    if views is None:
        return core.predictor(teacher, mean=mean, scale=scale, n_threads=n_threads).probabilities(X)
    O: Floats = np.tile(teacher.b2, (len(X), 1))  # noqa: E741
    for seen, part in parts(X, teacher, views, n_threads=n_threads):
        O += core.predictor(part, mean=mean, scale=scale, n_threads=n_threads).logits(seen)  # noqa: E741
    # The core's own softmax: NumPy's exp is not the same on every machine. relu(O) - relu(-O) is O.
    signs = np.kron([1, -1], np.eye(O.shape[1])).astype(O.dtype)
    through = Parameters(signs, np.zeros_like(signs[0]), signs.T, np.zeros_like(O[0]))
    return core.predictor(through, n_threads=n_threads).probabilities(O)


@dataclass(frozen=True)
class Taught:
    """Augmented images, and what a teacher says of them; an instance is what `train` takes as ``augment``.

    Parameters
    ----------
    augment : Shift or Affine
    teacher : Parameters
    standardisation : Standardisation
        As the teacher's inputs are standardised.
    views : Views, optional
        What the teacher's members see of the images.
    n_threads : int, optional
    """

    augment: Shift | Affine
    teacher: Parameters
    standardisation: Standardisation
    views: Views | None = None
    n_threads: int | None = None

    def __call__(self, X: Matrix, epoch: int) -> tuple[npt.NDArray[np.uint8], Floats]:
        """Return the epoch's X and the teacher's probabilities for it."""
        augment = self.augment
        if isinstance(augment, Affine):
            augment = replace(augment, n_threads=self.n_threads)
        images = augment(X, epoch).astype(np.uint8, copy=False)
        return images, probabilities(
            images, self.teacher, self.standardisation, views=self.views, n_threads=self.n_threads
        )
