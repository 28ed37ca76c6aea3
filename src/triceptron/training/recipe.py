"""What a training is given besides its data: the hyperparameters, checked once, under one set of names."""

from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from math import ceil
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from triceptron.arrays import check_choice, check_count, check_number
from triceptron.data import (
    VARIED,
    VIEWS,
    Affine,
    Dataset,
    Elastic,
    Shift,
    Standardisation,
    ViewName,
    Views,
    preprocess,
)
from triceptron.parameters import Scheme, initialize
from triceptron.training.loop import Augment, Training
from triceptron.training.schedules import one_cycle
from triceptron.training.solvers import Adam, GradientDescent, Momentum, Solver
from triceptron.training.teaching import Taught, probabilities

__all__ = ["AugmentName", "Recipe", "ScheduleName", "SolverName"]

SolverName: TypeAlias = Literal["sgd", "momentum", "nesterov", "adam"]
ScheduleName: TypeAlias = Literal["constant", "one_cycle"]
AugmentName: TypeAlias = Literal["none", "shift", "affine", "elastic"]
PreprocessName: TypeAlias = Literal[ViewName, "varied"]
DtypeName: TypeAlias = Literal["float32", "float64"]


@dataclass(frozen=True)
class Recipe:
    """The given hyperparameters of a training: named, typed, checked and explained here and nowhere else.

    Parameters
    ----------
    hidden : int
        Hidden units.
    learning_rate : float
        The step of each update; with the schedule one_cycle its peak.
    epochs : int
        How many times to go through all training samples.
    batch_size : int, optional
        Samples an update; all of them when not given.
    solver : {"sgd", "momentum", "nesterov", "adam"}
        The update's rule; sgd is the text's plain descent.
    momentum : float
        What momentum and nesterov keep of the velocity.
    schedule : {"constant", "one_cycle"}
        one_cycle: up to the learning rate in the first fifth, down to 0 over the rest.
    alpha : float
        Strength of the L2 penalty.
    input_dropout : float
        Share of the inputs silenced in each update.
    dropout : float
        Share of the hidden units silenced in each update.
    preprocess : {"none", "deslanted", "width_20", "width_18", …, "width_8", "varied"}
        What is done to each image before a network sees it, in training and ever after; deslanted: its slant
        is taken out; width_20: it is stretched or shrunk to a width of 20 pixels; varied: of several members
        each sees it in another way, in turn.
    augment : {"none", "shift", "affine", "elastic"}
        Change each image afresh each epoch; shift: move it by up to two pixels; affine: turn, stretch, shear
        and move it a little; elastic: bend it, too.
    augment_strength : float
        How far images are moved and bent, as a multiple of the usual.
    members : int
        Networks that are trained one after the other, each from its own seed, and answer together, as one
        network with so many times the hidden units.
    distil : bool
        Train one more network on what the members say, and keep that one alone.
    moved_copies : bool
        Let the trained network look at each image and at its four copies that are moved by a pixel, which
        count half each, and answer by the mean: a network with five times the hidden units.
    init : {"he", "glorot", "exercise"}
        How the weights start: by He's or Glorot's rule, or as in the exercise.
    seed : int
        Seeds the start, the shuffling, dropout and augmentation, and a job's random split.
    dtype : {"float32", "float64"}
        Precision of the arithmetic.
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
    preprocess: PreprocessName = "none"
    augment: AugmentName = "none"
    augment_strength: float = 1.0
    members: int = 1
    distil: bool = False
    moved_copies: bool = False
    init: Scheme = "he"
    seed: int = 0
    dtype: DtypeName = "float32"

    def __post_init__(self) -> None:
        check_count("hidden", self.hidden, most=2**30 - 1)
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
        check_choice("preprocess", self.preprocess, [*VIEWS, "varied"])
        check_choice("augment", self.augment, get_args(AugmentName))
        check_number("augment_strength", self.augment_strength, below=10)
        check_count("members", self.members, most=1000)
        check_choice("init", self.init, get_args(Scheme))
        check_count("seed", self.seed, least=0)
        check_choice("dtype", self.dtype, get_args(DtypeName))

    def settings(self) -> dict[str, Any]:
        """Return the hyperparameters by name, as they stand in metrics.json."""
        return asdict(self)

    @property
    def all_epochs(self) -> int:
        """The epochs of all networks."""
        return self.epochs * (self.members + self.distil)

    def single(self) -> "Recipe":
        """Return the recipe of a single network, by which each of several is trained."""
        preprocess = "none" if self.preprocess == "varied" else self.preprocess
        return replace(self, members=1, distil=False, moved_copies=False, preprocess=preprocess)

    def check(self, data: Dataset) -> None:
        """Refuse data that cannot be trained on by these hyperparameters.

        Raises
        ------
        ValueError
            If images are to be preprocessed, augmented or moved and a row of the data is none.
        """
        self.views(_image_shape(data))
        self._augmentation(data)
        if self.moved_copies and _image_shape(data) is None:
            raise ValueError("moved_copies is for data that are images of bytes")

    def views(self, image_shape: tuple[int, int] | None, members: int | None = None) -> Views | None:
        """Return what the members see of images of that shape, or None where nothing is done to any.

        Parameters
        ----------
        image_shape : (int, int) or None
        members : int, optional
            Those of the first members alone.

        Raises
        ------
        ValueError
            If something is to be done to what is no image, or a narrow one is to be made wide, or a single
            network is to see images in different ways.
        """
        if self.preprocess == "none":
            return None
        if self.preprocess == "varied" and self.members == 1:
            raise ValueError('preprocess "varied" is for several members, got members 1')
        if image_shape is None:
            raise ValueError(
                f'preprocess must be "none" for data that are not images of bytes, got "{self.preprocess}"'
            )
        return Views(image_shape, self.looks(members or self.members))

    def looks(self, members: int) -> tuple[ViewName, ...]:
        """Return how the first members see the images, by name."""
        turns: tuple[ViewName, ...] = VARIED if self.preprocess == "varied" else (self.preprocess,)
        return tuple(islice(cycle(turns), members))

    def seen(self, data: Dataset) -> Dataset:
        """Return data as a network by this recipe sees them."""
        views = self.single().views(_image_shape(data))
        return data if views is None else data._replace(X=preprocess(data.X, views.image_shape, *views.names))

    def make_solver(self) -> Solver:
        """Return the solver of that name."""
        if self.solver == "adam":
            return Adam()
        if self.solver == "sgd":
            return GradientDescent()
        return Momentum(self.momentum, nesterov=self.solver == "nesterov")

    def arguments(
        self,
        data: Dataset,
        standardisation: Standardisation,
        *,
        test: Dataset | None = None,
        teacher: Training | None = None,
    ) -> dict[str, Any]:
        """Return what `triceptron.train` takes to train one network on a data set by these hyperparameters.

        Parameters
        ----------
        data : Dataset
            What to learn from; pixels stay bytes in memory.
        standardisation : Standardisation
            Applied to the features first.
        test : Dataset, optional
            A held-out part whose loss is recorded each epoch.
        teacher : Training, optional
            That of a network to learn from, in the place of the labels.

        Returns
        -------
        dict
            The start, the data and the hyperparameters under the names of `triceptron.train`; what is left
            open is how to run (engine, n_threads, callback).

        Raises
        ------
        ValueError
            If images are to be preprocessed or augmented and a row of the data is none.
        """
        n, m = data.X.shape
        X, y = self._prepare(data, standardisation)
        distortion = self._augmentation(data)
        augment: Augment | None = distortion
        if teacher is not None:
            network, views = teacher.parameters, teacher.views
            y = probabilities(X, network, standardisation if X.dtype == np.uint8 else None, views=views)
            augment = None if distortion is None else Taught(distortion, network, standardisation, views)
        updates, cycles = self.epochs * ceil(n / (self.batch_size or n)), self.schedule == "one_cycle"
        return {
            "start": initialize(
                m, self.hidden, len(data.classes), scheme=self.init, rng=self.seed, dtype=self.dtype
            ),
            "X": X,
            "y": y,
            "test": None if test is None else self._prepare(test, standardisation),
            "standardisation": standardisation if data.X.dtype == np.uint8 else None,
            "epochs": self.epochs,
            "learning_rate": one_cycle(self.learning_rate, updates) if cycles else self.learning_rate,
            "batch_size": self.batch_size,
            "solver": self.make_solver(),
            "alpha": self.alpha,
            "dropout": (self.input_dropout, self.dropout),
            "augment": augment,
            "rng": self.seed,
        }

    def _prepare(self, data: Dataset, standardisation: Standardisation) -> tuple[Any, Any]:
        """Leave bytes to the engine, which standardises them on the way; do the others here."""
        data = self.seen(data)
        if data.X.dtype == np.uint8:
            return data.X, data.y
        return standardisation.transform(data.X, self.dtype), data.y

    def _augmentation(self, data: Dataset) -> Shift | Affine | None:
        if self.augment == "none":
            return None
        image_shape = _image_shape(data)
        if image_shape is None:
            raise ValueError(
                f'augment must be "none" for data that are not images of bytes, got "{self.augment}"'
            )
        strength = self.augment_strength
        if self.augment == "shift":
            return Shift(image_shape, most=round(2 * strength), seed=self.seed)
        usual = Elastic(image_shape) if self.augment == "elastic" else Affine(image_shape)
        return usual.times(strength, seed=self.seed)


def _image_shape(data: Dataset) -> tuple[int, int] | None:
    """Return height and width where the rows are images of bytes."""
    return data.image_shape if data.X.dtype == np.uint8 else None
