"""The network as scikit-learn's classifiers are: two classes, many, or labels that may go together."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import compute_class_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from triceptron.arrays import Floats, Labels
from triceptron.estimator.base import Base, RandomState, learns_in_epochs
from triceptron.estimator.samples import Samples
from triceptron.files import Model
from triceptron.parameters import Scheme
from triceptron.training import DEFAULT_ENGINE, EngineName
from triceptron.training.outputs import class_probabilities, log_class_probabilities

__all__ = ["ThreeLayerPerceptron"]


class ThreeLayerPerceptron(ClassifierMixin, Base):  # type: ignore[misc]
    """Three-layer perceptron: input, one hidden layer of ReLU units, an output for each class.

    Takes the place of scikit-learn's `MLPClassifier` with one hidden layer: parameters and fitted
    attributes of the same name have the same meaning and the same defaults. What it has on top is marked
    *new* below.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of one int, default=(100,)
        h, the number of hidden units.
    activation : {"relu"}, default="relu"
        Here so that code written for `MLPClassifier` runs as it is; of any other, the error says so.
    solver : {"lbfgs", "sgd", "adam"}, default="adam"
        "lbfgs" is scipy's quasi-Newton method over full batches, in double precision; it knows neither
        dropout nor a validation part nor checkpoints.
    alpha : float, default=0.0001
        Strength of the L2 penalty.
    batch_size : int or "auto", default="auto"
        Samples an update; "auto" is min(200, n_samples).
    learning_rate : {"constant", "invscaling", "adaptive", "one_cycle"}, default="constant"
        "invscaling" divides the rate by (samples seen + 1) ** power_t after each epoch; "adaptive" divides
        it by 5 each time the training stalls; both with "sgd" only, as in `MLPClassifier`. *New:*
        "one_cycle", with either solver: up in a straight line to `learning_rate_init` in the first fifth
        of `max_iter` epochs, then down to zero; a training loss that stalls does not end it.
    learning_rate_init : float, default=0.001
    power_t : float, default=0.5
    max_iter : int, default=200
        Epochs.
    shuffle : bool, default=True
    random_state : int, RandomState instance, numpy Generator or None, default=None
        Seeds the start, the validation split, the shuffling and the dropout. None draws from NumPy's global
        generator, so that `numpy.random.seed` decides, as everywhere in scikit-learn.
    tol : float, default=1e-4
    verbose : bool, default=False
    warm_start : bool, default=False
        `fit` goes on exactly where the last `fit` ended: parameters, the solver's memory, learning rate
        and shuffling. Two fits of 5 epochs are one of 10.
    momentum : float, default=0.9
    nesterovs_momentum : bool, default=True
    early_stopping : bool, default=False
        Set a validation part aside, stop when its score stalls, and keep the best epoch's parameters.
    validation_fraction : float, default=0.1
    beta_1 : float, default=0.9
    beta_2 : float, default=0.999
    epsilon : float, default=1e-8
    n_iter_no_change : int or inf, default=10
        More epochs than this without an improvement by `tol`, and the training has stalled.
    max_fun : int, default=15000
        Most evaluations of the loss; "lbfgs" only.
    init : {"glorot", "he", "exercise"} or (W1, b1, W2, b2), default="glorot"
        *New.* How the parameters start (see `triceptron.initialize`), or the parameters themselves, shapes
        (m, h), (h,), (h, K), (K,). "glorot" is `MLPClassifier`'s.
    dropout : float or (float, float), default=0.0
        *New.* Share of the hidden units silenced in each update, or of inputs and of hidden units.
    class_weight : dict, "balanced" or None, default=None
        *New.* Weight of each class, as in scikit-learn's other classifiers.
    scoring : str, callable or None, default=None
        *New.* What early stopping watches: a scorer's name or a scorer of scikit-learn, "loss" for the
        validation loss, None for the accuracy.
    standardize : bool, default=False
        *New.* Learn each feature's mean and standard deviation in `fit`, and apply them everywhere. A sparse
        matrix is scaled and not centred, so that it stays sparse.
    dtype : {"float32", "float64"} or None, default=None
        *New.* Precision of parameters and arithmetic. None keeps that of X: float32 stays float32, all
        else becomes float64.
    engine : {"core", "steps"}
        *New.* The fused native core, or the lesson's formulas as they stand.
    n_threads : int or None, default=None
        *New.* Threads of the core; None takes TRICEPTRON_NUM_THREADS, else OMP_NUM_THREADS, else what the
        core finds. The parameters do not depend on it.
    checkpoint : path or None, default=None
        *New.* A file that `fit` keeps its state in. If it is there when `fit` begins, the training goes on
        from it, to the same bits as if it had never stopped.
    checkpoint_every : int, default=10
        *New.* Epochs between two writings of the file.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
    n_features_in_ : int
    feature_names_in_ : ndarray, shape (m,)
        Only where X has names.
    coefs_ : list of two arrays, shapes (m, h) and (h, K)
        W1 and W2. K is 1 for two classes: one logistic output, the probability of the second.
    intercepts_ : list of two arrays, shapes (h,) and (K,)
        b1 and b2.
    loss_ : float
        The training loss of the last epoch.
    best_loss_ : float or None
        The lowest training loss; None with early stopping.
    loss_curve_ : list of float
    validation_scores_ : list of float or None
        None without a validation part.
    best_validation_score_ : float or None
        None without early stopping.
    validation_loss_curve_ : list of float or None
        *New.* The validation part's cross-entropy after each epoch.
    n_iter_ : int
        Epochs of the last `fit`, and of each `partial_fit` since.
    t_ : int
        Training samples seen.
    n_layers_ : int
        3.
    n_outputs_ : int
        K.
    out_activation_ : str
        "softmax" for three or more classes, "logistic" for two and for multi-label y.
    history_ : dict of str to list
        *New.* Loss, learning rate, seconds and validation figures of each epoch; a data frame at once.
    fingerprint_ : str
        *New.* Eight characters that name the parameters' bits.
    standardisation_ : Standardisation or None
        *New.* Mean and scale of each feature, where `standardize` is set.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from triceptron import ThreeLayerPerceptron
    >>> X, y = load_digits(return_X_y=True)
    >>> model = ThreeLayerPerceptron(50, max_iter=30, random_state=0).fit(X[:1000] / 16, y[:1000])
    >>> model.predict(X[1000:1005] / 16)
    array([1, 4, 0, 5, 3])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Base._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
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
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        scoring: str | Callable[..., float] | None = None,
        standardize: bool = False,
        dtype: npt.DTypeLike | None = None,
        engine: EngineName = DEFAULT_ENGINE,
        n_threads: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 10,
    ) -> None:
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
        self.class_weight = class_weight
        self.scoring = scoring
        self.standardize = standardize
        self.dtype = dtype
        self.engine = engine
        self.n_threads = n_threads
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every

    @available_if(learns_in_epochs)  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go once through these samples, from where the last call ended.

        Calling it k times with the same data is `fit` with ``max_iter=k``, bit for bit.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)
        y : array-like, shape (n,) or (n, K)
        sample_weight : array-like, shape (n,), optional
        classes : array-like, shape (K,)
            All the classes there will be; needed in the first call.

        Returns
        -------
        self
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                "partial_fit does not support class_weight='balanced': give the weights as a dict"
            )
        fresh = not hasattr(self, "coefs_")
        if fresh and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if not fresh and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, "
                f"which was {self.classes_!r}"
            )
        return self._fit_epoch(X, y, sample_weight, classes)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the most probable class of each sample, or its labels.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n,), or of zeros and ones, shape (n, K), for multi-label y
        """
        chosen = self._choose(self._logits(X))
        if chosen.ndim == 2:
            return chosen
        labels: npt.NDArray[Any] = self.classes_[chosen]
        return labels

    def predict_proba(self, X: Any) -> Floats:
        """Return each class's probability, in the order of `classes_`.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n, K)
            Rows sum to 1, but for multi-label y, where each column is a probability of its own.
        """
        return self._probabilities(X, log=False)

    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithm of each class's probability; always finite.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n, K)
        """
        return self._probabilities(X, log=True)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _probabilities(self, X: Any, *, log: bool) -> Floats:
        O = self._logits(X)  # noqa: E741
        if len(self.classes_) == 1:  # the only class is certain
            return np.full((len(O), 1), 0.0 if log else 1.0, O.dtype)
        probabilities = log_class_probabilities if log else class_probabilities
        return probabilities(self.out_activation_, O)

    def _choose(self, O: Floats) -> npt.NDArray[Any]:  # noqa: E741
        """Return the most probable codes (n,), or which labels are more probable than not (n, K)."""
        if self.out_activation_ == "softmax":
            codes: Labels = O[:, : len(self.classes_)].argmax(axis=1)
            return codes
        if self._is_multilabel():
            return (O > 0).astype(int)
        return (O[:, 0] > 0).astype(int) * (len(self.classes_) - 1)

    def _is_multilabel(self) -> bool:
        return bool(self.out_activation_ == "logistic" and self.n_outputs_ > 1)

    # What y means

    def _check_y(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        check_classification_targets(y)
        if type_of_target(y) == "multiclass-multioutput":
            raise ValueError(
                "Multioutput target data is not supported: y must hold one label a sample, or zeros and ones "
                "in a column for each label"
            )
        return y

    def _meet(self, y: npt.NDArray[Any], classes: Any) -> None:
        labels = np.arange(y.shape[1]) if y.ndim == 2 else y if classes is None else classes
        self.classes_ = unique_labels(labels)
        several = y.ndim == 2 or len(self.classes_) > 2
        self.n_outputs_ = len(self.classes_) if several else 1
        self.out_activation_ = "softmax" if several and y.ndim == 1 else "logistic"

    def _meet_again(self, y: npt.NDArray[Any], *, partial: bool) -> None:
        self._check_kind(y)
        classes = np.arange(y.shape[1]) if y.ndim == 2 else unique_labels(y)
        if not partial and set(classes) != set(self.classes_):
            raise ValueError(
                f"warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )

    def _check_kind(self, y: npt.NDArray[Any]) -> None:
        if (y.ndim == 2) != self._is_multilabel():
            kinds = "one label a sample", "a column for each label"
            here, before = kinds[y.ndim - 1], kinds[self._is_multilabel()]
            raise ValueError(f"y has {here}, but the network learned from y with {before}")
        if y.ndim == 2 and y.shape[1] != self.n_outputs_:
            raise ValueError(f"y has {y.shape[1]} columns, but the network learned from {self.n_outputs_}")

    def _encode(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Labels | Floats:
        self._check_kind(y)
        if y.ndim == 2:
            indicators: Floats = (y != 0).astype(dtype)
            return indicators
        encoder = LabelEncoder()
        encoder.classes_ = self.classes_
        codes: Labels = encoder.transform(y)
        return codes if self.out_activation_ == "softmax" else codes[:, None].astype(dtype)

    def _codes(self, samples: Samples) -> npt.NDArray[Any]:
        """Return the truth as `_choose` returns its answer."""
        truth = samples.truth
        if truth.ndim == 1 or self._is_multilabel():
            return truth
        return truth[:, 0].astype(int)

    def _score(self, O: Floats, samples: Samples) -> float:  # noqa: E741
        right = self._choose(O) == self._codes(samples)
        return float(np.average(right.all(axis=1) if right.ndim == 2 else right, weights=samples.w))

    def _weights(self, samples: Samples) -> Floats | None:
        """Return the samples' own weights times their classes'."""
        if self.class_weight is None:
            return samples.w
        if self._is_multilabel():
            raise ValueError("class_weight does not go with several labels a sample: give sample_weight")
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=samples.y)
        w: Floats = weights[self._codes(samples)].astype(samples.dtype)
        return w if samples.w is None else w * samples.w

    def _strata(self, samples: Samples) -> npt.NDArray[Any] | None:
        """Return what a validation part should have equal shares of; of labels that go together, nothing."""
        if self._is_multilabel():
            return None
        return samples.truth if samples.truth.ndim == 1 else samples.truth.astype(bool)

    def _restore(self, model: Model) -> Self:
        self.classes_ = model.classes
        return super()._restore(model)
