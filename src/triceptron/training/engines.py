"""Two engines that run epochs: the formulas as they stand in the lesson, and the fused core.

An engine is made from a `State` and a `Task`, runs one epoch a call and hands out its state at any time.
Both do the same mathematics; `training.train` does not know which one it drives.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from triceptron import core, steps
from triceptron.arrays import Floats, Labels, Matrix
from triceptron.data import Standardisation
from triceptron.parameters import Parameters
from triceptron.training import dropout, outputs
from triceptron.training.outputs import OutputName
from triceptron.training.solvers import Adam, Moments, Momentum, Probe, Solver

__all__ = [
    "DEFAULT_ENGINE",
    "CoreEngine",
    "Engine",
    "EngineName",
    "Losses",
    "State",
    "StepsEngine",
    "Task",
    "start_engine",
]

EngineName: TypeAlias = Literal["core", "steps"]

DEFAULT_ENGINE: EngineName = "core"
"""The engine wherever none is named."""


class State(NamedTuple):
    """All that a training carries from one update to the next; with it a run resumes to the same bits.

    Attributes
    ----------
    parameters : Parameters
    moments : tuple of Parameters
        What the solver remembers: none, the velocity, or Adam's two moments.
    step : int
        Updates done so far.
    dropout_seed : int
        The seed of the dropout masks, 0 ≤ seed < 2**64.
    """

    parameters: Parameters
    moments: Moments
    step: int = 0
    dropout_seed: int = 0


@dataclass(frozen=True)
class Task:
    """What is to be learned and how; the same for every epoch. `training.train` has checked all of it.

    Attributes
    ----------
    X : array, shape (n, m)
        In the parameters' dtype, or uint8; or a csr_array in the parameters' dtype.
    y : array of int64, shape (n,), or Y, shape (n, K)
        Labels, for the output softmax, or the truth itself in the parameters' dtype.
    test : (X, y) or None
        The held-out part.
    sample_weight : array, shape (n,), or None
        Non-negative; only the ratios within a batch matter.
    standardisation : Standardisation or None
        Applied to X and the test X before the network sees them.
    solver : Solver
    alpha : float
        Strength of the L2 penalty alpha / 2n (|W1|² + |W2|²).
    dropout : (float, float)
        Shares of inputs and of hidden units silenced in each update.
    n_threads : int or None
    output : {"softmax", "logistic", "identity"}
    renewed : bool
        Whether `Engine.replace` will be called: X and y themselves must stay as they are all the same.
    """

    X: Matrix
    y: Labels | Floats
    test: tuple[Matrix, Labels | Floats] | None
    sample_weight: Floats | None
    standardisation: Standardisation | None
    solver: Solver
    alpha: float
    dropout: tuple[float, float]
    n_threads: int | None
    output: OutputName = "softmax"
    renewed: bool = False


class Losses(NamedTuple):
    """An epoch's losses.

    Attributes
    ----------
    train : float
        The batches' losses (penalty included), each before its update, averaged over the samples.
    test : float
        The held-out part's loss: before the update where the epoch is a single batch, after the last one
        where there are several; NaN without a held-out part.
    """

    train: float
    test: float


class Engine(Protocol):
    """What `training.train` asks of an engine."""

    def __init__(self, state: State, task: Task) -> None: ...

    def epoch(
        self, order: npt.NDArray[np.int64] | None, batch_size: int, learning_rates: npt.NDArray[np.float64]
    ) -> Losses:
        """Run through all samples once, in `order` (as they lie where None), one update a batch."""

    def replace(self, X: Matrix, Y: Floats | None = None) -> None:
        """Learn from these samples from the next epoch on: shapes and dtypes of the task's, other values.

        The caller leaves X as it is until the next call. Without Y the truth stays.
        """

    def load(self, parameters: Parameters) -> None:
        """Go on from other parameters."""

    def state(self) -> State:
        """Return a copy of the state as it is now."""


class StepsEngine:
    """The epochs in the lesson's own functions: forward, backpropagate, the solver's update."""

    def __init__(self, state: State, task: Task) -> None:
        self._state, self._task = state, task
        self._X = self._features(task.X)
        self._Y = self._truth(task.y)
        self._test = None if task.test is None else (self._features(task.test[0]), self._truth(task.test[1]))

    def epoch(
        self, order: npt.NDArray[np.int64] | None, batch_size: int, learning_rates: npt.NDArray[np.float64]
    ) -> Losses:
        """Run through all samples once; see `Engine.epoch`."""
        n = len(self._Y)
        order = np.arange(n) if order is None else order
        several = batch_size < n
        with np.errstate(all="ignore"):  # `train` tells of overflow in words
            test_loss = float("nan") if several else self._test_loss()
            total = weight = 0.0
            for start, learning_rate in zip(range(0, n, batch_size), learning_rates, strict=True):
                batch = order[start : start + batch_size]
                batch_loss, batch_weight = self._update(batch, float(learning_rate))
                total, weight = total + batch_weight * batch_loss, weight + batch_weight
            return Losses(total / weight, self._test_loss() if several else test_loss)

    def replace(self, X: Matrix, Y: Floats | None = None) -> None:
        """Learn from other samples; see `Engine.replace`."""
        self._X = self._features(X)
        self._Y = self._Y if Y is None else Y

    def load(self, parameters: Parameters) -> None:
        """Go on from other parameters."""
        self._state = self._state._replace(parameters=parameters)

    def state(self) -> State:
        """Return the state as it is now; nothing ever changes it in place."""
        return self._state

    def _features(self, X: Matrix) -> Floats:
        dtype = self._state.parameters.W1.dtype
        standardisation = self._task.standardisation
        return X.astype(dtype) if standardisation is None else standardisation.transform(X, dtype)

    def _truth(self, y: Labels | Floats) -> Floats:
        b2 = self._state.parameters.b2
        return outputs.truth(self._task.output, y, len(b2), b2.dtype)

    def _test_loss(self) -> float:
        if self._test is None:
            return float("nan")
        X, Y = self._test
        return outputs.mean_loss(self._task.output, Y, steps.forward(X, self._state.parameters).O)

    def _update(self, rows: npt.NDArray[np.int64], learning_rate: float) -> tuple[float, float]:
        """Learn from one batch; return its loss before the update and its weight."""
        task, (parameters, moments, step, _) = self._task, self._state
        X, Y = self._X[rows], self._Y[rows]
        counts = np.ones(len(rows), X.dtype) if task.sample_weight is None else task.sample_weight[rows]
        weight = float(counts.sum(dtype=np.float64))
        if weight == 0:  # a mean over no weight is not defined: nothing to learn from this batch
            self._state = self._state._replace(step=step + 1)
            return 0.0, 0.0

        X = X * self._mask(dropout.INPUT, X.shape)
        Z, H, _ = steps.forward(X, parameters)
        D = self._mask(dropout.HIDDEN, H.shape)
        H = H * D  # (18)
        O = steps.linear_combination(H, parameters.W2, parameters.b2)  # noqa: E741
        loss = outputs.mean_loss(task.output, Y, O, counts)
        P = outputs.activate(task.output, O)
        dO = counts[:, None] * (P - Y) / np.asarray(weight, X.dtype)  # (7)
        gradient = steps.backpropagate(dO, H, steps.relu_derivative(Z) * D, X, parameters)

        if task.alpha > 0:
            W1, _, W2, _ = parameters
            loss += task.alpha / (2 * weight) * float((W1 * W1).sum() + (W2 * W2).sum())  # (17)
            decay = task.alpha / weight
            gradient = gradient._replace(dW1=gradient.dW1 + decay * W1, dW2=gradient.dW2 + decay * W2)
        parameters, moments = task.solver.update(parameters, gradient, moments, learning_rate, step)
        self._state = self._state._replace(parameters=parameters, moments=moments, step=step + 1)
        return loss, weight

    def _mask(self, layer: int, shape: tuple[int, int]) -> Floats | float:
        rate = self._task.dropout[layer]
        if rate == 0:
            return 1.0
        return dropout.mask(self._state.dropout_seed, self._state.step, layer, shape, rate, self._X.dtype)


class CoreEngine:
    """The epochs in the fused core: the same mathematics, and the same bits on any number of threads.

    Pixels (uint8) stay as they are, the core standardises them on their way in; floats are standardised once.
    """

    def __init__(self, state: State, task: Task) -> None:
        self._seed = state.dropout_seed
        dtype = state.parameters.W1.dtype
        standardisation = task.standardisation
        pixels = task.X.dtype == np.uint8

        def features(X: Matrix) -> Matrix:
            if pixels:
                return X
            return (
                X.astype(dtype, copy=False)
                if standardisation is None
                else standardisation.transform(X, dtype)
            )

        self._features = features
        self._X, self._y = features(task.X), task.y
        if task.renewed:
            self._X, self._y = self._X.copy(), self._y.copy()
        mean, scale = (None, None) if standardisation is None or not pixels else standardisation
        self._training = core.training(
            parameters=state.parameters,
            moments=state.moments,
            step=state.step,
            X=self._X,
            y=self._y,
            sample_weight=task.sample_weight,
            test=None if task.test is None else (features(task.test[0]), task.test[1]),
            mean=mean,
            scale=scale,
            output=task.output,
            alpha=task.alpha,
            dropout=task.dropout,
            dropout_seed=state.dropout_seed,
            n_threads=task.n_threads,
            **_rule(task.solver),
        )

    def epoch(
        self, order: npt.NDArray[np.int64] | None, batch_size: int, learning_rates: npt.NDArray[np.float64]
    ) -> Losses:
        """Run through all samples once; see `Engine.epoch`."""
        return Losses(*self._training.epoch(order, batch_size, learning_rates))

    def replace(self, X: Matrix, Y: Floats | None = None) -> None:
        """Learn from other samples; see `Engine.replace`. The core reads them where it read the first."""
        np.copyto(self._X, self._features(X))
        if Y is not None:
            np.copyto(self._y, Y)
        self._training.renewed()

    def load(self, parameters: Parameters) -> None:
        """Go on from other parameters."""
        self._training.load(parameters)

    def state(self) -> State:
        """Return a copy of the state as it is now."""
        training = self._training
        moments = tuple(Parameters(*moment) for moment in training.moments())
        return State(Parameters(*training.parameters()), moments, training.step(), self._seed)


def _rule(solver: Solver) -> dict[str, Any]:
    """Return the solver in the core's words."""
    match solver:
        case Momentum(momentum=momentum, nesterov=nesterov):
            return {"rule": "nesterov" if nesterov else "momentum", "momentum": momentum}
        case Adam(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon):
            return {"rule": "adam", "beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        case Probe():
            return {"rule": "gradient"}
        case _:
            return {"rule": "descent"}


def start_engine(name: str, state: State, task: Task) -> Engine:
    """Make the engine of that name."""
    engines: dict[str, type[Engine]] = {"core": CoreEngine, "steps": StepsEngine}
    return engines[name](state, task)
