"""The network as a scikit-learn estimator, its checkpoints, and its ways into files."""

from triceptron.estimator.classifier import ThreeLayerPerceptron
from triceptron.estimator.saving import export_onnx, load_model, save_model, to_model

__all__ = ["ThreeLayerPerceptron", "export_onnx", "load_model", "save_model", "to_model"]
