from dataclasses import replace

import numpy as np
import pytest

from triceptron import export_onnx, initialize, load_model, steps
from triceptron.data import Standardisation, Views
from triceptron.files import InvalidFileError, Model, modelfile, tensorfile

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4))
STANDARDISATION = Standardisation.fit(X)


def model(dtype=np.float64, **more):
    parameters = initialize(4, 6, 3, dtype=dtype)
    return Model(parameters, np.array(["ant", "bee", "cow"]), STANDARDISATION, **more)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_comes_back_whole(tmp_path, dtype):
    before = model(
        dtype,
        feature_names=("长度", "b", "c", "d"),
        label="species",
        settings={"hidden": 6, "batch_size": None},
        estimator={"solver": "adam"},
        history={"loss": [1.0, 0.5], "seconds": [0.25, np.nan]},
        samples=40,
    )
    modelfile.write(before, tmp_path / "m.safetensors")
    after = modelfile.read(tmp_path / "m.safetensors")
    assert after.fingerprint == before.fingerprint
    assert after.parameters.W1.dtype == dtype
    np.testing.assert_array_equal(after.standardisation, before.standardisation)
    assert (after.feature_names, after.label) == (before.feature_names, "species")
    assert (after.settings, after.estimator, after.samples) == (before.settings, before.estimator, 40)
    np.testing.assert_array_equal(after.history["seconds"], [0.25, np.nan])
    assert after.predict_proba(X).tobytes() == before.predict_proba(X).tobytes()


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["ja", "nein", "weiß nicht"]),
        np.array(["a", "b", "c"], object),
        np.array([-1, 0, 7]),
        np.array([1, 2, 3], object),
        np.array([1, 2, 3], np.uint8),
        np.array([0.5, 1.5, 2.5], np.float32),
        np.array(["x" * 100_000, "y", "z"]),
    ],
)
def test_classes_keep_their_values_and_kind(tmp_path, classes):
    modelfile.write(Model(initialize(4, 6, 3), classes), tmp_path / "m")
    after = modelfile.read(tmp_path / "m").classes
    assert after.tolist() == classes.tolist()
    assert after.dtype == (classes.dtype if classes.dtype.kind in "iuf" else after.dtype)


def test_two_classes_of_bool(tmp_path):
    modelfile.write(Model(initialize(4, 6, 2), np.array([False, True])), tmp_path / "m")
    assert modelfile.read(tmp_path / "m").classes.tolist() == [False, True]


@pytest.mark.parametrize(
    ("output", "K", "classes"),
    [
        ("logistic", 1, np.array(["no", "yes"])),
        ("logistic", 1, np.array([7])),
        ("logistic", 4, np.arange(4)),
        ("identity", 2, np.array([])),
        ("softmax", 2, np.array(["only"])),
    ],
)
def test_every_output_comes_back(tmp_path, output, K, classes):
    modelfile.write(Model(initialize(4, 6, K), classes, output=output), tmp_path / "m")
    after = modelfile.read(tmp_path / "m")
    assert (after.output, after.classes.tolist()) == (output, classes.tolist())
    if output == "identity":
        with pytest.raises(ValueError, match="puts out numbers, not classes"):
            after.predict_proba(X)
    else:
        assert after.predict_proba(X).shape == (20, len(classes))


def test_a_file_from_before_there_were_other_outputs_is_one_of_softmax(tmp_path):
    before = Model(initialize(4, 6, 2), np.array(["no", "yes"]))
    modelfile.write(before, tmp_path / "m")
    arrays, record = tensorfile.read(tmp_path / "m", "model")
    del record["output"]
    tensorfile.write(tmp_path / "m", arrays, record)
    after = modelfile.read(tmp_path / "m")
    assert after.output == "softmax"
    assert after.predict_proba(X).tobytes() == before.predict_proba(X).tobytes()
    estimator = load_model(tmp_path / "m")
    assert (estimator.out_activation_, estimator.n_outputs_) == ("softmax", 2)
    P = estimator.predict_proba(X)
    assert P.tobytes() == before.predict_proba(X).tobytes()
    named = np.array(["no", "yes"])[P.argmax(axis=1)]
    np.testing.assert_array_equal(estimator.predict(X), named)
    estimator.partial_fit(X, named)


def test_classes_that_are_neither_numbers_nor_text_are_refused_before_writing(tmp_path):
    for classes in (np.array(["2020", "2021", "2022"], "datetime64[Y]"), np.array([b"a", b"b", b"c"])):
        with pytest.raises(ValueError, match="classes must be numbers or text"):
            modelfile.write(Model(initialize(4, 6, 3), classes), tmp_path / "m")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("engine", ["core", "steps"])
def test_predict_proba_is_the_lessons_and_takes_either_precision(engine):
    P = steps.softmax(steps.forward(STANDARDISATION.transform(X), model().parameters).O)
    np.testing.assert_allclose(model().predict_proba(X, engine=engine), P, rtol=1e-12)
    for samples in (X, X.astype(np.float32)):
        single = model(np.float32).predict_proba(samples, engine=engine)
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, P, rtol=1e-4)


def test_predict_proba_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"X must have shape \(n, 4\)"):
        model().predict_proba(X[:, :3])
    with pytest.raises(ValueError, match=r"X\[1, 2\] is nan"):
        model().predict_proba(np.where(np.arange(80).reshape(20, 4) == 6, np.nan, X))


