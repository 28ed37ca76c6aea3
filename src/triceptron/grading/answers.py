"""The steps as we write them, for a report that is to show the answer."""

import ast
import inspect
import textwrap
from functools import cache

from triceptron import steps

__all__ = ["answer"]

_OURS = {
    "linear_combination": ("linear_combination",),
    "relu": ("relu",),
    "relu_derivative": ("relu_derivative",),
    "my_softmax": ("softmax",),
    "softmax": ("softmax",),
    "log_softmax": ("log_softmax",),
    "cross_entropy": ("cross_entropy",),
    "forward": ("forward",),
    "compute_gradient": ("compute_gradient", "backpropagate"),
    "update": ("update",),
    "backward": ("compute_gradient", "backpropagate", "update"),
    "train": ("forward", "compute_gradient", "backpropagate", "update"),
    "predict": ("predict",),
}


@cache
def answer(step: str) -> str:
    """Return our code of a step, without its docstrings; empty where it has none of its own."""
    return "\n\n".join(_code(name) for name in _OURS.get(step, ()))


def _code(name: str) -> str:
    text = textwrap.dedent(inspect.getsource(getattr(steps, name)))
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.FunctionDef)
    lines = text.splitlines()
    doc = node.body[0]
    kept = [*lines[: doc.lineno - 1], *lines[doc.end_lineno or doc.lineno :]]
    return "\n".join(line.split("  # noqa")[0].rstrip() for line in kept)
