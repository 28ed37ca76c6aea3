"""Training: epochs and batches over an engine, and the history they leave."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil, isfinite
from time import perf_counter
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from triceptron.arrays import (
    Floats,
    Labels,
    Matrix,
    check_choice,
    check_count,
    check_distributions,
    check_features,
    check_labels,
    check_number,
    check_targets,
)
from triceptron.data import Affine, Standardisation, Views
from triceptron.parameters import Parameters
from triceptron.training.engines import DEFAULT_ENGINE, Engine, EngineName, State, Task, start_engine
from triceptron.training.outputs import OutputName
from triceptron.training.schedules import Schedule
from triceptron.training.solvers import GradientDescent, Solver
from triceptron.training.teaching import Taught

__all__ = [
    "Augment",
    "DivergenceError",
    "Epoch",
    "History",
    "Recorded",
    "Training",
    "TrainingInterrupted",
    "make_task",
    "train",
]

Augment: TypeAlias = Callable[[Matrix, int], Matrix | tuple[Matrix, Floats]]
"""From X and the number of the epoch (from 0) to the X, or the X and Y, that this epoch learns from."""

_PLAIN = GradientDescent()


class Recorded(NamedTuple):
    """When the losses of an epoch are taken, in a word each.

    Attributes
    ----------
    train_loss : {"before", "during"}
        "before": before the epoch's one update, which is with the full batch. "during": before the update of
        each of its batches, averaged over the epoch.
    test_loss : {"before", "after"}
        "before": with the training loss, before the epoch's one update. "after": after its last update.
    """

    train_loss: Literal["before", "during"]
    test_loss: Literal["before", "after"]

    @classmethod
    def of(cls, batches: int) -> "Recorded":
        """Return when they are taken where an epoch has so many batches."""
        return cls("before", "before") if batches == 1 else cls("during", "after")


@dataclass(repr=False)
class History:
    """What each epoch left behind; entry 0 is the first epoch.

    Attributes
    ----------
    train_loss : list of float
        The training part's loss before the epoch's update (with several batches, before each one's own,
        averaged); the L2 penalty is in it.
    test_loss : list of float
        The held-out part's loss before the epoch's update (with several batches, after the last one); empty
        without a held-out part.
    seconds : float
        Wall time of all the epochs.
    recorded : Recorded
        When the losses were taken, in a word each.
    """

    train_loss: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    seconds: float = 0.0
    recorded: Recorded = field(default=Recorded("before", "before"))

    def __repr__(self) -> str:
        """Show the last losses instead of thousands of numbers."""
        losses = "".join(
            f", {name}=[… {curve[-1]:.6g} {moment}]"
            for name, moment in self.recorded._asdict().items()
            if (curve := getattr(self, name))
        )
        return f"History(epochs={self.epochs}{losses}, seconds={self.seconds:.3g})"

    @property
    def epochs(self) -> int:
        """How many epochs are in it."""
        return len(self.train_loss)

    def copy(self) -> "History":
        """Return a history of its own with the same epochs."""
        return replace(self, train_loss=list(self.train_loss), test_loss=list(self.test_loss))


@dataclass(frozen=True)
class Epoch:
    """What the callback of `train` is told after each epoch.

    Attributes
    ----------
    number : int
        From 1, counted through the epochs of an earlier `history`.
    train_loss, test_loss : float
        As in `History`; `test_loss` is NaN without a held-out part.
    learning_rate : float
        That of the epoch's last update.
    """

    number: int
    train_loss: float
    test_loss: float
    learning_rate: float
    _engine: Engine = field(repr=False)
    _history: History = field(repr=False)

    def state(self) -> State:
        """Return a copy of the state after the epoch's last update."""
        return self._engine.state()

    def history(self) -> History:
        """Return a copy of the history up to this epoch."""
        return self._history.copy()


