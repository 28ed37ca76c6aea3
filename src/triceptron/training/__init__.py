"""Learning: a recipe of hyperparameters, the loop over epochs, two engines to run them, and prediction."""

from triceptron.training import outputs
from triceptron.training.best import HeldOut, still_falling
from triceptron.training.committee import DISTILLED, committee, members, train_all
from triceptron.training.engines import DEFAULT_ENGINE, EngineName, State
from triceptron.training.lbfgs import minimize
from triceptron.training.loop import (
    Augment,
    DivergenceError,
    Epoch,
    History,
    Recorded,
    Training,
    TrainingInterrupted,
    make_task,
    train,
)
from triceptron.training.outputs import OutputName
from triceptron.training.prediction import logits, loss, predict
from triceptron.training.recipe import Recipe
from triceptron.training.schedules import Schedule, one_cycle
from triceptron.training.solvers import Adam, GradientDescent, Momentum, Solver

__all__ = [
    "DEFAULT_ENGINE",
    "DISTILLED",
    "Adam",
    "Augment",
    "DivergenceError",
    "EngineName",
    "Epoch",
    "GradientDescent",
    "HeldOut",
    "History",
    "Momentum",
    "OutputName",
    "Recipe",
    "Recorded",
    "Schedule",
    "Solver",
    "State",
    "Training",
    "TrainingInterrupted",
    "committee",
    "logits",
    "loss",
    "make_task",
    "members",
    "minimize",
    "one_cycle",
    "outputs",
    "predict",
    "still_falling",
    "train",
    "train_all",
]
