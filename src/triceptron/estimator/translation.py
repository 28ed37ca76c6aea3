"""From the estimator's parameters, scikit-learn's words, to what `training.train` takes.

Each function reads parameters of a `ThreeLayerPerceptron` and returns one thing; none changes it.
"""

import re
from collections.abc import Mapping
from math import inf
from numbers import Integral, Real
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from triceptron import core
from triceptron.arrays import digest
from triceptron.estimator.reporting import warn
from triceptron.estimator.samples import Samples
from triceptron.estimator.stopping import Progress, Rule
from triceptron.parameters import Parameters, Scheme, initialize
from triceptron.training import Adam, GradientDescent, Momentum, Schedule, Solver, one_cycle

__all__ = [
    "batch_size",
    "check",
    "check_lbfgs",
    "dropout",
    "dtypes",
    "generator",
    "hidden_units",
    "identity",
    "rule",
    "schedule",
    "solver",
    "start",
]

_NO_MATTER = {"checkpoint", "checkpoint_every", "n_threads", "verbose", "warm_start"}
"""Parameters that do not change what is learned."""


def check(estimator: Any) -> None:
    """Refuse what another estimator has to be kept for, and say which.

    Raises
    ------
    ValueError
        Where it is a network of another kind that the parameters ask for.
    """
    name = type(estimator).__name__
    other = "MLPRegressor" if hasattr(estimator, "loss") else "MLPClassifier"
    sizes = estimator.hidden_layer_sizes
    if estimator.activation != "relu":
        raise ValueError(
            f"activation={estimator.activation!r} is not in {name}, whose hidden units are ReLU ones: "
            f"keep {other} for it"
        )
    if not isinstance(sizes, Integral) and len(sizes) > 1:
        raise ValueError(
            f"hidden_layer_sizes={sizes!r} are {len(sizes)} layers, and {name} has one hidden layer: "
            f"keep {other} for it"
        )
    if getattr(estimator, "loss", None) == "poisson":
        raise ValueError(f"loss='poisson' is not in {name}, which has squared errors: keep {other} for it")


def check_lbfgs(estimator: Any, X_val: Any) -> None:
    """Refuse what does not go with full batches in double precision."""
    asked = {
        "dropout": any(dropout(estimator)),
        "checkpoint": estimator.checkpoint is not None,
        "X_val": X_val is not None,
    }
    for name, given in asked.items():
        if given:
            raise ValueError(f"{name} does not go with solver='lbfgs': use 'adam' or 'sgd', or leave it out")


def hidden_units(estimator: Any) -> int:
    """Return h."""
    sizes = estimator.hidden_layer_sizes
    sizes = [sizes] if isinstance(sizes, Integral) else list(sizes)
    if len(sizes) != 1:
        raise ValueError(f"hidden_layer_sizes must be one number (there is one hidden layer), got {sizes}")
    if not isinstance(sizes[0], Integral) or sizes[0] <= 0:
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return int(sizes[0])


def batch_size(estimator: Any, n: int) -> int:
    """Return the samples of an update."""
    if estimator.batch_size == "auto":
        return min(200, n)
    if estimator.batch_size > n:
        warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
    return min(int(estimator.batch_size), n)


def solver(estimator: Any) -> Solver:
    """Return the solver with its constants; lbfgs has none of ours."""
    if estimator.solver == "lbfgs":
        return GradientDescent()
    if estimator.solver == "adam":
        return Adam(estimator.beta_1, estimator.beta_2, estimator.epsilon)
    if estimator.momentum == 0:
        return GradientDescent()
    return Momentum(estimator.momentum, estimator.nesterovs_momentum)


def dropout(estimator: Any) -> tuple[float, float]:
    """Return the shares of inputs and of hidden units."""
    shares = estimator.dropout
    if isinstance(shares, Real):
        return 0.0, float(shares)
    if len(shares) != 2:
        raise ValueError(f"dropout must be one share, or two (of inputs, of hidden units), got {shares!r}")
    return shares[0], shares[1]