@dataclass(frozen=True)
class Training:
    """A training's outcome.

    Attributes
    ----------
    state : State
        Parameters, the solver's moments and the number of updates: enough to go on from here.
    history : History
    views : Views or None
        How images are preprocessed for the parts of the network, where they are.
    """

    state: State
    history: History
    views: Views | None = None

    @property
    def parameters(self) -> Parameters:
        """The trained parameters."""
        return self.state.parameters


class DivergenceError(ArithmeticError):
    """The loss or a parameter became NaN or infinite.

    Attributes
    ----------
    history : History
        The epochs before that.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history

    @classmethod
    def after(cls, history: History, loss: float) -> "DivergenceError":
        """Return the error for a training that is lost after all its epochs."""
        return cls(f"epoch {history.epochs}: {_divergence(loss)}", history)


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C during a training.

    Attributes
    ----------
    history : History
        The epochs that were finished.
    state : State
        As it stands after the last update; with several batches that can be within an epoch.
    """

    def __init__(self, history: History, state: State) -> None:
        super().__init__(f"interrupted after {history.epochs} epochs")
        self.history, self.state = history, state


def train(
    start: Parameters | State,
    X: Any,
    y: Any,
    *,
    epochs: int,
    learning_rate: float | Schedule,
    test: tuple[Any, Any] | None = None,
    output: OutputName = "softmax",
    batch_size: int | None = None,
    shuffle: bool = True,
    solver: Solver = _PLAIN,
    alpha: float = 0.0,
    dropout: tuple[float, float] = (0.0, 0.0),
    sample_weight: Any = None,
    standardisation: Standardisation | None = None,
    augment: Augment | None = None,
    rng: np.random.Generator | int = 0,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
    history: History | None = None,
) -> Training:
    """Learn: epoch after epoch, forward, compute_gradient, update.

    Parameters
    ----------
    start : Parameters or State
        Where to start, or the state of an earlier training to go on from. Never changed.
    X : array, shape (n, m)
        Training samples, in the parameters' dtype, or uint8 (pixels), or in scipy's CSR format.
    y : integer array, shape (n,), or array, shape (n, K)
        Labels from 0 to K - 1 for the output "softmax", or Y with a distribution over the classes in each
        row; the truth Y itself for the other outputs.
    epochs : int
        How many times to go through all samples.
    learning_rate : float or callable
        η > 0, or a function from the update's number (from 0) to η.
    test : (X, y), optional
        A held-out part whose loss is recorded each epoch, before the update of a full batch or after the last
        of several batches; nothing is learned from it.
    output : {"softmax", "logistic", "identity"}
        One of K classes, K independent probabilities, or K numbers; each with its own loss.
    batch_size : int, optional
        Samples an update; all of them when not given, as in the text. The last batch of an epoch may be
        smaller.
    shuffle : bool
        Take the samples in a new random order each epoch; with a full batch the order means nothing, and
        none is drawn.
    solver : GradientDescent, Momentum or Adam
    alpha : float
        Strength of the L2 penalty alpha / 2n (‖W1‖² + ‖W2‖²), n the batch's samples; biases go free.
    dropout : (float, float)
        Shares of inputs and of hidden units silenced at random in each update, 0 ≤ share < 1.
    sample_weight : array, shape (n,), optional
        How much each sample counts; not negative, not all zero.
    standardisation : Standardisation, optional
        Applied to X and the test X first; uint8 pixels stay bytes in memory.
    augment : callable, optional
        Makes each epoch's X from X and the epoch's number (from 0, counted through resumed trainings), or a
        pair of X and Y, where y is a Y; X itself stays as it is. `triceptron.data` has `Shift`, `Affine` and
        `Elastic`.
    rng : numpy.random.Generator or int
        Shuffles (and seeds dropout); a generator is advanced.
    engine : {"core", "steps"}
        The fused native core, or the formulas as written: the same mathematics, rounded differently.
    n_threads : int, optional
        Threads of the core; the parameters do not depend on it.
    callback : callable, optional
        Called with an `Epoch` after each; the training ends early when it returns True.
    history : History, optional
        That of the training that `start` is the state of: this one's epochs are counted and recorded behind
        its own. Never changed.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If an argument does not fit; the message names it, what it got and what it wants.
    DivergenceError
        If the loss or the parameters leave the finite numbers.
    TrainingInterrupted
        On Ctrl-C, within an epoch.
    """
    check_count("epochs", epochs, least=0)
    check_choice("engine", engine, get_args(EngineName))
    task = make_task(
        start.parameters if isinstance(start, State) else start.validate(),
        X,
        y,
        test=test,
        output=output,
        solver=solver,
        alpha=alpha,
        dropout=dropout,
        sample_weight=sample_weight,
        standardisation=standardisation,
        n_threads=n_threads,
        renewed=augment is not None,
    )
    n = task.X.shape[0]
    batches = _Batches(n, n if batch_size is None else min(check_count("batch_size", batch_size), n), shuffle)
    schedule = learning_rate if callable(learning_rate) else _constant(learning_rate)
    rng = np.random.default_rng(rng)
    if isinstance(start, State):
        state = start
    else:
        seed = int(rng.integers(2**64, dtype=np.uint64)) if any(task.dropout) else 0
        state = State(start, solver.start(start), dropout_seed=seed)
    running, step = start_engine(engine, state, task), state.step
    del state  # the engine has its own copy
    if isinstance(augment, Affine | Taught):
        _check_scale(task.standardisation)
        augment = augment if augment.n_threads is not None else replace(augment, n_threads=n_threads)
    renew = None if augment is None else _renewal(running, augment, task)
    history = replace(History() if history is None else history.copy(), recorded=Recorded.of(batches.count))
    return _run(running, step, test is not None, epochs, batches, schedule, rng, callback, renew, history)


