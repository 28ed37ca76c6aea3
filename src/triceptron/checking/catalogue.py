"""What the exercise's functions are called and what they are handed, in the exercise's order."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["PROVIDED", "STEPS", "Step", "find_names", "step"]


@dataclass(frozen=True)
class Step:
    """A function of the exercise.

    Attributes
    ----------
    key : str
        Our own name for it.
    names : tuple of str
        The text's name first, then ours, then what else it is called.
    arguments : tuple of str
        The text's arguments, in order; they are handed over by position.
    optional : bool
        Not missed when it is not there.
    """

    key: str
    names: tuple[str, ...]
    arguments: tuple[str, ...]
    optional: bool = False


_GRADIENT_ARGUMENTS = ("y_true", "y_pred", "H", "Z", "X", "parameters")

STEPS = (
    Step("initialize", ("initialize", "initialise", "initialize_parameters", "init_parameters"), ("h", "K")),
    Step("linear_combination", ("linear_combination",), ("X", "W", "b")),
    Step("relu", ("ReLU", "relu"), ("X",)),
    Step("relu_derivative", ("relu_derivative", "ReLU_derivative", "relu_grad"), ("Z",), optional=True),
    Step("my_softmax", ("my_softmax",), ("O",)),
    Step("softmax", ("softmax",), ("O",)),
    Step("log_softmax", ("log_softmax",), ("x",)),
    Step(
        "cross_entropy",
        ("cross_entropy_with_softmax", "cross_entropy", "cross_entropy_loss"),
        ("y_true", "O"),
    ),
    Step("forward", ("forward", "forward_pass"), ("X", "parameters")),
    Step("compute_gradient", ("compute_gradient", "compute_gradients"), _GRADIENT_ARGUMENTS),
    Step("update", ("update", "update_parameters"), ("parameters", "grads", "learning_rate")),
    Step("backward", ("backward", "backward_pass"), (*_GRADIENT_ARGUMENTS, "learning_rate")),
    Step(
        "train",
        ("train",),
        ("trainX", "trainY", "testX", "testY", "parameters", "epochs", "learning_rate", "verbose"),
    ),
    Step("predict", ("predict",), ("X", "parameters")),
)

PROVIDED = ("trainX", "trainY", "trainY_mat", "testX", "testY", "testY_mat")
"""The data that the exercise's functions find among their globals."""


def step(key: str) -> Step:
    """Return the step of that key."""
    return next(step for step in STEPS if step.key == key)


def find_names(defined: Iterable[str]) -> dict[str, str]:
    """Tell which of the defined names stands for which step.

    Parameters
    ----------
    defined : iterable of str

    Returns
    -------
    dict
        From a step's key to the name; the text's spelling goes before ours, and ours before any other
        capitalisation or placing of underscores.
    """
    exact = list(defined)
    loose = {_plain(name): name for name in exact}
    found = {}
    for step in STEPS:
        candidates = [name for name in step.names if name in exact]
        candidates += [loose[_plain(name)] for name in step.names if _plain(name) in loose]
        if candidates:
            found[step.key] = candidates[0]
    return found


def _plain(name: str) -> str:
    return name.lower().replace("_", "")
