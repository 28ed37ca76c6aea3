"""What both estimators share: scikit-learn's interface over `training.train`."""

import copy
import os
from abc import abstractmethod
from collections.abc import Callable
from math import ceil
from numbers import Integral, Real
from typing import Any, ClassVar, Self, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from triceptron.arrays import Floats, Labels
from triceptron.data import Standardisation
from triceptron.estimator import checkpoints, translation
from triceptron.estimator.callbacks import CallbackSupportMixin, EpochTasks
from triceptron.estimator.reporting import Report, fitted, warn
from triceptron.estimator.samples import Samples
from triceptron.estimator.stopping import Fitting, Progress, Validation
from triceptron.files import Model
from triceptron.parameters import Parameters, Scheme
from triceptron.training import (
    DivergenceError,
    State,
    TrainingInterrupted,
    make_task,
    minimize,
    prediction,
    train,
)

__all__ = ["Base", "RandomState", "learns_in_epochs"]

RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None


def learns_in_epochs(estimator: Any) -> bool:
    """Whether `partial_fit` is there: an error says what it is not for."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


class Base(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """Fitting, going on, predicting; what y means is the business of those who inherit."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"relu", "identity", "logistic", "tanh"})],
        "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
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
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions(set(get_args(Scheme))), list, tuple],
        "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
        "scoring": [str, callable, None],
        "standardize": ["boolean"],
        "dtype": [StrOptions({"float32", "float64"}), type, np.dtype, None],
        "engine": [StrOptions({"core", "steps"})],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "checkpoint": [str, os.PathLike, None],
        "checkpoint_every": [Interval(Integral, 1, None, closed="left")],
    }

    # What y means

    @abstractmethod
    def _check_y(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return y, shape (n,) or (n, K), if it is of a kind that can be learned."""

    @abstractmethod
    def _meet(self, y: npt.NDArray[Any], classes: Any) -> None:
        """Set `n_outputs_`, `out_activation_` and what else depends on y alone, or on the classes to come."""

    @abstractmethod
    def _meet_again(self, y: npt.NDArray[Any], *, partial: bool) -> None:
        """Refuse y if the network to go on from cannot learn it."""

    @abstractmethod
    def _encode(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Labels | Floats:
        """Return the truth for y: codes for the output softmax, else Y (n, K)."""

    @abstractmethod
    def _score(self, O: Floats, samples: Samples) -> float:  # noqa: E741
        """Return what `score` gives for these logits."""

    def _weights(self, samples: Samples) -> Floats | None:
        """Return how much each sample counts in training."""
        return samples.w

    def _strata(self, samples: Samples) -> npt.NDArray[Any] | None:
        """Return what a validation part should have equal shares of."""
        return None

    # scikit-learn's interface

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
        """Learn from samples.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (n, m)
            Sparse matrices stay sparse.
        y : array-like, shape (n,) or (n, K)
            What is to be learned.
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
        translation.check(self)
        samples = self._take(X, y, sample_weight, fresh=not goes_on)
        if self.solver == "lbfgs":
            translation.check_lbfgs(self, X_val)
            return self._fit_lbfgs(samples, goes_on=goes_on)
        held_out = self._take_held_out(X_val, y_val, sample_weight_val, samples.dtype)
        return self._fit(samples, held_out, goes_on=goes_on)

    @property
    def fingerprint_(self) -> str:
        """Eight characters that name the parameters' bits."""
        check_is_fitted(self, "coefs_")
        return self._parameters().fingerprint()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Fitting

    def _fit_epoch(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """Go once through the samples."""
        translation.check(self)
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it runs one epoch")
        if self.learning_rate == "one_cycle":
            raise ValueError("partial_fit does not support learning_rate='one_cycle': it has no last epoch")
        fresh = not hasattr(self, "coefs_")
        samples = self._take(X, y, sample_weight, fresh=fresh, partial=True, classes=classes)
        return self._fit(samples, None, goes_on=not fresh, partial=True)

    def _fit(self, data: Samples, held_out: Samples | None, *, goes_on: bool, partial: bool = False) -> Self:
        """Train on checked data: `max_iter` epochs with all their rules, or just one."""
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
            n=data.n,
            rule=translation.rule(self),
            validation=None if held_out is None else self._validation(held_out),
            report=Report(bool(self.verbose), tasks, last=progress.epochs + epochs),
            save=keeper,
        )
        state = self._train(state, data, epochs, fitting)
        best = progress.best if self.early_stopping else None
        self._keep(state if best is None else best, progress)
        if tasks is not None:
            tasks.end()
        meant = partial or progress.finished or self.learning_rate == "one_cycle"
        if not meant and progress.epochs >= self.max_iter:
            warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization "
                f"hasn't converged yet.",
                ConvergenceWarning,
            )
        return self

    def _fit_lbfgs(self, data: Samples, *, goes_on: bool) -> Self:
        """Go downhill in full batches, in double precision."""
        self._generator = translation.generator(self)
        tasks = self._callback_tasks(0, data)
        if not goes_on:
            self.standardisation_ = Standardisation.fit(data.X) if self.standardize else None
        start = self._last_state().parameters if goes_on else self._start(data.dtype)
        double = Parameters(*(theta.astype(np.float64) for theta in start))
        truth = data.truth if data.truth.ndim == 1 else data.truth.astype(np.float64)
        task = make_task(
            double,
            data.X if data.X.dtype == np.uint8 else data.X.astype(np.float64, copy=False),
            truth,
            output=self.out_activation_,
            alpha=self.alpha,
            sample_weight=self._weights(data),
            standardisation=self.standardisation_,
            n_threads=self.n_threads,
        )
        found = minimize(
            double,
            task,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            engine=self.engine,
            verbose=bool(self.verbose),
        )
        if not all(np.isfinite(theta).all() for theta in found.parameters):
            raise ValueError(_NOT_FINITE)
        parameters = Parameters(*(theta.astype(data.dtype) for theta in found.parameters))
        self._keep(State(parameters, ()), Progress(self.learning_rate_init, epochs=found.iterations))
        self.loss_ = found.loss
        if tasks is not None:
            tasks.end()
        if found.failure:
            warn(
                f"lbfgs failed to converge after {found.iterations} iteration(s) (status={found.status}):\n"
                f"{found.failure}\n\nIncrease max_iter={self.max_iter} or max_fun={self.max_fun}, or scale "
                f"the data (standardize=True).",
                ConvergenceWarning,
            )
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

    def _start(self, dtype: npt.DTypeLike) -> Parameters:
        sizes = self.n_features_in_, translation.hidden_units(self), self.n_outputs_
        return translation.start(self, self._generator, *sizes, dtype)

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

    def _train(self, state: State | None, data: Samples, epochs: int, fitting: Fitting) -> State:
        """Run `training.train`, and say what happened as scikit-learn does."""
        size = translation.batch_size(self, data.n)
        step, batches = 0 if state is None else state.step, ceil(data.n / size)
        try:
            return train(
                self._start(data.dtype) if state is None else state,
                data.X,
                data.truth,
                epochs=epochs,
                learning_rate=translation.schedule(self, fitting.progress, step=step, batches=batches),
                output=self.out_activation_,
                batch_size=size,
                shuffle=self.shuffle,
                solver=translation.solver(self),
                alpha=self.alpha,
                dropout=translation.dropout(self),
                sample_weight=self._weights(data),
                standardisation=self.standardisation_,
                rng=self._generator,
                engine=self.engine,
                n_threads=self.n_threads,
                callback=fitting,
            ).state
        except TrainingInterrupted as interrupt:
            warn("Training interrupted by user.")
            return interrupt.state
        except DivergenceError as error:
            return self._after_divergence(error, fitting.progress)

    def _after_divergence(self, error: DivergenceError, progress: Progress) -> State:
        """Return the best epoch's state where there is one; else the fit has failed."""
        self.history_ = progress.history
        if progress.best is None:
            raise ValueError(f"{_NOT_FINITE} ({error})") from error
        warn(f"{error}; the parameters of the best epoch are kept", ConvergenceWarning)
        progress.epochs += 1
        progress.record()
        progress.finished = str(error)
        return progress.best

    def _keep(self, state: State, progress: Progress) -> None:
        """Set the fitted attributes."""
        self.n_layers_ = 3
        history = progress.history
        self.__dict__ |= fitted(state.parameters)
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
        self.standardisation_, self.n_features_in_ = model.standardisation, len(parameters.W1)
        self.n_outputs_, self.out_activation_ = len(parameters.b2), model.output
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

    # Samples in

    def _logits(self, X: Any) -> Floats:
        """Check samples and return O (n, K)."""
        check_is_fitted(self, "coefs_")
        dtypes = translation.dtypes(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=dtypes, order="C", reset=False)
        return prediction.logits(
            _rows(X, self.coefs_[0].dtype) if issparse(X) else X,
            self._parameters(),
            self.standardisation_,
            engine=self.engine,
            n_threads=self.n_threads,
        )

    def _take(
        self, X: Any, y: Any, sample_weight: Any, *, fresh: bool, partial: bool = False, classes: Any = None
    ) -> Samples:
        """Check samples to learn from, and unless they go on from others, learn what kind they are of."""
        X, y = self._validate(X, y, reset=fresh)
        if fresh:
            self._meet(y, classes)
        else:
            self._meet_again(y, partial=partial)
        if not fresh:
            dtype: np.dtype[Any] = self._parameters().W1.dtype
        elif self.dtype is not None:
            dtype = np.dtype(self.dtype)
        else:
            dtype = np.dtype(np.float32) if X.dtype == np.float32 else np.dtype(np.float64)
        return self._samples(X, y, sample_weight, dtype)

    def _take_held_out(self, X: Any, y: Any, sample_weight: Any, dtype: np.dtype[Any]) -> Samples | None:
        """Check a validation part of one's own."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val and y_val must be given together")
        X, y = self._validate(X, y, reset=False)
        return self._samples(X, y, sample_weight, dtype)

    def _validate(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, npt.NDArray[Any]]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            dtype=translation.dtypes(self),
            order="C",
            reset=reset,
        )
        y = y.toarray() if issparse(y) else y
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        return X, self._check_y(y)

    def _samples(self, X: Any, y: npt.NDArray[Any], sample_weight: Any, dtype: np.dtype[Any]) -> Samples:
        if issparse(X):
            X = _rows(X, dtype)
        elif X.dtype != np.uint8:
            X = X.astype(dtype, copy=False)
        w = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=dtype)
        return Samples(X, y, self._encode(y, dtype), w, dtype)

    # A validation part

    def _split(self, data: Samples, seed: int) -> tuple[Samples, Samples]:
        """Set a validation part aside."""
        learn, watch = train_test_split(
            np.arange(data.n),
            test_size=self.validation_fraction,
            random_state=seed,
            stratify=self._strata(data),
        )
        if len(watch) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return data.take(learn), data.take(watch)

    def _validation(self, data: Samples) -> Validation:
        """Return the validation part with the metric that is watched."""
        standardisation = self.standardisation_  # applied once, not anew each epoch
        X = data.X if standardisation is None else standardisation.transform(data.X, data.dtype)
        data = data if data.w is None else data._replace(w=data.w / data.w.sum())
        return Validation(
            lambda parameters: prediction.logits(X, parameters, engine=self.engine, n_threads=self.n_threads),
            self.out_activation_,
            data.truth,
            data.w,
            self._metric(data),
        )

    def _metric(self, data: Samples) -> Callable[[Parameters, Floats, float], float]:
        if self.scoring == "loss":
            return lambda parameters, logits, loss: -loss
        if self.scoring is None:
            return lambda parameters, logits, loss: (
                self._score(logits, data) if np.isfinite(logits).all() else float("nan")
            )
        scorer, weighted = get_scorer(self.scoring), {} if data.w is None else {"sample_weight": data.w}

        def score(parameters: Parameters, O: Floats, loss: float) -> float:  # noqa: E741
            model = copy.copy(self)
            model.__dict__ |= fitted(parameters)
            model.__dict__.pop("feature_names_in_", None)  # data.X is a bare array
            return float(scorer(model, data.X, data.y, **weighted))

        return score

    def _keeper(self, data: Samples, held_out: Samples | None) -> checkpoints.Keeper:
        return checkpoints.Keeper(
            self.checkpoint,
            every=self.checkpoint_every,
            last=self.max_iter,
            identity=translation.identity(self, data, held_out),
            generator=self._generator,
        )

    def _callback_tasks(self, epochs: int, data: Samples) -> EpochTasks | None:
        if not getattr(self, "_skl_callbacks", None):
            return None
        metadata = None if data.w is None else {"sample_weight": data.w}
        return EpochTasks(self, epochs, {"X": data.X, "y": data.y, "metadata": metadata})


_NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed."
)


def _rows(X: Any, dtype: npt.DTypeLike) -> csr_array:
    """Return compressed rows in the arithmetic's dtype, their columns in order."""
    rows = csr_array(X, dtype=dtype)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows
