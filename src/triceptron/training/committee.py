"""Networks that are trained apart and answer together, as one network."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from triceptron.parameters import Parameters
from triceptron.training.engines import State
from triceptron.training.loop import History, Training
from triceptron.training.recipe import Recipe

__all__ = ["committee", "members"]


def members(recipe: Recipe) -> list[Recipe]:
    """Return each member's recipe; their seeds are drawn from the recipe's."""
    if recipe.members == 1:
        return [recipe]
    seeds = np.random.SeedSequence(recipe.seed).generate_state(recipe.members)
    return [replace(recipe, members=1, seed=int(seed)) for seed in seeds]


def committee(trainings: Sequence[Training]) -> Training:
    """Return the members' trainings as one: their common network, the means of their losses.

    Of trainings that went unequally far, the history has the epochs that all of them have.
    """
    if len(trainings) == 1:
        return trainings[0]
    histories = [training.history for training in trainings]

    def mean(name: str) -> list[float]:
        return [
            float(np.mean(losses)) for losses in zip(*(getattr(one, name) for one in histories), strict=False)
        ]

    history = History(
        mean("train_loss"),
        mean("test_loss"),
        sum(one.seconds for one in histories),
        histories[0].recorded,
    )
    together = Parameters.committee([training.parameters for training in trainings])
    return Training(State(together, (), max(training.state.step for training in trainings)), history)
