"""Learning: a recipe of hyperparameters, the loop over epochs, two engines to run them, and prediction."""

from triceptron.training import outputs
from triceptron.training.engines import DEFAULT_ENGINE, EngineName, State
from triceptron.training.lbfgs import minimize
from triceptron.training.loop import (
    Augment,
    DivergenceError,
    Epoch,
    History,
    Training,
    TrainingInterrupted,
    make_task,
    train,
)
from triceptron.training.outputs import OutputName
from triceptron.training.prediction import logits, predict
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
    "History",
    "Momentum",
    "OutputName",
    "Recipe",
    "Schedule",
    "Solver",
    "State",
    "Training",
    "TrainingInterrupted",
    "logits",
    "make_task",
    "minimize",
    "one_cycle",
    "outputs",
    "predict",
    "train",
]
