"""The three-layer perceptron, step by step."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triceptron import data as datasets
    from triceptron import plots, steps
    from triceptron.checking import check
    from triceptron.estimator import (
        ThreeLayerPerceptron,
        ThreeLayerPerceptronRegressor,
        export_onnx,
        load_model,
        save_model,
    )
    from triceptron.lesson import look
    from triceptron.parameters import Parameters, initialize
    from triceptron.training import train

__all__ = [
    "Parameters",
    "ThreeLayerPerceptron",
    "ThreeLayerPerceptronRegressor",
    "check",
    "datasets",
    "export_onnx",
    "initialize",
    "load_model",
    "look",
    "plots",
    "save_model",
    "steps",
    "train",
]

_ROOMS = {
    "Parameters": "parameters",
    "ThreeLayerPerceptron": "estimator",
    "ThreeLayerPerceptronRegressor": "estimator",
    "check": "checking",
    "export_onnx": "estimator",
    "initialize": "parameters",
    "load_model": "estimator",
    "look": "lesson",
    "save_model": "estimator",
    "train": "training",
}
_MODULES = {"datasets": "data", "plots": "plots", "steps": "steps"}


def __getattr__(name: str) -> Any:
    """Import a room when it is first asked for: the package itself must cost no more than NumPy."""
    if name in _ROOMS:
        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{_MODULES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
