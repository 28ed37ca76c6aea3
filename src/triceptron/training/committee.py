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


_AROUND = {(0, 0): 1.0, (-1, 0): 0.5, (1, 0): 0.5, (0, -1): 0.5, (0, 1): 0.5}
"""The moves of an image's copies, and how much each of them counts."""


def train_all(
    recipe: Recipe,
    train_one: Callable[[str, Recipe, Training | None], Training],
    image_shape: tuple[int, int] | None = None,
) -> Training:
    """Train what a recipe asks for: one network, a committee, or one network that learns from a committee.

    Parameters
    ----------
    recipe : Recipe
    train_one : callable
        Trains a single network: takes the part's name ("" where it is the only one), its recipe, and the
        training of the network that it learns from, or None.
    image_shape : (int, int), optional
        Where rows are images; needed for moved copies and where images are preprocessed.

    Returns
    -------
    Training
        Its seconds are those of all parts.
    """
    trainings = [train_one(part, member, None) for part, member in members(recipe).items()]
    trained, views = committee(trainings), recipe.views(image_shape)
    if recipe.distil:
        # A student that has its teacher's view hands on what it sees; else the teacher has a look itself.
        teacher = replace(trained, views=views if recipe.preprocess == "varied" else None)
        student, views = train_one(DISTILLED, recipe.single(), teacher), recipe.single().views(image_shape)
        seconds = trained.history.seconds + student.history.seconds
        trained = replace(student, history=replace(student.history, seconds=seconds))
    if not recipe.moved_copies or image_shape is None:
        return replace(trained, views=views)
    copies = [trained.parameters.moved(image_shape, *move) for move in _AROUND]
    around = Parameters.committee(copies, list(_AROUND.values()))
    views = None if views is None else replace(views, names=views.names * len(copies))
    return Training(State(around, (), trained.state.step), trained.history, views)


def members(recipe: Recipe) -> dict[str, Recipe]:
    """Return the recipe of each member by its number; their seeds are drawn from the recipe's."""
    if recipe.members == 1 and not recipe.distil:
        return {"": recipe.single()}
    seeds = np.random.SeedSequence(recipe.seed).generate_state(recipe.members)
    looks = recipe.looks(recipe.members)
    return {
        str(i): replace(recipe.single(), seed=int(seed), preprocess=look)
        for i, (seed, look) in enumerate(zip(seeds, looks, strict=True), start=1)
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
