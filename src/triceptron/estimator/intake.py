"""From what users hand in to samples, and from samples to logits."""

import copy
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from triceptron.arrays import Floats, Labels
from triceptron.estimator import translation
from triceptron.estimator.reporting import fitted
from triceptron.estimator.samples import Samples
from triceptron.estimator.stopping import Validation
from triceptron.parameters import Parameters
from triceptron.training import prediction

__all__ = ["Intake"]


class Intake(BaseEstimator):  # type: ignore[misc]
    """Checks samples and looks at a validation part; what y means is the business of those who inherit."""

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


def _rows(X: Any, dtype: npt.DTypeLike) -> csr_array:
    """Return compressed rows in the arithmetic's dtype, their columns in order."""
    rows = csr_array(X, dtype=dtype)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows
