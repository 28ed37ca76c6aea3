"""A trained network in a file, and out again: safetensors, with what else there is to know as JSON.

The arrays are W1, b1, W2, b2, ``mean`` and ``scale`` where the data were standardised, and one
``history.…`` for each curve. The record holds classes, feature names, hyperparameters and versions, and
``columns`` where a table's columns are not the features themselves, ``views`` where images are preprocessed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from math import prod
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats, Matrix, check_choice, check_features, text_array
from triceptron.data import Columns, Standardisation, Views
from triceptron.files import tensorfile
from triceptron.files.tensorfile import InvalidFileError, Tensors
from triceptron.parameters import Parameters
from triceptron.training import DEFAULT_ENGINE, EngineName, OutputName, outputs, prediction

__all__ = ["InvalidFileError", "Model", "read", "write"]

_KIND = "model"
_FORMAT = 1
_HISTORY = "history."
_CLASS_DTYPES = {
    "bool",
    "float32",
    "float64",
    *(f"{u}int{bits}" for u in ("", "u") for bits in (8, 16, 32, 64)),
}
_CLASS_TYPES = {"b": bool, "f": (int, float), "i": int, "u": int}


@dataclass(frozen=True)
class Model:
    """A trained network with all that is needed to use it.

    Attributes
    ----------
    parameters : Parameters
    classes : ndarray, shape (K,)
        The labels that the outputs stand for: two of them for a single logistic output, none for numbers.
    output : {"softmax", "logistic", "identity"}
    standardisation : Standardisation or None
        Applied to the features first.
    feature_names : tuple of str or None
    label : str or None
        What the labels are called.
    settings : mapping
        Hyperparameters, by the names of whoever trained it.
    estimator : mapping or None
        The parameters of a `ThreeLayerPerceptron`, where it was one.
    history : mapping of str to list of float
        A list for each curve, an entry for each epoch.
    samples : int
        Samples seen in training.
    columns : Columns or None
        How a table's columns become the features, where they are not the features themselves.
    views : Views or None
        How images are preprocessed for the parts of the network, where they are; then X holds pixels.
    """

    parameters: Parameters
    classes: npt.NDArray[Any]
    standardisation: Standardisation | None = None
    feature_names: tuple[str, ...] | None = None
    label: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    estimator: Mapping[str, Any] | None = None
    history: Mapping[str, list[float]] = field(default_factory=dict)
    samples: int = 0
    columns: Columns | None = None
    output: OutputName = "softmax"
    views: Views | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Eight characters that name the parameters' bits."""
        return self.parameters.fingerprint()

    def predict_proba(
        self, X: Matrix, *, engine: EngineName = DEFAULT_ENGINE, n_threads: int | None = None
    ) -> Floats:
        """Return each class's probability, shape (n, K).

        Parameters
        ----------
        X : array, shape (n, m)
            Floats of the parameters' dtype or float64, or uint8; not standardised or preprocessed yet.
        engine : {"core", "steps"}
        n_threads : int, optional

        Raises
        ------
        ValueError
            If the outputs are no probabilities, or X does not fit; where images are preprocessed it must hold
            whole numbers from 0 to 255.
        """
        if self.output == "identity":
            raise ValueError("this model puts out numbers, not classes: load_model(...).predict gives them")
        W1 = self.parameters.W1
        if X.dtype == np.float64:  # standardised in full precision, then rounded once
            X = check_features("X", X, len(W1), np.float64)
        else:
            X = check_features("X", X, len(W1), W1.dtype, pixels=True)
        O = prediction.logits(  # noqa: E741
            X if self.views is None else _pixels(X),
            self.parameters,
            self.standardisation,
            views=self.views,
            engine=engine,
            n_threads=n_threads,
        )
        return outputs.class_probabilities(self.output, O)[:, : len(self.classes)]


def _pixels(X: Matrix) -> npt.NDArray[np.uint8]:
    """Return whole numbers from 0 to 255 as bytes."""
    with np.errstate(invalid="ignore"):
        pixels = X.astype(np.uint8)
    if not np.array_equal(pixels, X):
        raise ValueError(
            "X must hold pixels, whole numbers from 0 to 255: this model preprocesses its images"
        )
    return pixels


