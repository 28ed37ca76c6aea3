"""What both estimators share: scikit-learn's interface over `training.train`."""

import copy
from math import ceil
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from triceptron.data import Standardisation
from triceptron.estimator import checkpoints, translation
from triceptron.estimator.callbacks import CallbackSupportMixin, EpochTasks
from triceptron.estimator.constraints import CONSTRAINTS
from triceptron.estimator.intake import Intake
from triceptron.estimator.reporting import Report, fitted, warn
from triceptron.estimator.samples import Samples
from triceptron.estimator.stopping import Fitting, Progress
from triceptron.files import Model
from triceptron.parameters import Parameters
from triceptron.training import (
    DivergenceError,
    State,
    TrainingInterrupted,
    make_task,
    minimize,
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


class Base(CallbackSupportMixin, Intake):  # type: ignore[misc]
    """Fitting, and going on: scikit-learn's rules around `training.train` and `training.minimize`."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

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
        if keeper is not None:
            watched = self.early_stopping or held_out is not None
            kept = keeper.restore(self._sizes(), data.dtype, translation.solver(self), watched=watched)
            state, progress = kept or (state, progress)
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
        return translation.start(self, self._generator, *self._sizes(), dtype)

    def _sizes(self) -> tuple[int, int, int]:
        """Return m, h and K."""
        return self.n_features_in_, translation.hidden_units(self), self.n_outputs_

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
        self.validation_loss_curve_ = list(history.get("validation_loss", [])) if watched else None
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
