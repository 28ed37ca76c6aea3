"""What an estimator says while it learns: printed epochs, callbacks, warnings."""

import sys
import warnings
from dataclasses import dataclass
from typing import Any

from triceptron.estimator.callbacks import EpochTasks
from triceptron.estimator.stopping import Progress
from triceptron.parameters import Parameters
from triceptron.training import Epoch

__all__ = ["Report", "fitted", "warn"]


@dataclass(frozen=True)
class Report:
    """Tells of each epoch: prints it where `verbose`, and calls scikit-learn's callbacks."""

    verbose: bool
    tasks: EpochTasks | None
    last: int

    def __call__(self, epoch: Epoch, progress: Progress) -> bool:
        """Tell of one epoch; return whether a callback asked to stop."""
        if self.verbose:
            self._print(progress)
        if self.tasks is None:
            return False
        last = bool(progress.finished) or progress.epochs == self.last
        return self.tasks.epoch(lambda: fitted(epoch.state().parameters), last=last)

    def _print(self, progress: Progress) -> None:
        history = progress.history
        print(f"Iteration {progress.epochs}, loss = {history['loss'][-1]:.8f}")
        if "validation_score" in history:
            loss, score = history["validation_loss"][-1], history["validation_score"][-1]
            print(f"Validation score: {score:.6f}, loss = {loss:.8f}")
        if progress.finished:
            print(f"Stopping: {progress.finished}")


def fitted(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters as the attributes of a fitted estimator."""
    W1, b1, W2, b2 = parameters
    return {"coefs_": [W1, W2], "intercepts_": [b1, b2]}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn in the name of scikit-learn, whose wrapper called `fit`.

    Filters for the module sklearn, as users of `MLPClassifier` write them, work here too.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("triceptron"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