def write(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model's file, whole or not at all.

    Raises
    ------
    ValueError
        If the classes are neither numbers nor text.
    OSError
        If the file cannot be written; what was there before is still there.
    """
    classes = _plain_classes(model.classes)
    tensors: Tensors = {**model.parameters._asdict()}
    if model.standardisation is not None:
        tensors |= model.standardisation._asdict()
    tensors |= {_HISTORY + name: np.asarray(curve, np.float64) for name, curve in model.history.items()}
    record = {
        "kind": _KIND,
        "format": _FORMAT,
        "triceptron": version("triceptron"),
        "fingerprint": model.fingerprint,
        "output": model.output,
        "classes": classes.tolist(),
        "classes_dtype": "str" if classes.dtype.kind in "UO" else classes.dtype.name,
        "feature_names": model.feature_names,
        "label": model.label,
        "settings": dict(model.settings),
        "estimator": None if model.estimator is None else dict(model.estimator),
        "samples": int(model.samples),
    }
    if model.columns is not None:
        record["columns"] = model.columns.record()
    if model.views is not None:
        record["views"] = {"image_shape": list(model.views.image_shape), "names": list(model.views.names)}
    tensorfile.write(path, tensors, record)


def read(path: str | os.PathLike[str]) -> Model:
    """Read a model's file.

    Raises
    ------
    InvalidFileError
        If the file is no model; a `ValueError` that names the file. Reading never runs code.
    OSError
        If the file cannot be read.
    """
    tensors, record = tensorfile.read(path, _KIND)
    try:
        return _take(tensors, record)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        missing = isinstance(error, KeyError)
        raise InvalidFileError(path, f"its record lacks {error}" if missing else str(error)) from None


def _plain_classes(classes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the classes in a dtype that the file knows."""
    plain = classes
    if classes.dtype == object:
        texts = all(isinstance(name, str) for name in classes)
        plain = text_array(classes.tolist()) if texts else np.array(classes.tolist())
    if plain.dtype.kind not in "UO" and plain.dtype.name not in _CLASS_DTYPES:
        raise ValueError(f"classes must be numbers or text to be written to a file, got {classes.dtype}")
    return plain


def _take(tensors: Tensors, record: Mapping[str, Any]) -> Model:
    if record["format"] != _FORMAT:
        raise ValueError(f"written in format {record['format']!r}; this version reads format {_FORMAT}")
    parameters = tensorfile.take_parameters(tensors)
    m, K = len(parameters.W1), len(parameters.b2)
    output = record.get("output", "softmax")  # the only one there was once
    check_choice("its output", output, get_args(OutputName))
    curves = [name for name in tensors if name.startswith(_HISTORY)]
    history = {name.removeprefix(_HISTORY): tensors.pop(name).ravel().tolist() for name in sorted(curves)}
    model = Model(
        parameters=parameters,
        classes=_take_classes(record["classes"], record["classes_dtype"], K, output),
        standardisation=_take_standardisation(tensors, m),
        feature_names=_take_names(record["feature_names"], m),
        label=None if record["label"] is None else _expect(str, "label", record["label"]),
        settings=_expect(dict, "settings", record["settings"]),
        estimator=None if record["estimator"] is None else _expect(dict, "estimator", record["estimator"]),
        history=history,
        samples=_expect(int, "samples", record["samples"]),
        columns=_take_columns(record.get("columns"), m),
        output=output,
        views=_take_views(record.get("views"), m, len(parameters.b1)),
    )
    if tensors:
        raise ValueError(f"the array {min(tensors)!r} has no place in a model")
    return model


def _take_classes(labels: Any, dtype: Any, K: int, output: OutputName) -> npt.NDArray[Any]:
    labels = _expect(list, "classes", labels)
    fitting = {  # where all labels were equal, there is a single class
        "softmax": (K, 1) if K == 2 else (K,),
        "logistic": (2, 1) if K == 1 else (K,),
        "identity": (0,),
    }
    if len(labels) not in fitting[output]:
        raise ValueError(f"there are {len(labels)} classes for {K} outputs")
    if dtype == "str":
        if not all(isinstance(label, str) for label in labels):
            raise ValueError("classes must all be text")
        classes = text_array(labels)
    else:
        if not isinstance(dtype, str) or dtype not in _CLASS_DTYPES:
            raise ValueError(f"classes of dtype {dtype!r} are not known")
        kind = _CLASS_TYPES[np.dtype(dtype).kind]
        if not all(isinstance(label, kind) for label in labels):  # type: ignore[arg-type]
            raise ValueError(f"classes must all be {dtype}")
        classes = np.array(labels, dtype)
    if len(set(labels)) != len(labels):
        raise ValueError("classes must differ from one another")
    return classes


def _take_standardisation(tensors: Tensors, m: int) -> Standardisation | None:
    if "mean" not in tensors and "scale" not in tensors:
        return None
    mean, scale = (tensors.pop(name) for name in ("mean", "scale"))
    finite = np.isfinite(mean).all() and np.isfinite(scale).all()
    if mean.shape != (m,) or scale.shape != (m,) or not finite or not (scale > 0).all():
        raise ValueError(f"mean and scale must have shape ({m},) and be finite, scale positive")
    return Standardisation(mean.astype(np.float64), scale.astype(np.float64))


def _take_names(names: Any, m: int) -> tuple[str, ...] | None:
    if names is None:
        return None
    names = _expect(list, "feature_names", names)
    if len(names) != m or not all(isinstance(name, str) for name in names):
        raise ValueError(f"feature_names must be {m} names")
    return tuple(names)


def _take_columns(record: Any, m: int) -> Columns | None:
    if record is None:
        return None
    columns = Columns.from_record(record)
    if columns.width != m:
        raise ValueError(f"its columns make {columns.width} features, but the network takes {m}")
    return columns


def _take_views(record: Any, m: int, h: int) -> Views | None:
    if record is None:
        return None
    record = _expect(dict, "views", record)
    shape, names = (_expect(list, "views", record[part]) for part in ("image_shape", "names"))
    if len(shape) != 2 or not all(type(side) is int and side > 0 for side in shape) or prod(shape) != m:
        raise ValueError(f"its views' image_shape must be height and width of {m} pixels")
    if not names or h % len(names) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"its views must name members that share {h} hidden units evenly")
    return Views((shape[0], shape[1]), tuple(names))


def _expect(kind: type, name: str, value: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"its {name} must be {kind.__name__}, got {type(value).__name__}")
    return value
