"""The main job of the text: learn the handwritten digits of scikit-learn."""

from collections.abc import Callable, Mapping
from pathlib import Path

from triceptron.data import Standardisation, load
from triceptron.jobs.run import FinalLosses, Run
from triceptron.jobs.session import Session
from triceptron.training import DEFAULT_ENGINE, EngineName, Epoch, Recipe, Training

__all__ = ["DIGITS", "run_digits"]

DIGITS = Recipe(
    hidden=50,
    learning_rate=0.03,
    epochs=1000,
    batch_size=None,
    init="exercise",
    seed=32,
    dtype="float64",
)
"""The text's own hyperparameters."""


def run_digits(
    recipe: Recipe = DIGITS,
    *,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
    resume: Path | None = None,
    checkpoint: Path | None = None,
) -> Run:
    """Train on 60 % of the digits and test on the others; the split is always the text's.

    Parameters
    ----------
    recipe : Recipe
        The hyperparameters.
    engine, n_threads, callback
        See `triceptron.train`.
    resume : path, optional
        The folder of a stopped run of the same recipe, to go on from.
    checkpoint : path, optional
        The folder that keeps a checkpoint meanwhile, from which `resume` goes on after a kill.

    Returns
    -------
    Run

    Raises
    ------
    RunStopped
        On Ctrl-C; it can be saved.
    """
    settings = {"data": "digits", **recipe.settings(), "engine": engine}
    session = Session(
        settings, engine=engine, n_threads=n_threads, callback=callback, resume=resume, checkpoint=checkpoint
    )
    learned, tested = load("digits")
    session.identify(learned, tested)
    standardisation = Standardisation.fit(learned.X)

    def as_run(trainings: Mapping[str, Training]) -> Run:
        training = trainings["training"]
        final = FinalLosses.measure(training, learned, tested, standardisation, **session.where)
        return Run(training, standardisation, tested, final, settings)

    with session.stoppable(recipe.all_epochs, as_run):
        return as_run({"training": session.train("training", recipe, learned, standardisation, test=tested)})
