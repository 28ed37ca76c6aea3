"""L-BFGS: scipy's quasi-Newton method over an engine's loss and gradient of the full batch."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.parameters import Parameters
from triceptron.training.engines import DEFAULT_ENGINE, EngineName, State, Task, start_engine
from triceptron.training.solvers import Probe

__all__ = ["Optimum", "minimize"]


class Optimum(NamedTuple):
    """Where `minimize` ended.

    Attributes
    ----------
    parameters : Parameters
    loss : float
        With the penalty in it.
    iterations : int
    failure : str
        Why it stopped before it had converged; empty where it has.
    status : int
        scipy's number for it.
    """

    parameters: Parameters
    loss: float
    iterations: int
    failure: str
    status: int


def minimize(
    start: Parameters,
    task: Task,
    *,
    max_iter: int,
    max_fun: int,
    tol: float,
    engine: EngineName = DEFAULT_ENGINE,
    verbose: bool = False,
) -> Optimum:
    """Go downhill until no entry of the gradient is larger than `tol`.

    Parameters
    ----------
    start : Parameters
    task : Task
        Its solver is not used.
    max_iter, max_fun : int
        Most iterations, and most evaluations of the loss.
    tol : float
    engine : {"core", "steps"}
    verbose : bool
        Print each iteration's loss.

    Returns
    -------
    Optimum

    References
    ----------
    Byrd, Lu, Nocedal, Zhu: A limited memory algorithm for bound constrained optimization. SIAM Journal on
    Scientific Computing 16 (1995).
    """
    from scipy.optimize import OptimizeResult
    from scipy.optimize import minimize as scipy_minimize  # here: it takes half a second to import

    objective = _Objective(start, task, engine)

    def show(intermediate_result: OptimizeResult) -> None:
        print(f"loss = {objective.told(intermediate_result.x, float(intermediate_result.fun)):.8f}")

    found = scipy_minimize(
        objective,
        _pack(start),
        method="L-BFGS-B",
        jac=True,
        callback=show if verbose else None,
        options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol},
    )
    return Optimum(
        objective.unpack(found.x),
        objective.told(found.x, float(found.fun)),
        min(int(found.nit), max_iter),
        "" if found.status == 0 else str(found.message),
        int(found.status),
    )


class _Objective:
    """Loss and gradient as functions of all parameters in one vector.

    An engine tells the mean loss over the outputs where these are numbers, but its gradient is that of their
    sum: what is minimised is the sum.
    """

    def __init__(self, start: Parameters, task: Task, engine: EngineName) -> None:
        probe = Probe()
        self._shapes = [theta.shape for theta in start]
        self._n = task.X.shape[0]
        self._outputs = len(start.b2) if task.output == "identity" else 1
        weight = self._n if task.sample_weight is None else float(task.sample_weight.sum(dtype=np.float64))
        self._decay = task.alpha / (2 * weight)
        self._engine = start_engine(engine, State(start, probe.start(start)), replace(task, solver=probe))

    def __call__(self, x: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        self._engine.load(self.unpack(x))
        with np.errstate(all="ignore"):  # scipy's line search turns back where it overflows
            loss = self._engine.epoch(None, self._n, np.ones(1)).train
        (gradient,) = self._engine.state().moments
        penalty = self._penalty(x)
        return self._outputs * (loss - penalty) + penalty, _pack(gradient)

    def told(self, x: npt.NDArray[np.float64], value: float) -> float:
        """Return the loss as an engine tells it."""
        penalty = self._penalty(x)
        return (value - penalty) / self._outputs + penalty

    def unpack(self, x: npt.NDArray[np.float64]) -> Parameters:
        sizes = np.cumsum([int(np.prod(shape)) for shape in self._shapes])
        parts = np.split(x, sizes[:-1])
        return Parameters(*(part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)))

    def _penalty(self, x: npt.NDArray[np.float64]) -> float:
        if self._decay == 0 or self._outputs == 1:
            return 0.0  # sum and mean are the same
        W1, _, W2, _ = self.unpack(x)
        return self._decay * float((W1 * W1).sum() + (W2 * W2).sum())  # (17)


def _pack(parameters: Parameters) -> npt.NDArray[Any]:
    return np.concatenate([theta.ravel() for theta in parameters])
