"""Networks that are trained apart and answer together, as one network; and one that learns from them.

References
----------
Hinton, Vinyals, Dean: Distilling the knowledge in a neural network. arXiv:1503.02531 (2015).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from triceptron.parameters import Parameters
from triceptron.training.engines import State
from triceptron.training.loop import History, Training
from triceptron.training.recipe import Recipe

__all__ = ["DISTILLED", "committee", "members", "train_all"]

DISTILLED = "distilled"
"""The name of the training that learns from the others."""


def train_all(recipe: Recipe, train_one: Callable[[str, Recipe, Parameters | None], Training]) -> Training:
    """Train what a recipe asks for: one network, a committee, or one network that learns from a committee.

    Parameters
    ----------
    recipe : Recipe
    train_one : callable
        Trains a single network: takes the part's name ("" where it is the only one), its recipe, and the
        network that it learns from, or None.

    Returns
    -------
    Training
        Its seconds are those of all parts.
    """
    trainings = [train_one(part, member, None) for part, member in members(recipe).items()]
    together = committee(trainings)
    if not recipe.distil:
        return together
    student = train_one(DISTILLED, replace(recipe, members=1, distil=False), together.parameters)
    seconds = together.history.seconds + student.history.seconds
    return replace(student, history=replace(student.history, seconds=seconds))


def members(recipe: Recipe) -> dict[str, Recipe]:
    """Return the recipe of each member by its number; their seeds are drawn from the recipe's."""
    if recipe.members == 1 and not recipe.distil:
        return {"": recipe}
    seeds = np.random.SeedSequence(recipe.seed).generate_state(recipe.members)
    return {
        str(i): replace(recipe, members=1, distil=False, seed=int(seed))
        for i, seed in enumerate(seeds, start=1)
    }


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