def changed(tmp_path, change_record=None, **tensors):
    """Write a model, then the same with a change; return the path."""
    path = tmp_path / "changed.safetensors"
    modelfile.write(model(feature_names=tuple("abcd"), label="y"), path)
    arrays, record = tensorfile.read(path, "model")
    record |= change_record or {}
    arrays = {name: array for name, array in (arrays | tensors).items() if array is not None}
    tensorfile.write(path, arrays, {name: value for name, value in record.items() if value != "drop"})
    return path


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"format": 2}, "written in format 2; this version reads format 1"),
        ({"classes": "drop"}, "its record lacks 'classes'"),
        ({"classes": ["a", "b"]}, "there are 2 classes for 3 outputs"),
        ({"classes": ["a", "b", 3]}, "classes must all be text"),
        ({"classes": ["a", "b", "b"]}, "classes must differ from one another"),
        ({"classes": {"a": 1}}, "its classes must be list, got dict"),
        ({"classes": [1, 2, 300], "classes_dtype": "uint8"}, "out of bounds"),
        ({"classes_dtype": "object"}, "classes of dtype 'object' are not known"),
        ({"classes_dtype": ["str"]}, "are not known"),
        ({"classes_dtype": "int64"}, "classes must all be int64"),
        ({"feature_names": ["a"]}, "feature_names must be 4 names"),
        ({"output": "sigmoid"}, "its output must be one of softmax, logistic, identity, got 'sigmoid'"),
        ({"output": "identity"}, "there are 3 classes for 3 outputs"),
        ({"output": ["softmax"]}, "its output must be one of"),
        ({"label": 5}, "its label must be str, got int"),
        ({"settings": []}, "its settings must be dict, got list"),
        ({"estimator": "adam"}, "its estimator must be dict, got str"),
        ({"samples": True}, "its samples must be int, got bool"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_by_name(tmp_path, record, message):
    with pytest.raises(InvalidFileError, match=rf"changed\.safetensors: .*{message}"):
        modelfile.read(changed(tmp_path, record))


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"W1": None}, "the array 'W1' is missing"),
        ({"W1": np.ones((4, 5))}, r"b1 must have shape \(5,\)"),
        ({"W1": np.full((4, 6), np.nan)}, "the array 'W1' holds NaN or infinite numbers"),
        ({"W1": np.ones((4, 6), np.float32)}, "use one dtype for all four"),
        ({"mean": None}, "its record lacks 'mean'"),
        ({"scale": np.zeros(4)}, "scale positive"),
        ({"mean": np.ones(3)}, r"must have shape \(4,\)"),
        ({"extra": np.ones(3)}, "the array 'extra' has no place in a model"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(tmp_path, tensors, message):
    with pytest.raises(InvalidFileError, match=rf"changed\.safetensors: .*{message}"):
        modelfile.read(changed(tmp_path, **tensors))


VIEWS = Views((2, 10), ("none", "deslanted", "width_8"))
SEEING = Model(
    initialize(20, 6, 3, dtype=np.float32), np.arange(3), Standardisation.of_pixels(20), views=VIEWS
)
IMAGES = np.random.default_rng(1).integers(0, 256, (9, 20)).astype(np.uint8)


def test_a_model_that_preprocesses_its_images_comes_back_whole(tmp_path):
    modelfile.write(SEEING, tmp_path / "m")
    after = modelfile.read(tmp_path / "m")
    assert after.views == VIEWS
    P = SEEING.predict_proba(IMAGES)
    assert after.predict_proba(IMAGES.astype(np.float64)).tobytes() == P.tobytes()
    np.testing.assert_allclose(after.predict_proba(IMAGES, engine="steps"), P, atol=1e-6)
    assert abs(P - replace(SEEING, views=None).predict_proba(IMAGES)).max() > 1e-3


@pytest.mark.parametrize("wrong", [-1, 256, 0.5])
def test_a_model_that_preprocesses_its_images_takes_pixels_alone(wrong):
    X = IMAGES.astype(np.float32)
    X[1, 2] = wrong
    with pytest.raises(ValueError, match="X must hold pixels, whole numbers from 0 to 255"):
        SEEING.predict_proba(X)


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({"image_shape": [4, 10], "names": ["none"]}, "height and width of 20 pixels"),
        ({"image_shape": [2.0, 10], "names": ["none"]}, "height and width of 20 pixels"),
        ({"image_shape": [-2, -10], "names": ["none"]}, "height and width of 20 pixels"),
        ({"image_shape": [2, 10], "names": ["none"] * 4}, "share 6 hidden units evenly"),
        ({"image_shape": [2, 10], "names": []}, "share 6 hidden units evenly"),
        ({"image_shape": [2, 10], "names": [1, 2]}, "share 6 hidden units evenly"),
        ({"image_shape": [2, 10], "names": ["upright"]}, "preprocess must be one of none, deslanted"),
        ({"image_shape": [2, 10], "names": ["width_12"]}, "is for wider images"),
        ({"names": ["none"]}, "its record lacks 'image_shape'"),
        ([], "its views must be dict"),
    ],
)
def test_views_that_do_not_fit_are_refused_by_name(tmp_path, views, message):
    modelfile.write(SEEING, tmp_path / "m")
    tensors, record = tensorfile.read(tmp_path / "m", "model")
    tensorfile.write(tmp_path / "m", tensors, record | {"views": views})
    with pytest.raises(InvalidFileError, match=message):
        modelfile.read(tmp_path / "m")


def test_no_estimator_and_no_graph_is_made_of_a_model_that_preprocesses_its_images(tmp_path):
    modelfile.write(SEEING, tmp_path / "m")
    with pytest.raises(InvalidFileError, match="preprocesses its images, which the estimator cannot"):
        load_model(tmp_path / "m")
    pytest.importorskip("onnx")
    problem = r"the graph cannot preprocess images \(none, deslanted, width_8\); use predict_table"
    with pytest.raises(ValueError, match=problem):
        export_onnx(SEEING, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
