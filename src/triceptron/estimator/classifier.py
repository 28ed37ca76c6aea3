"""The network as a scikit-learn estimator: `MLPClassifier`'s interface over `training.train`."""

import copy
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import compute_class_weight
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from triceptron import steps
from triceptron.arrays import Floats, Labels, Matrix
from triceptron.data import Standardisation
from triceptron.estimator import checkpoints, translation
from triceptron.estimator.callbacks import CallbackSupportMixin, EpochTasks
from triceptron.estimator.stopping import Fitting, Progress, Validation
from triceptron.files import Model
from triceptron.parameters import Parameters, Scheme
from triceptron.training import (
    DEFAULT_ENGINE,
    DivergenceError,
    EngineName,
    Epoch,
    State,
    TrainingInterrupted,
    prediction,
    train,
)

__all__ = ["ThreeLayerPerceptron"]

RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None


class ThreeLayerPerceptron(CallbackSupportMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Three-layer perceptron: input, one hidden layer of ReLU units, softmax output.

    Takes the place of scikit-learn's `MLPClassifier` with one hidden layer: parameters and fitted
    attributes of the same name have the same meaning and the same defaults. What it has on top is marked
    *new* below.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of one int, default=(100,)
        h, the number of hidden units.
    activation : {"relu"}, default="relu"
        Here so that code written for `MLPClassifier` runs as it is.
    solver : {"sgd", "adam"}, default="adam"
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
        Seeds the start, the validation split, the shuffling and the dropout. None takes fresh entropy; no
        global state is read.
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
        *New.* Learn each feature's mean and standard deviation in `fit`, and apply them everywhere.
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
        W1 and W2. K is 2 for two classes, where `MLPClassifier` has one logistic output.
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
        "softmax".
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
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"relu"})],
        "solver": [StrOptions({"sgd", "adam"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive", "one_cycle"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state", np.random.Generator],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "init": [StrOptions(set(get_args(Scheme))), list, tuple],
        "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "scoring": [str, callable, None],
        "standardize": ["boolean"],
        "dtype": [StrOptions({"float32", "float64"}), type, np.dtype, None],
        "engine": [StrOptions({"core", "steps"})],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "checkpoint": [str, os.PathLike, None],
        "checkpoint_every": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Literal["relu"] = "relu",
        *,
        solver: Literal["sgd", "adam"] = "adam",
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

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Learn from labelled samples.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)
            Sparse matrices are made dense.
        y : array-like, shape (n,)
            Labels of any kind.
        sample_weight : array-like, shape (n,), optional
        X_val, y_val : like X and y, optional
            *New.* A validation part of one's own: its loss and score are recorded after each epoch, and
            early stopping watches it instead of setting a part of X aside.
        sample_weight_val : array-like, optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an argument does not fit, or the training diverges.
        """
        goes_on = self.warm_start and hasattr(self, "coefs_")
        if goes_on and self.checkpoint is not None:
            raise ValueError("warm_start and checkpoint do not go together: each goes on from its own state")
        data = self._take_data(X, y, sample_weight, reset=not goes_on, keeps_classes=goes_on)
        held_out = self._take_held_out(X_val, y_val, sample_weight_val, data.dtype)
        return self._fit(data, held_out, goes_on=goes_on)

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go once through these samples, from where the last call ended.

        Calling it k times with the same data is `fit` with ``max_iter=k``, bit for bit.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)
        y : array-like, shape (n,)
        sample_weight : array-like, shape (n,), optional
        classes : array-like, shape (K,)
            All the classes there will be; needed in the first call.

        Returns
        -------
        self
        """
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it runs one epoch")
        if self.learning_rate == "one_cycle":
            raise ValueError("partial_fit does not support learning_rate='one_cycle': it has no last epoch")
        if self.class_weight == "balanced":
            raise ValueError(
                "partial_fit does not support class_weight='balanced': give the weights as a dict"
            )
        first = not hasattr(self, "coefs_")
        if first:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self.classes_ = LabelEncoder().fit(classes).classes_
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, "
                f"which was {self.classes_!r}"
            )
        data = self._take_data(X, y, sample_weight, reset=first, keeps_classes=True)
        return self._fit(data, None, goes_on=not first, partial=True)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the most probable class of each sample.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n,)
        """
        codes = self._logits(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[codes]
        return labels

    def predict_proba(self, X: Any) -> Floats:
        """Return each class's probability, in the order of `classes_`.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n, K)
        """
        P: Floats = steps.softmax(self._logits(X))
        return P

    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithm of each class's probability; always finite.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)

        Returns
        -------
        ndarray, shape (n, K)
        """
        log_P: Floats = steps.log_softmax(self._logits(X))
        return log_P

    @property
    def fingerprint_(self) -> str:
        """Eight characters that name the parameters' bits."""
        check_is_fitted(self, "coefs_")
        return self._parameters().fingerprint()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _fit(self, data: "_Data", held_out: "_Data | None", *, goes_on: bool, partial: bool = False) -> Self:
        """Train on checked data: `max_iter` epochs with all their rules, or just one."""
        self.n_outputs_, self.n_layers_, self.out_activation_ = _outputs(self.classes_), 3, "softmax"
        state, progress = self._begin(goes_on, partial=partial, splits=held_out is None)
        keeper = None if self.checkpoint is None or partial else self._keeper(data, held_out)
        state, progress = (keeper and keeper.restore()) or (state, progress)
        if self.early_stopping and held_out is None:
            data, held_out = self._split(data, progress.split_seed)
        if not goes_on:
            self.standardisation_ = Standardisation.fit(data.X) if self.standardize else None
        epochs = 1 if partial else 0 if progress.finished else max(self.max_iter - progress.epochs, 0)

        tasks = None if partial else self._callback_tasks(epochs, data)
        fitting = Fitting(
            progress,
            n=len(data.X),
            rule=translation.rule(self),
            validation=None if held_out is None else self._validation(held_out),
            report=_Report(self, tasks, last=progress.epochs + epochs),
            save=keeper,
        )
        state = self._train(state, data, epochs, fitting)
        best = progress.best if self.early_stopping else None
        self._keep(state if best is None else best, progress)
        if tasks is not None:
            tasks.end()
        self._warn_unless_converged(progress, partial)
        return self

    def _begin(self, goes_on: bool, *, partial: bool, splits: bool) -> tuple[State | None, Progress]:
        """Return where to start from; no state where there is none yet."""
        if not goes_on or not hasattr(self, "_generator"):
            self._generator = translation.generator(self)
        progress = Progress(self.learning_rate_init)
        last: Progress | None = getattr(self, "_progress", None) if goes_on else None
        if last is not None:
            progress.history, progress.samples = copy.deepcopy(last.history), last.samples
            progress.epochs = last.epochs if partial else 0
            if self.learning_rate in ("adaptive", "invscaling"):
                progress.learning_rate = min(last.learning_rate, self.learning_rate_init)
            if not (last.finished or self.early_stopping):
                progress.improvement = copy.copy(last.improvement)
        if self.early_stopping and splits:
            progress.split_seed = int(self._generator.integers(2**32))
        return self._last_state() if goes_on else None, progress

    def _last_state(self) -> State:
        """Return the state that the last fit ended in, with the solver at rest if it is another one now."""
        parameters, h = self._parameters(), translation.hidden_units(self)
        if parameters.W1.shape[1] != h:
            raise ValueError(
                f"hidden_layer_sizes is {h} but the network to go on from has {parameters.W1.shape[1]} "
                f"hidden units: use warm_start=False to start afresh"
            )
        rest = translation.solver(self).start(parameters)
        last: State | None = getattr(self, "_state", None)
        if last is None or len(last.moments) != len(rest):
            return State(parameters, rest)
        return last._replace(parameters=parameters)

    def _train(self, state: State | None, data: "_Data", epochs: int, fitting: Fitting) -> State:
        """Run `training.train`, and say what happened as scikit-learn does."""
        sizes = self.n_features_in_, translation.hidden_units(self), self.n_outputs_
        n, size = len(data.X), translation.batch_size(self, len(data.X))
        step = 0 if state is None else state.step
        try:
            return train(
                translation.start(self, self._generator, *sizes, data.dtype) if state is None else state,
                data.X,
                data.codes,
                epochs=epochs,
                learning_rate=translation.schedule(self, fitting.progress, step=step, batches=ceil(n / size)),
                batch_size=size,
                shuffle=self.shuffle,
                solver=translation.solver(self),
                alpha=self.alpha,
                dropout=translation.dropout(self),
                sample_weight=self._training_weights(data),
                standardisation=self.standardisation_,
                rng=self._generator,
                engine=self.engine,
                n_threads=self.n_threads,
                callback=fitting,
            ).state
        except TrainingInterrupted as interrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            return interrupt.state
        except DivergenceError as error:
            self.history_ = fitting.progress.history
            raise ValueError(str(error)) from error

    def _training_weights(self, data: "_Data") -> Floats | None:
        """Return the samples' own weights times their classes'."""
        if self.class_weight is None:
            return data.w
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=data.labels)
        w: Floats = weights[data.codes].astype(data.dtype)
        return w if data.w is None else w * data.w

    def _keep(self, state: State, progress: Progress) -> None:
        """Set the fitted attributes."""
        (W1, b1, W2, b2), history = state.parameters, progress.history
        self.coefs_, self.intercepts_ = [W1, W2], [b1, b2]
        self._state, self._progress = state, progress
        self.history_ = history
        self.n_iter_, self.t_ = progress.epochs, progress.samples
        self.loss_curve_ = list(history.get("loss", []))
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else np.nan
        watched = "validation_score" in history
        self.validation_scores_ = list(history["validation_score"]) if watched else None
        self.validation_loss_curve_ = list(history["validation_loss"]) if watched else None
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_, default=np.inf)
        self.best_validation_score_ = progress.improvement.best if self.early_stopping else None

    def _restore(self, model: Model) -> Self:
        """Become what a model's file says."""
        parameters, names = model.parameters, model.feature_names
        self.classes_, self.standardisation_ = model.classes, model.standardisation
        self.n_features_in_, self.n_layers_ = len(parameters.W1), 3
        self.n_outputs_, self.out_activation_ = len(parameters.b2), "softmax"
        if names is not None:
            self.feature_names_in_ = np.array(names, object)
        history = {name: list(curve) for name, curve in model.history.items()}
        epochs = len(history.get("loss", ()))
        progress = Progress(self.learning_rate_init, history=history, epochs=epochs, samples=model.samples)
        scores = history.get("validation_score") if self.early_stopping else None
        progress.improvement.best = max(
            scores if scores else [-loss for loss in history.get("loss", ())], default=-np.inf
        )
        progress.finished = "loaded from a file"
        self._keep(State(parameters, ()), progress)
        return self

    def _parameters(self) -> Parameters:
        return Parameters(self.coefs_[0], self.intercepts_[0], self.coefs_[1], self.intercepts_[1])

    def _logits(self, X: Any) -> Floats:
        """Check samples and return O (n, K)."""
        check_is_fitted(self, "coefs_")
        dtypes = translation.dtypes(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=dtypes, order="C", reset=False)
        X = X.toarray() if issparse(X) else X
        O = prediction.logits(  # noqa: E741
            X, self._parameters(), self.standardisation_, engine=self.engine, n_threads=self.n_threads
        )
        return O[:, : len(self.classes_)]

    def _take_data(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, keeps_classes: bool = False
    ) -> "_Data":
        """Check samples, labels and weights, and learn the classes unless they are known."""
        dtypes = translation.dtypes(self)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=dtypes, order="C", reset=reset)
        check_classification_targets(y)
        if not keeps_classes:
            self.classes_ = LabelEncoder().fit(y).classes_
        if not reset:
            dtype: np.dtype[Any] = self._parameters().W1.dtype
        elif self.dtype is not None:
            dtype = np.dtype(self.dtype)
        else:
            dtype = np.dtype(np.float64) if X.dtype == np.uint8 else X.dtype
        return self._data(X, y, sample_weight, dtype)

    def _take_held_out(self, X: Any, y: Any, sample_weight: Any, dtype: np.dtype[Any]) -> "_Data | None":
        """Check a validation part of one's own."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val and y_val must be given together")
        dtypes = translation.dtypes(self)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=dtypes, order="C", reset=False)
        return self._data(X, y, sample_weight, dtype)

    def _data(self, X: Any, y: Any, sample_weight: Any, dtype: np.dtype[Any]) -> "_Data":
        X = X.toarray() if issparse(X) else X
        X = X if X.dtype == np.uint8 else X.astype(dtype, copy=False)
        encoder = LabelEncoder()
        encoder.classes_ = self.classes_
        w = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=dtype)
        return _Data(X, y, encoder.transform(y), w, dtype)

    def _split(self, data: "_Data", seed: int) -> tuple["_Data", "_Data"]:
        """Set a stratified validation part aside."""
        learn, watch = train_test_split(
            np.arange(len(data.X)), test_size=self.validation_fraction, random_state=seed, stratify=data.codes
        )
        if len(watch) < 2:
            raise ValueError(
                "The validation set is too small: increase validation_fraction, or give more samples"
            )
        return data.take(learn), data.take(watch)

    def _validation(self, data: "_Data") -> Validation:
        """Return the validation part with the metric that is watched."""
        standardisation = self.standardisation_  # applied once, not anew each epoch
        X = data.X if standardisation is None else standardisation.transform(data.X, data.dtype)
        w = None if data.w is None else data.w / data.w.sum()
        return Validation(
            lambda parameters: prediction.logits(X, parameters, engine=self.engine, n_threads=self.n_threads),
            data.codes,
            w,
            self._metric(data, w),
        )

    def _metric(self, data: "_Data", w: Floats | None) -> Callable[[Parameters, Floats, float], float]:
        if self.scoring == "loss":
            return lambda parameters, logits, loss: -loss
        if self.scoring is None or self.scoring == "accuracy":
            return lambda _, logits, loss: float(np.average(logits.argmax(axis=1) == data.codes, weights=w))
        scorer, weighted = get_scorer(self.scoring), {} if data.w is None else {"sample_weight": data.w}

        def score(parameters: Parameters, logits: Floats, loss: float) -> float:
            model = copy.copy(self)
            model.__dict__ |= _fitted(parameters)
            model.__dict__.pop("feature_names_in_", None)  # data.X is a bare array
            return float(scorer(model, data.X, data.labels, **weighted))

        return score

    def _keeper(self, data: "_Data", held_out: "_Data | None") -> checkpoints.Keeper:
        return checkpoints.Keeper(
            self.checkpoint,  # type: ignore[arg-type]
            every=self.checkpoint_every,
            last=self.max_iter,
            identity=translation.identity(self, data, held_out),
            generator=self._generator,
        )

    def _callback_tasks(self, epochs: int, data: "_Data") -> EpochTasks | None:
        if not getattr(self, "_skl_callbacks", None):
            return None
        metadata = None if data.w is None else {"sample_weight": data.w}
        return EpochTasks(self, epochs, {"X": data.X, "y": data.labels, "metadata": metadata})

    def _warn_unless_converged(self, progress: Progress, partial: bool) -> None:
        meant = partial or progress.finished or self.learning_rate == "one_cycle"
        if not meant and progress.epochs >= self.max_iter:
            warnings.warn(
                f"max_iter={self.max_iter} epochs are done and the training has not converged yet: it may "
                f"gain from more",
                ConvergenceWarning,
                stacklevel=2,
            )


class _Data(NamedTuple):
    """Checked samples: X, the user's labels, their codes 0…K-1, weights, and the arithmetic's dtype."""

    X: Matrix
    labels: npt.NDArray[Any]
    codes: Labels
    w: Floats | None
    dtype: np.dtype[Any]

    def take(self, rows: Labels) -> "_Data":
        w = None if self.w is None else self.w[rows]
        return self._replace(X=self.X[rows], labels=self.labels[rows], codes=self.codes[rows], w=w)


@dataclass(frozen=True)
class _Report:
    """Tells of each epoch: prints it where `verbose`, and calls scikit-learn's callbacks."""

    estimator: ThreeLayerPerceptron
    tasks: EpochTasks | None
    last: int

    def __call__(self, epoch: Epoch, progress: Progress) -> bool:
        if self.estimator.verbose:
            self._print(progress)
        if self.tasks is None:
            return False
        last = bool(progress.finished) or progress.epochs == self.last
        return self.tasks.epoch(lambda: _fitted(epoch.state().parameters), last=last)

    def _print(self, progress: Progress) -> None:
        history = progress.history
        print(f"Iteration {progress.epochs}, loss = {history['loss'][-1]:.8f}")
        if "validation_score" in history:
            loss, score = history["validation_loss"][-1], history["validation_score"][-1]
            print(f"Validation score: {score:.6f}, loss = {loss:.8f}")
        if progress.finished:
            print(f"Stopping: {progress.finished}")


def _fitted(parameters: Parameters) -> dict[str, Any]:
    W1, b1, W2, b2 = parameters
    return {"coefs_": [W1, W2], "intercepts_": [b1, b2]}


def _outputs(classes: npt.NDArray[Any]) -> int:
    """Return K; softmax takes two outputs even where all labels are equal."""
    return max(len(classes), 2)