def rule(estimator: Any) -> Rule:
    """Return the rule to stop by; a cycle of learning rates runs to its end unless `early_stopping`."""
    whole_cycle = estimator.learning_rate == "one_cycle" and not estimator.early_stopping
    falls = estimator.learning_rate if estimator.solver == "sgd" else "constant"
    return Rule(
        learning_rate=estimator.learning_rate_init,
        tol=estimator.tol,
        patience=inf if whole_cycle else estimator.n_iter_no_change,
        early_stopping=estimator.early_stopping,
        adaptive=falls == "adaptive",
        power=estimator.power_t if falls == "invscaling" else 0.0,
    )


def schedule(estimator: Any, progress: Progress, *, step: int, batches: int) -> Schedule:
    """Return the learning rate of each update, going on at number `step` from what `progress` says."""
    if estimator.learning_rate == "one_cycle":
        first = step - progress.epochs * batches
        return one_cycle(estimator.learning_rate_init, estimator.max_iter * batches, first=first)
    return lambda step: progress.learning_rate


def dtypes(estimator: Any) -> list[npt.DTypeLike]:
    """Return the dtypes that X may keep; the first is what any other becomes. Pixels stay bytes."""
    if estimator.dtype is None:
        return [np.float64, np.float32, np.uint8]
    if np.dtype(estimator.dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32, float64 or None, got {estimator.dtype!r}")
    return [np.dtype(estimator.dtype), np.uint8]


def generator(estimator: Any) -> np.random.Generator:
    """Make one generator of scikit-learn's `random_state`; None draws its seed from NumPy's global one."""
    random_state = estimator.random_state
    if random_state is None:
        random_state = check_random_state(None)
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(random_state)


def start(
    estimator: Any, rng: np.random.Generator, m: int, h: int, K: int, dtype: npt.DTypeLike
) -> Parameters:
    """Draw the parameters to start from, or copy those given."""
    init = estimator.init
    if init == "exercise":
        seed = estimator.random_state
        seed = int(seed) if isinstance(seed, Integral) else int(rng.integers(2**32))
        return initialize(m, h, K, scheme="exercise", rng=seed, dtype=dtype)
    if isinstance(init, str):
        return initialize(m, h, K, scheme=cast(Scheme, init), rng=rng, dtype=dtype)
    if len(init) != 4:
        raise ValueError(f"init must be a scheme's name or W1, b1, W2, b2, got {len(init)} arrays")
    parameters = Parameters(*(np.array(theta, dtype, order="C") for theta in init)).validate()
    if parameters.W1.shape != (m, h) or parameters.W2.shape != (h, K):
        raise ValueError(
            f"init must have W1 of shape {(m, h)} and W2 of shape {(h, K)}, "
            f"got {parameters.W1.shape} and {parameters.W2.shape}"
        )
    return parameters


def identity(estimator: Any, data: Samples, held_out: Samples | None) -> Mapping[str, Any]:
    """Return what makes a training what it is: the parameters that matter, arithmetic, the data's digest."""
    no_matter = _NO_MATTER if estimator.learning_rate == "one_cycle" else _NO_MATTER | {"max_iter"}
    settings = {name: _name(value) for name, value in estimator.get_params().items() if name not in no_matter}
    watched = [] if held_out is None else held_out.arrays()
    classes = getattr(estimator, "classes_", None)
    bits = {"arithmetic": core.arithmetic()} if estimator.engine == "core" else {}
    return {**settings, **bits, "data": digest([*data.arrays(), *watched, classes])}


def _name(value: Any) -> Any:
    """Return a name for a parameter's value that is the same in the next process."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return digest(value)
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return type(value).__name__
    if isinstance(value, type | np.dtype):
        return np.dtype(value).name
    return getattr(value, "__qualname__", None) or re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
