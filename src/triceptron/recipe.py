"""What a training is given besides its data: the hyperparameters, checked once, under one set of names."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from triceptron import engines
from triceptron.augmentation import Shift
from triceptron.datasets import Dataset, Standardisation
from triceptron.engines import EngineName
from triceptron.parameters import Scheme, initialize
from triceptron.schedules import one_cycle
from triceptron.solvers import Adam, GradientDescent, Momentum, Solver
from triceptron.training import Epoch, Training, train
from triceptron.validation import check_choice, check_count, check_number

__all__ = ["AugmentName", "Recipe", "ScheduleName", "SolverName"]

SolverName: TypeAlias = Literal["sgd", "momentum", "nesterov", "adam"]
ScheduleName: TypeAlias = Literal["constant", "one_cycle"]
AugmentName: TypeAlias = Literal["none", "shift"]
DtypeName: TypeAlias = Literal["float32", "float64"]


@dataclass(frozen=True)
class Recipe:
    """The given hyperparameters of a training.

    Parameters
    ----------
    hidden : int
        h, the number of hidden units.
    learning_rate : float
        η; with the schedule "one_cycle" its peak.
    epochs : int
    batch_size : int, optional
        Samples an update; all of them where None.
    solver : {"sgd", "momentum", "nesterov", "adam"}
        "sgd" is the text's plain descent.
    momentum : float
        What "momentum" and "nesterov" keep of the velocity.
    schedule : {"constant", "one_cycle"}
        "one_cycle" raises the rate in a line over the first fifth and lowers it to 0 over the rest.
    alpha : float
        Strength of the L2 penalty.
    input_dropout, dropout : float
        Shares of inputs and of hidden units silenced in each update.
    augment : {"none", "shift"}
        "shift" moves each image by up to two pixels afresh each epoch.
    init : {"he", "exercise"}
    seed : int
        Of the start, the shuffling, dropout and shifts.
    dtype : {"float32", "float64"}
    """

    hidden: int = 50
    learning_rate: float = 0.1
    epochs: int = 20
    batch_size: int | None = 128
    solver: SolverName = "sgd"
    momentum: float = 0.9
    schedule: ScheduleName = "constant"
    alpha: float = 0.0
    input_dropout: float = 0.0
    dropout: float = 0.0
    augment: AugmentName = "none"
    init: Scheme = "he"
    seed: int = 0
    dtype: DtypeName = "float32"

    def __post_init__(self) -> None:
        check_count("hidden", self.hidden)
        check_number("learning_rate", self.learning_rate, above=0)
        check_count("epochs", self.epochs)
        if self.batch_size is not None:
            check_count("batch_size", self.batch_size)
        check_choice("solver", self.solver, get_args(SolverName))
        check_number("momentum", self.momentum, below=1)
        check_choice("schedule", self.schedule, get_args(ScheduleName))
        check_number("alpha", self.alpha)
        check_number("input_dropout", self.input_dropout, below=1)
        check_number("dropout", self.dropout, below=1)
        check_choice("augment", self.augment, get_args(AugmentName))
        check_choice("init", self.init, get_args(Scheme))
        check_count("seed", self.seed, least=0)
        check_choice("dtype", self.dtype, get_args(DtypeName))

    def settings(self) -> dict[str, Any]:
        """Return the hyperparameters by name, as they stand in metrics.json."""
        return asdict(self)

    def check(self, data: Dataset) -> None:
        """Refuse data that cannot be trained on by these hyperparameters.

        Raises
        ------
        ValueError
            If `augment` is "shift" and a row of the data is no image.
        """
        self._augmentation(data)

    def make_solver(self) -> Solver:
        """Return the solver of that name."""
        if self.solver == "adam":
            return Adam()
        if self.solver == "sgd":
            return GradientDescent()
        return Momentum(self.momentum, nesterov=self.solver == "nesterov")

    def train(
        self,
        data: Dataset,
        standardisation: Standardisation,
        *,
        test: Dataset | None = None,
        engine: EngineName = engines.DEFAULT,
        n_threads: int | None = None,
        callback: Callable[[Epoch], object] | None = None,
    ) -> Training:
        """Train on a data set by these hyperparameters.

        Parameters
        ----------
        data : Dataset
            What to learn from; pixels stay bytes in memory.
        standardisation : Standardisation
            Applied to the features first.
        test : Dataset, optional
            A held-out part whose loss is recorded each epoch.
        engine, n_threads, callback
            See `triceptron.train`.

        Returns
        -------
        Training

        Raises
        ------
        ValueError
            If `augment` is "shift" and a row of the data is no image.
        DivergenceError, TrainingInterrupted
            See `triceptron.train`.
        """
        n, m = data.X.shape
        K = len(data.classes)
        start = initialize(m, self.hidden, K, scheme=self.init, rng=self.seed, dtype=self.dtype)
        updates, cycles = self.epochs * ceil(n / (self.batch_size or n)), self.schedule == "one_cycle"
        return train(
            start,
            *self._prepare(data, standardisation),
            test=None if test is None else self._prepare(test, standardisation),
            standardisation=standardisation if data.X.dtype == np.uint8 else None,
            epochs=self.epochs,
            learning_rate=one_cycle(self.learning_rate, updates) if cycles else self.learning_rate,
            batch_size=self.batch_size,
            solver=self.make_solver(),
            alpha=self.alpha,
            dropout=(self.input_dropout, self.dropout),
            augment=self._augmentation(data),
            rng=self.seed,
            engine=engine,
            n_threads=n_threads,
            callback=callback,
        )

    def _prepare(self, data: Dataset, standardisation: Standardisation) -> tuple[Any, Any]:
        """Leave bytes to the engine, which standardises them on the way; do the others here."""
        if data.X.dtype == np.uint8:
            return data.X, data.y
        return standardisation.transform(data.X, self.dtype), data.y

    def _augmentation(self, data: Dataset) -> Shift | None:
        if self.augment == "none":
            return None
        if data.image_shape is None or data.X.dtype != np.uint8:
            raise ValueError('augment must be "none" for data that are not images of bytes, got "shift"')
        return Shift(data.image_shape, seed=self.seed)
