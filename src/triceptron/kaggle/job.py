"""From the competition's data to a submission: an honest estimate first, then a training on everything."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triceptron import engines
from triceptron.datasets import Dataset, Standardisation
from triceptron.engines import EngineName
from triceptron.kaggle.files import PIXELS, Competition
from triceptron.modelfile import Model
from triceptron.parameters import Parameters
from triceptron.prediction import predict
from triceptron.recipe import Recipe
from triceptron.run import Run
from triceptron.training import Epoch, History
from triceptron.validation import Labels, check_number

__all__ = ["DEFAULTS", "Submission", "estimate", "finish", "hold_out"]

DEFAULTS = Recipe(
    hidden=800,
    learning_rate=0.15,
    epochs=30,
    batch_size=128,
    solver="nesterov",
    schedule="one_cycle",
    dropout=0.3,
    augment="shift",
)
"""The recipe that cross-validation on the training part chose; docs/kaggle.md has the figures."""


@dataclass(frozen=True)
class Submission:
    """A network trained on everything, and its word on each test image.

    Attributes
    ----------
    parameters : Parameters
    history : History
    predicted : array of int64, shape (n,)
        The digit of each test image.
    standardisation : Standardisation
    settings : dict
        The hyperparameters, by name.
    """

    parameters: Parameters
    history: History
    predicted: Labels
    standardisation: Standardisation
    settings: dict[str, Any]

    def model(self) -> Model:
        """Return the network with all that is needed to use it on tables of pixels, such as test.csv."""
        history = {"loss": self.history.train_loss}
        return Model(
            self.parameters,
            np.arange(10),
            self.standardisation,
            tuple(PIXELS),
            "label",
            settings=self.settings,
            history=history,
        )

    def write(self, path: Path) -> None:
        """Write it as Kaggle wants it: ImageId,Label, ImageId counted from 1, a line each."""
        lines = (f"{number},{label}\n" for number, label in enumerate(self.predicted, start=1))
        with open(path, "w", encoding="ascii", newline="") as file:
            file.write("ImageId,Label\n")
            file.writelines(lines)


def hold_out(data: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Cut a random part off: return what is left to learn from, and the held-out part.

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1, or leaves a part empty.
    """
    check_number("holdout", share, above=0, below=1)
    n = len(data.y)
    held = round(share * n)
    if not 0 < held < n:
        raise ValueError(f"holdout must leave both parts some of the {n} samples, got {share}")
    order = np.random.default_rng(seed).permutation(n)
    parts = (np.sort(order[held:]), np.sort(order[:held]))
    learned, held_out = (data._replace(X=data.X[rows], y=data.y[rows]) for rows in parts)
    return learned, held_out


def estimate(
    data: Dataset,
    recipe: Recipe = DEFAULTS,
    *,
    holdout: float = 0.1,
    engine: EngineName = engines.DEFAULT,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
) -> Run:
    """Train on a part of the data and test on the rest, to know how good a submission will be.

    Parameters
    ----------
    data : Dataset
    recipe : Recipe
    holdout : float
        The share that is held out for the test, 0 < holdout < 1.
    engine, n_threads, callback
        See `triceptron.train`.

    Returns
    -------
    Run
        Its `accuracy` and `accuracy_interval` are the estimate; a submission, trained on more, should do no
        worse.
    """
    learned, held_out = hold_out(data, holdout, recipe.seed)
    standardisation = Standardisation.of_pixels(data.X.shape[1])
    training = recipe.train(
        learned, standardisation, test=held_out, engine=engine, n_threads=n_threads, callback=callback
    )
    settings: dict[str, Any] = {"data": "kaggle", **recipe.settings(), "holdout": holdout, "engine": engine}
    return Run(training.parameters, training.history, standardisation, held_out, settings)


def finish(
    competition: Competition,
    recipe: Recipe = DEFAULTS,
    *,
    engine: EngineName = engines.DEFAULT,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
) -> Submission:
    """Train on all of the competition's training images and label its test images.

    Parameters
    ----------
    competition : Competition
    recipe : Recipe
    engine, n_threads, callback
        See `triceptron.train`.

    Returns
    -------
    Submission
    """
    standardisation = Standardisation.of_pixels(competition.train.X.shape[1])
    training = recipe.train(
        competition.train, standardisation, engine=engine, n_threads=n_threads, callback=callback
    )
    predicted = predict(
        competition.test, training.parameters, standardisation, engine=engine, n_threads=n_threads
    )
    settings = {"data": "kaggle", **recipe.settings(), "engine": engine}
    return Submission(training.parameters, training.history, predicted, standardisation, settings)
