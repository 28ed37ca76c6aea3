"""From the competition's data to a submission: an honest estimate first, then a training on everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from triceptron.arrays import Labels
from triceptron.data import Dataset, Standardisation, hold_out
from triceptron.data.kaggle import PIXELS, Competition
from triceptron.files import Model, Writer, modelfile, write_file
from triceptron.jobs.run import FinalLosses, Run
from triceptron.jobs.session import Session
from triceptron.training import DEFAULT_ENGINE, EngineName, Epoch, Recipe, Training, loss, predict

__all__ = ["CHOICES", "KAGGLE", "KaggleRun", "Submission", "choice_epochs", "kaggle_epochs", "run_kaggle"]

KAGGLE = Recipe(
    hidden=800,
    learning_rate=0.1,
    epochs=120,
    batch_size=128,
    solver="nesterov",
    schedule="one_cycle",
    augment="elastic",
)
"""The recipe that cross-validation on the training part chose; docs/kaggle.md has the figures."""


CHOICES: dict[str, dict[str, Any]] = {
    "elastic": {"augment": "elastic", "input_dropout": 0.0, "dropout": 0.0},
    "affine": {"augment": "affine", "input_dropout": 0.0, "dropout": 0.0},
    "shift": {"augment": "shift", "input_dropout": 0.0, "dropout": 0.3},
    "none": {"augment": "none", "input_dropout": 0.2, "dropout": 0.5},
}
"""What `run_kaggle` chooses among: what is good for digits may be bad for clothes."""


_CHOICE = "choice: "


def choice_epochs(recipe: Recipe) -> int:
    """Return how many epochs each of the `CHOICES` is tried for."""
    return ceil(recipe.epochs / 4)


def kaggle_epochs(recipe: Recipe, choose: bool) -> int:
    """Return how many epochs `run_kaggle` trains in all: the choices', the estimate's, the submission's."""
    return choose * len(CHOICES) * choice_epochs(recipe) + 2 * recipe.all_epochs


@dataclass(frozen=True)
class Submission:
    """A network trained on everything, and its word on each test image.

    Attributes
    ----------
    training : Training
    standardisation : Standardisation
    predicted : array of int64, shape (n,)
        The digit of each test image.
    settings : mapping
        The hyperparameters, by name.
    """

    training: Training
    standardisation: Standardisation
    predicted: Labels
    settings: Mapping[str, Any]

    def model(self) -> Model:
        """Return the network with all that is needed to use it on tables of pixels, such as test.csv."""
        return Model(
            self.training.parameters,
            np.arange(10),
            self.standardisation,
            tuple(PIXELS),
            "label",
            settings=self.settings,
            history={"loss": self.training.history.train_loss},
            views=self.training.views,
        )

    def write(self, path: Path) -> None:
        """Write it as Kaggle wants it: ImageId,Label, ImageId counted from 1, a line each."""
        lines = (f"{number},{label}\n" for number, label in enumerate(self.predicted, start=1))
        write_file(path, "".join(["ImageId,Label\n", *lines]).encode())


@dataclass(frozen=True)
class KaggleRun:
    """Both trainings.

    Attributes
    ----------
    estimate : Run
        Trained on a part and tested on the rest: its `accuracy` and `accuracy_interval` say how good the
        submission will be, which, trained on more, should do no worse.
    submission : Submission
    """

    estimate: Run
    submission: Submission

    def save(self, out: Path, *, force: bool = False) -> None:
        """Write submission.csv, the model that made it, and the figures and pictures of the estimate.

        Raises
        ------
        OSError
            If the folder is in use or cannot be written; what was there before is still there.
        """
        files: dict[str, Writer] = {
            "submission.csv": self.submission.write,
            "model.safetensors": partial(modelfile.write, self.submission.model()),
        }
        self.estimate.save(out, force=force, also=files)


def run_kaggle(
    competition: Competition,
    recipe: Recipe = KAGGLE,
    *,
    holdout: float = 0.1,
    choose: bool = False,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
    resume: Path | None = None,
    checkpoint: Path | None = None,
) -> KaggleRun:
    """Train twice: on a part, to estimate the accuracy on the rest, then on everything for the submission.

    Parameters
    ----------
    competition : Competition
    recipe : Recipe
        The hyperparameters of both.
    holdout : float
        The share of the training images that the accuracy is estimated on, 0 < holdout < 1.
    choose : bool
        First try each of the `CHOICES`, which say what is done to the images and how much dropout there is,
        for a quarter of the epochs, and go on with the one that does best on a tenth of what is learned from.
    engine, n_threads, callback
        See `triceptron.train`; the callback is told of the epochs of all, counted through.
    resume : path, optional
        The folder of a stopped run of the same recipe on the same images, to go on from.
    checkpoint : path, optional
        The folder that keeps a checkpoint meanwhile, from which `resume` goes on after a kill.

    Returns
    -------
    KaggleRun

    Raises
    ------
    RunStopped
        On Ctrl-C; it can be saved.
    """
    settings = {"data": "kaggle", **recipe.settings(), "engine": engine}
    estimated_by = settings | {"holdout": holdout} | ({"choose": True} if choose else {})
    session = Session(
        estimated_by,
        engine=engine,
        n_threads=n_threads,
        callback=callback,
        resume=resume,
        checkpoint=checkpoint,
    )
    recipe.check(competition.train)
    session.identify(competition.train)
    learned, held_out = hold_out(competition.train, holdout, recipe.seed)
    standardisation = Standardisation.suited(learned.X)

    def as_run(trainings: Mapping[str, Training]) -> Run:
        training = trainings["estimate" if "estimate" in trainings else next(iter(trainings))]
        final = FinalLosses.measure(training, learned, held_out, standardisation, **session.where)
        return Run(training, standardisation, held_out, final, estimated_by)

    facts: dict[str, Any] = {}
    with session.stoppable(kaggle_epochs(recipe, choose), as_run):
        if choose:
            tried = _try_choices(session, recipe, learned, standardisation)
            chosen = max(tried, key=lambda name: tried[name])
            recipe = replace(recipe, **CHOICES[chosen])
            settings |= recipe.settings()
            facts |= {"chosen": chosen, "choices": tried}
        estimated = session.train("estimate", recipe, learned, standardisation, test=held_out)
        trained = session.train("submission", recipe, competition.train, standardisation)
        where = {"views": trained.views, **session.where}
        predicted = predict(competition.test, trained.parameters, standardisation, **where)
        facts |= {
            "submission_fingerprint": trained.parameters.fingerprint(),
            "submission_final_train_loss": loss(
                *competition.train[:2], trained.parameters, standardisation, **where
            ),
            "submission_train_loss": trained.history.train_loss,
            "submission_train_seconds": trained.history.seconds,
        }
        run = replace(as_run({"estimate": estimated}), facts=facts)
    return KaggleRun(run, Submission(trained, standardisation, predicted, settings))


def _try_choices(
    session: Session, recipe: Recipe, learned: Dataset, standardisation: Standardisation
) -> dict[str, float]:
    """Return how many of the images that were set aside each choice gets right, as a share."""
    part, rest = hold_out(learned, 0.1, recipe.seed)
    single = replace(recipe.single(), epochs=choice_epochs(recipe))
    shares = {}
    for name, change in CHOICES.items():
        training = session.train(_CHOICE + name, replace(single, **change), part, standardisation)
        said = predict(rest.X, training.parameters, standardisation, views=training.views, **session.where)
        shares[name] = float((said == rest.y).mean())
    return shares
