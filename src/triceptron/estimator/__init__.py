"""The network as scikit-learn estimators, their checkpoints, and their ways into files."""

from triceptron.estimator.classifier import ThreeLayerPerceptron
from triceptron.estimator.regressor import ThreeLayerPerceptronRegressor
from triceptron.estimator.saving import export_onnx, load_model, save_model, to_model

__all__ = [
    "ThreeLayerPerceptron",
    "ThreeLayerPerceptronRegressor",
    "export_onnx",
    "load_model",
    "save_model",
    "to_model",
]