def make_task(
    first: Parameters,
    X: Any,
    y: Any,
    *,
    test: tuple[Any, Any] | None = None,
    output: OutputName = "softmax",
    solver: Solver = _PLAIN,
    alpha: float = 0.0,
    dropout: tuple[float, float] = (0.0, 0.0),
    sample_weight: Any = None,
    standardisation: Standardisation | None = None,
    n_threads: int | None = None,
    renewed: bool = False,
) -> Task:
    """Check what `train` takes, and put it together for an engine that starts at the parameters `first`."""
    (m, _), (K,), dtype = first.W1.shape, first.b2.shape, first.W1.dtype
    check_choice("output", output, get_args(OutputName))

    def labelled(X_name: str, X: Any, y_name: str, y: Any) -> tuple[Matrix, Labels | Floats]:
        X = check_features(X_name, X, m, dtype, pixels=True)
        if output == "softmax" and np.ndim(y) == 2 and np.asarray(y).dtype.kind == "f":
            return X, check_distributions(y_name, y, X.shape[0], K, dtype)
        if output == "softmax":
            return X, check_labels(y_name, y, X.shape[0], K)
        return X, check_targets(y_name, y, X.shape[0], K, dtype)

    X, y = labelled("X", X, "y", y)
    input_dropout, hidden_dropout = dropout
    return Task(
        X=X,
        y=y,
        test=None if test is None else labelled("test X", test[0], "test y", test[1]),
        sample_weight=None if sample_weight is None else _check_weights(sample_weight, X.shape[0], dtype),
        standardisation=None if standardisation is None else _check_standardisation(standardisation, m),
        solver=solver,
        alpha=check_number("alpha", alpha),
        dropout=(
            check_number("dropout of the inputs", input_dropout, below=1),
            check_number("dropout of the hidden layer", hidden_dropout, below=1),
        ),
        n_threads=None if n_threads is None else check_count("n_threads", n_threads),
        output=output,
        renewed=renewed,
    )


@dataclass(frozen=True)
class _Batches:
    """How an epoch's samples are dealt out."""

    n: int
    size: int
    shuffle: bool

    @property
    def count(self) -> int:
        return ceil(self.n / self.size)

    def order(self, rng: np.random.Generator) -> npt.NDArray[np.int64] | None:
        return rng.permutation(self.n) if self.shuffle and self.count > 1 else None


