"""Learning: a recipe of hyperparameters, the loop over epochs, two engines to run them, and prediction."""

from triceptron.training.best import HeldOut, still_falling
from triceptron.training.engines import DEFAULT_ENGINE, EngineName, State, weighted_cross_entropy
from triceptron.training.loop import (
    Augment,
    DivergenceError,
    Epoch,
    History,
    Recorded,
    Training,
    TrainingInterrupted,
    train,
)
from triceptron.training.prediction import logits, loss, predict
from triceptron.training.recipe import Recipe
from triceptron.training.schedules import Schedule, one_cycle
from triceptron.training.solvers import Adam, GradientDescent, Momentum, Solver

__all__ = [
    "DEFAULT_ENGINE",
    "Adam",
    "Augment",
    "DivergenceError",
    "EngineName",
    "Epoch",
    "GradientDescent",
    "HeldOut",
    "History",
    "Momentum",
    "Recipe",
    "Recorded",
    "Schedule",
    "Solver",
    "State",
    "Training",
    "TrainingInterrupted",
    "logits",
    "loss",
    "one_cycle",
    "predict",
    "still_falling",
    "train",
    "weighted_cross_entropy",
]
