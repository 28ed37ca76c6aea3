"""The main job of the text: learn the handwritten digits of scikit-learn."""

from collections.abc import Callable

from triceptron.data import Standardisation, load
from triceptron.jobs.run import Run
from triceptron.training import DEFAULT_ENGINE, EngineName, Epoch, Recipe, train

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
) -> Run:
    """Train on 60 % of the digits and test on the others; the split is always the text's.

    Parameters
    ----------
    recipe : Recipe
        The hyperparameters.
    engine, n_threads, callback
        See `triceptron.train`.

    Returns
    -------
    Run
    """
    learned, tested = load("digits")
    standardisation = Standardisation.fit(learned.X)
    training = train(
        **recipe.arguments(learned, standardisation, test=tested),
        engine=engine,
        n_threads=n_threads,
        callback=callback,
    )
    settings = {"data": "digits", **recipe.settings(), "engine": engine}
    return Run(training, standardisation, tested, settings)
