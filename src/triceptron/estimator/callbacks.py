"""scikit-learn's callback API (experimental, from 1.9 on): a fit is a task, each epoch a task in it."""

from collections.abc import Callable, Mapping
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for scikit-learn's own where there is none yet."""


__all__ = ["CallbackSupportMixin", "EpochTasks"]

Attributes = Callable[[], Mapping[str, Any]]
"""Makes the fitted attributes of an estimator that had stopped here; called only where one is wanted."""


class EpochTasks:
    """Tells an estimator's callbacks of the fit and of each epoch.

    Parameters
    ----------
    estimator : ThreeLayerPerceptron
    epochs : int
        The most there can be.
    data : mapping
        X, y and metadata, as the callbacks' hooks name them.
    """

    def __init__(self, estimator: Any, epochs: int, data: Mapping[str, Any]) -> None:
        self._shared = {"estimator": estimator, **data}
        self._fit = estimator._init_callback_context(max_subtasks=epochs)
        self._fit.call_on_fit_task_begin(**self._shared)
        if epochs > 0:
            self._begin_epoch()

    def epoch(self, attributes: Attributes, *, last: bool) -> bool:
        """Tell that an epoch ended, and unless it is the last, that the next begins; True: stop."""
        ended = self._epoch.call_on_fit_task_end(**self._shared, reconstruction_attributes=attributes)
        if not (ended or last):
            self._begin_epoch()
        return bool(ended)

    def end(self) -> None:
        """Tell that the fit ended; the estimator is fitted by now."""
        self._fit.call_on_fit_task_end(**self._shared, reconstruction_attributes=dict)

    def _begin_epoch(self) -> None:
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._shared)