def _run(
    engine: Engine,
    step: int,
    tested: bool,
    epochs: int,
    batches: _Batches,
    schedule: Schedule,
    rng: np.random.Generator,
    callback: Callable[[Epoch], object] | None,
    renew: Callable[[int], None] | None,
    history: History,
) -> Training:
    """Drive the engine, epoch by epoch."""
    began, done = perf_counter() - history.seconds, history.epochs
    try:
        for number in range(done + 1, done + epochs + 1):
            if renew is not None:
                renew(step // batches.count)
            rates = np.array([schedule(step + i) for i in range(batches.count)], np.float64)
            losses = engine.epoch(batches.order(rng), batches.size, rates)
            step += batches.count
            if not isfinite(losses.train) or (tested and not isfinite(losses.test)):
                raise DivergenceError(f"epoch {number}: {_divergence(losses.train)}", history)
            history.train_loss.append(losses.train)
            if tested:
                history.test_loss.append(losses.test)
            history.seconds = perf_counter() - began
            if callback is not None:
                told = Epoch(number, *losses, float(rates[-1]), engine, history)
                if callback(told) is True:
                    break
    except KeyboardInterrupt as interrupt:
        raise TrainingInterrupted(history, engine.state()) from interrupt
    state = engine.state()
    if not all(np.isfinite(theta).all() for theta in state.parameters):
        raise DivergenceError.after(history, np.nan)
    return Training(state, history)


def _renewal(engine: Engine, augment: Augment, task: Task) -> Callable[[int], None]:
    """Give the engine each epoch's own samples."""
    X, y = task.X, task.y

    def renew(epoch: int) -> None:
        made = augment(X, epoch)
        made_X, made_Y = made if isinstance(made, tuple) else (made, None)
        fresh = check_features("augmented X", made_X, X.shape[1], X.dtype, pixels=True)
        if (fresh.shape, fresh.dtype) != (X.shape, X.dtype):
            raise ValueError(
                f"augmented X must keep shape {X.shape} and dtype {X.dtype}, got {fresh.shape}, {fresh.dtype}"
            )
        if made_Y is None:
            engine.replace(fresh)
            return
        if y.ndim != 2:
            raise ValueError("augmented Y needs a Y (n, K) to take the place of, but y holds labels")
        check = check_distributions if task.output == "softmax" else check_targets
        engine.replace(fresh, check("augmented Y", made_Y, y.shape[0], y.shape[1], y.dtype))

    return renew


def _check_scale(standardisation: Standardisation | None) -> None:
    """Refuse scales of each pixel's own: the first stroke on a pixel that was always black would be huge."""
    if standardisation is not None and np.ptp(standardisation.scale) > 0:
        raise ValueError(
            "standardisation must have one scale for all pixels where images are bent, "
            "as Standardisation.of_pixels(m) has"
        )


def _divergence(loss: float) -> str:
    return f"training diverged (loss {loss}); a smaller learning rate is the usual mend"


def _constant(learning_rate: float) -> Schedule:
    rate = check_number("learning_rate", learning_rate, above=0)
    return lambda step: rate


def _check_weights(sample_weight: Any, n: int, dtype: npt.DTypeLike) -> Floats:
    weights = np.asarray(sample_weight, dtype)
    if weights.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), one for each row of X, got {weights.shape}")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and (weights > 0).any()):
        raise ValueError("sample_weight must be finite, not negative and not all zero")
    return weights


def _check_standardisation(standardisation: Standardisation, m: int) -> Standardisation:
    mean, scale = (np.asarray(part, np.float64) for part in standardisation)
    if mean.shape != (m,) or scale.shape != (m,):
        raise ValueError(
            f"standardisation must have mean and scale of shape ({m},), got {mean.shape} and {scale.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError("standardisation must have a finite mean and a finite, positive scale")
    return Standardisation(mean, scale)
