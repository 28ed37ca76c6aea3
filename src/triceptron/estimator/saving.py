"""A fitted estimator to a model's file and back, and to ONNX; see `triceptron.files` for the files."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from triceptron.data import Standardisation
from triceptron.estimator.base import Base
from triceptron.estimator.classifier import ThreeLayerPerceptron
from triceptron.estimator.regressor import ThreeLayerPerceptronRegressor
from triceptron.files import InvalidFileError, Model, modelfile, to_onnx, write_file

__all__ = ["export_onnx", "load_model", "save_model", "to_model"]


def save_model(model: Base | Pipeline | Model, path: str | os.PathLike[str]) -> None:
    """Save a trained network.

    Parameters
    ----------
    model : ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, Pipeline or Model
        Fitted; a pipeline of scikit-learn's StandardScaler and either of these becomes one model.
    path : path
        Written whole or not at all; by custom it ends in .safetensors.

    Raises
    ------
    ValueError
        If it is none of these, or its classes are neither numbers nor text.
    OSError
        If the file cannot be written; what was there before is still there.

    Examples
    --------
    >>> from triceptron import ThreeLayerPerceptron, load_model, save_model
    >>> model = ThreeLayerPerceptron(8, max_iter=500, random_state=0).fit([[0.0], [1.0]], ["no", "yes"])
    >>> save_model(model, "model.safetensors")  # doctest: +SKIP
    >>> load_model("model.safetensors").predict([[1.0]])  # doctest: +SKIP
    array(['yes'], dtype='<U3')
    """
    modelfile.write(to_model(model), path)


def load_model(path: str | os.PathLike[str]) -> Any:
    """Load a trained network as an estimator that is ready to predict.

    Parameters
    ----------
    path : path
        Of `save_model`'s or of any run's folder.

    Returns
    -------
    ThreeLayerPerceptron or ThreeLayerPerceptronRegressor
        Training goes on from it with `partial_fit`, or with `fit` and ``warm_start=True``; the solver begins
        at rest.

    Raises
    ------
    InvalidFileError
        If the file is no model, or one that only `triceptron.jobs.predict_table` can use: of a table whose
        columns are not the features themselves, or with images that it preprocesses. A `ValueError` that
        names the file. Reading never runs code.
    OSError
        If the file cannot be read.
    """
    model = modelfile.read(path)
    if model.columns is not None:
        problem = "a model of a table's columns (categories, dates, gaps), which no array holds"
        raise InvalidFileError(
            path, f"{problem}; `triceptron predict` or triceptron.jobs.predict_table uses it"
        )
    if model.views is not None:
        problem = "a model that preprocesses its images, which the estimator cannot"
        raise InvalidFileError(
            path, f"{problem}; `triceptron predict` or triceptron.jobs.predict_table uses it"
        )
    given = {**(model.estimator or {}), "standardize": model.standardisation is not None}
    given.setdefault("hidden_layer_sizes", model.parameters.W1.shape[1])
    kind: type[Base] = ThreeLayerPerceptronRegressor if model.output == "identity" else ThreeLayerPerceptron
    given.pop("checkpoint", None)  # where somebody else's training wrote is nothing to write to
    estimator = kind(**{name: given[name] for name in kind().get_params() if name in given})
    try:
        estimator._validate_params()
    except ValueError as error:
        raise InvalidFileError(path, f"a hyperparameter does not fit: {error}") from None
    return estimator._restore(model)


def export_onnx(
    model: Base | Pipeline | Model,
    path: str | os.PathLike[str],
    *,
    dtype: npt.DTypeLike | None = None,
) -> None:
    """Write a trained network as an ONNX file.

    Parameters
    ----------
    model : ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, Pipeline or Model
        As for `save_model`; a StandardScaler or ``standardize=True`` is folded into the first layer.
    path : path
        Written whole or not at all; by custom it ends in .onnx.
    dtype : {"float32", "float64"}, optional
        What the graph takes; the parameters' own when not given.

    Raises
    ------
    ImportError
        If the package onnx is missing.
    ValueError
        If the model takes categories, or preprocesses its images.
    """
    write_file(path, to_onnx(to_model(model), dtype=dtype).SerializeToString())


def to_model(fitted: Base | Pipeline | Model) -> Model:
    """Take all that there is to know out of a fitted estimator, or a pipeline of scaler and estimator."""
    if isinstance(fitted, Model):
        return fitted
    *before, estimator = [step for _, step in fitted.steps] if isinstance(fitted, Pipeline) else [fitted]
    if not isinstance(estimator, Base):
        raise ValueError(f"only a ThreeLayerPerceptron can be saved, got {type(estimator).__name__}")
    check_is_fitted(estimator, "coefs_")
    before = [step for step in before if step is not None and step != "passthrough"]
    names = getattr(before[0] if before else estimator, "feature_names_in_", None)
    return Model(
        parameters=estimator._parameters(),
        classes=getattr(estimator, "classes_", np.array([])),
        standardisation=_fold(before, estimator.standardisation_, estimator.n_features_in_),
        feature_names=None if names is None else tuple(names),
        estimator={name: value for name, value in estimator.get_params().items() if _is_plain(value)},
        history=estimator.history_,
        samples=estimator.t_,
        output=estimator.out_activation_,
    )


def _fold(before: Sequence[Any], own: Standardisation | None, m: int) -> Standardisation | None:
    """Make one standardisation of a scaler's and the estimator's own."""
    mean, scale = np.zeros(m), np.ones(m)
    parts: list[tuple[Any, Any]] = []
    for step in before:
        if not isinstance(step, StandardScaler):
            raise ValueError(
                f"only a StandardScaler can stand before the network in a model, got {type(step).__name__}"
            )
        parts.append((step.mean_ if step.with_mean else 0.0, 1.0 if step.scale_ is None else step.scale_))
    parts += [] if own is None else [own]
    for step_mean, step_scale in parts:
        mean, scale = mean + scale * step_mean, scale * step_scale
    return Standardisation(mean, scale) if parts else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(item, int | float) for item in value)
    return value is None or isinstance(value, bool | int | float | str)
