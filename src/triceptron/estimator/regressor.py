"""The network as scikit-learn's regressors are: one number or several, by squared error."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from triceptron.arrays import Floats, Labels
from triceptron.estimator.base import Base, RandomState, learns_in_epochs
from triceptron.estimator.samples import Samples
from triceptron.parameters import Scheme
from triceptron.training import DEFAULT_ENGINE, EngineName

__all__ = ["ThreeLayerPerceptronRegressor"]


class ThreeLayerPerceptronRegressor(RegressorMixin, Base):  # type: ignore[misc]
    """Three-layer perceptron for numbers: input, one hidden layer of ReLU units, identity output.

    Takes the place of scikit-learn's `MLPRegressor` with one hidden layer. Parameters and attributes are
    those of `ThreeLayerPerceptron`, and described there, but for these:

    Parameters
    ----------
    loss : {"squared_error"}, default="squared_error"
        Half the mean squared error. For "poisson" keep `MLPRegressor`.
    scoring : str, callable or None, default=None
        What early stopping watches: a scorer, "loss" for the validation loss, None for R².

    Attributes
    ----------
    n_outputs_ : int
        K, the columns of y.
    out_activation_ : str
        "identity".

    Notes
    -----
    There are no `class_weight` and no `classes_`. Bring y to a standard deviation of about 1
    (`sklearn.compose.TransformedTargetRegressor`): the steps grow with y.

    Examples
    --------
    >>> import numpy as np
    >>> from triceptron import ThreeLayerPerceptronRegressor
    >>> X = np.linspace(-1, 1, 100)[:, None]
    >>> model = ThreeLayerPerceptronRegressor(solver="lbfgs", random_state=0).fit(X, X[:, 0] ** 2)
    >>> model.score(X, X[:, 0] ** 2) > 0.99
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Base._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson"})],
    }

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        solver: Literal["lbfgs", "sgd", "adam"] = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive", "one_cycle"] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: RandomState = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        init: Scheme | Sequence[npt.ArrayLike] = "glorot",
        dropout: float | tuple[float, float] = 0.0,
        scoring: str | Callable[..., float] | None = None,
        standardize: bool = False,
        dtype: npt.DTypeLike | None = None,
        engine: EngineName = DEFAULT_ENGINE,
        n_threads: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 10,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.init = init
        self.dropout = dropout
        self.scoring = scoring
        self.standardize = standardize
        self.dtype = dtype
        self.engine = engine
        self.n_threads = n_threads
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every

    @available_if(learns_in_epochs)  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go once through these samples, from where the last call ended.

        Calling it k times with the same data is `fit` with ``max_iter=k``, bit for bit.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)
        y : array-like, shape (n,) or (n, K)
        sample_weight : array-like, shape (n,), optional

        Returns
        -------
        self
        """
        return self._fit_epoch(X, y, sample_weight)

    def predict(self, X: Any) -> Floats:
        """Return the numbers for each sample.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n,), or (n, K) where y had K columns
        """
        O = self._logits(X)  # noqa: E741
        return O[:, 0] if self.n_outputs_ == 1 else O

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    # What y means

    def _check_y(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return y if y.dtype.kind == "f" else y.astype(np.float64)

    def _meet(self, y: npt.NDArray[Any], classes: Any) -> None:
        self.n_outputs_, self.out_activation_ = 1 if y.ndim == 1 else y.shape[1], "identity"

    def _meet_again(self, y: npt.NDArray[Any], *, partial: bool) -> None:
        """There is nothing to be met again but the shape, which `_encode` looks at."""

    def _encode(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Labels | Floats:
        Y: Floats = np.ascontiguousarray(y[:, None] if y.ndim == 1 else y, dtype)
        if Y.shape[1] != self.n_outputs_:
            raise ValueError(f"y has {Y.shape[1]} columns, but the network learned from {self.n_outputs_}")
        return Y

    def _score(self, O: Floats, samples: Samples) -> float:  # noqa: E741
        return float(r2_score(samples.truth, O, sample_weight=samples.w))
