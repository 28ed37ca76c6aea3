"""One fit of the estimator: what is recorded, judged and kept after each epoch of a training.

`training.train` calls a `Fitting` after each epoch. All that changes from epoch to epoch stands in
`Progress` (and in the engine's `State`), so that the two, written to a file, are enough to go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from triceptron.arrays import Floats, Labels
from triceptron.parameters import Parameters
from triceptron.training import Epoch, OutputName, State, outputs

__all__ = ["Fitting", "Improvement", "Progress", "Rule", "Validation"]

_SMALLEST_RATE = 1e-6
_SLOWDOWN = 5.0


@dataclass
class Improvement:
    """Counts how long a score (higher is better) has not improved; the rule is scikit-learn's.

    Attributes
    ----------
    best : float
        The best score so far.
    unimproved : int
        Epochs in a row that did not beat it by `tol`.
    """

    best: float = float("-inf")
    unimproved: int = 0

    def add(self, score: float, tol: float) -> bool:
        """Count one epoch's score in; return whether it is the best so far."""
        self.unimproved = self.unimproved + 1 if score < self.best + tol else 0
        better = score > self.best
        self.best = score if better else self.best
        return better


@dataclass
class Progress:
    """What a fit has reached; with the engine's `State` it is enough to go on.

    Attributes
    ----------
    learning_rate : float
        The next epoch's rate, where no schedule of updates sets it.
    split_seed : int
        Seeds the cut into training and validation part.
    history : dict of str to list of float
        A list for each quantity, an entry for each epoch.
    epochs, samples : int
        Epochs of this fit, and samples seen in all.
    improvement : Improvement
    best : State or None
        The state with the best validation score.
    finished : str
        Why the training stopped of itself; empty while it has not.
    """

    learning_rate: float
    split_seed: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    epochs: int = 0
    samples: int = 0
    improvement: Improvement = field(default_factory=Improvement)
    best: State | None = None
    finished: str = ""

    def record(self, **values: float) -> None:
        """Append one epoch's values to the history; a quantity that is new starts as long as the others."""
        before = max((len(column) for column in self.history.values()), default=0)
        for name in dict.fromkeys([*self.history, *values]):
            column = self.history.setdefault(name, [float("nan")] * before)
            column.append(values.get(name, float("nan")))


@dataclass(frozen=True)
class Rule:
    """When to stop, and how the learning rate falls.

    Attributes
    ----------
    learning_rate : float
        The rate that the training began with.
    tol : float
    patience : float
        More epochs without improvement than this, and the training has stalled.
    early_stopping : bool
        Watch the validation score, not the training loss.
    adaptive : bool
        A stalled training divides its learning rate by 5 before it stops for good.
    power : float
        After each epoch the rate is learning_rate / (samples seen + 1)^power, where this is not 0.
    """

    learning_rate: float
    tol: float
    patience: float
    early_stopping: bool
    adaptive: bool = False
    power: float = 0.0


@dataclass(frozen=True)
class Validation:
    """A part of the data that nothing is learned from.

    Attributes
    ----------
    logits : callable
        From parameters to O (n, K) of the part's samples.
    output : {"softmax", "logistic", "identity"}
    truth : array of int64, shape (n,), or Y, shape (n, K)
    w : array, shape (n,), or None
        Each sample's share, summing to 1.
    score : callable
        From parameters, O and loss to the metric; higher is better.
    """

    logits: Callable[[Parameters], Floats]
    output: OutputName
    truth: Labels | Floats
    w: Floats | None
    score: Callable[[Parameters, Floats, float], float]

    def measure(self, parameters: Parameters) -> tuple[float, float]:
        """Return the part's loss (without penalty) and score."""
        O = self.logits(parameters)  # noqa: E741
        Y = outputs.truth(self.output, self.truth, O.shape[1], O.dtype)
        loss = outputs.mean_loss(self.output, Y, O, self.w)
        return loss, self.score(parameters, O, loss)


@dataclass
class Fitting:
    """The callback of `training.train` for one fit.

    Attributes
    ----------
    progress : Progress
    n : int
        Training samples.
    rule : Rule
    validation : Validation or None
    report : callable
        Told of each epoch; the training ends when it returns True.
    save : callable or None
        Keeps state and progress; called after each epoch.
    """

    progress: Progress
    n: int
    rule: Rule
    validation: Validation | None
    report: Callable[[Epoch, Progress], bool]
    save: Callable[[Epoch, Progress], None] | None
    _began: float = field(default_factory=perf_counter)

    def __call__(self, epoch: Epoch) -> bool:
        """Record the epoch, judge it, keep it; return whether to stop."""
        self._record(epoch)
        if self.progress.improvement.unimproved > self.rule.patience:
            self._stalled()
        if self.report(epoch, self.progress):
            self.progress.finished = "a callback asked to stop"
        if self.save is not None:
            self.save(epoch, self.progress)
        return bool(self.progress.finished)

    def _record(self, epoch: Epoch) -> None:
        progress, rule = self.progress, self.rule
        progress.epochs += 1
        progress.samples += self.n
        values = {"loss": epoch.train_loss, "learning_rate": epoch.learning_rate}
        score = -epoch.train_loss
        if self.validation is not None:
            state = epoch.state()
            with np.errstate(all="ignore"):  # what overflows here is NaN in the next training loss
                loss, validation_score = self.validation.measure(state.parameters)
            values |= {"validation_loss": loss, "validation_score": validation_score}
            score = validation_score if rule.early_stopping else score
        if progress.improvement.add(score, rule.tol) and rule.early_stopping:
            progress.best = state
        if rule.power > 0:
            progress.learning_rate = rule.learning_rate / (progress.samples + 1) ** rule.power
        now = perf_counter()
        progress.record(**values, seconds=now - self._began)
        self._began = now

    def _stalled(self) -> None:
        progress, rule = self.progress, self.rule
        if rule.adaptive and progress.learning_rate > _SMALLEST_RATE:
            progress.learning_rate /= _SLOWDOWN
            progress.improvement.unimproved = 0
            return
        watched = "validation score" if rule.early_stopping else "training loss"
        epochs = progress.improvement.unimproved
        progress.finished = f"the {watched} did not improve by tol={rule.tol:g} in {epochs} epochs"
