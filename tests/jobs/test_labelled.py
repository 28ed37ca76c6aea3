import csv
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

from triceptron import ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, datasets, save_model
from triceptron.data import TableError
from triceptron.files import InvalidFileError, modelfile
from triceptron.jobs import DIGITS, LABELLED, predict_table, run_digits, train_table
from triceptron.training import Recipe


def write(path, X, names, labels=None, label="kind"):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, *([] if labels is None else [label])])
        for i, row in enumerate(X.tolist()):
            writer.writerow([*row, *([] if labels is None else [labels[i]])])
    return path


@pytest.fixture(scope="module")
def wine(tmp_path_factory):
    data = load_wine()
    kinds = np.array(["barolo", "grignolino", "barbera"])[data.target]
    return write(tmp_path_factory.mktemp("wine") / "wine.csv", data.data, data.feature_names, kinds)


@pytest.fixture(scope="module")
def run(wine):
    return train_table(wine, "kind")


@pytest.fixture(scope="module")
def model(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    modelfile.write(run.model(), path)
    return path


def test_a_table_is_learned_and_tested_on_rows_set_aside(run):
    assert run.test.classes == ("barbera", "barolo", "grignolino")
    assert len(run.test.y) == 36
    assert run.accuracy > 0.9
    assert run.settings["label"] == "kind"
    assert run.history.epochs == LABELLED.epochs


def test_each_class_is_in_the_test_part_and_the_seed_decides_which_rows(wine, run):
    assert set(run.test.y) == {0, 1, 2}
    again = train_table(wine, "kind", n_threads=1)
    assert again.parameters.fingerprint() == run.parameters.fingerprint()
    other = train_table(wine, "kind", Recipe(epochs=1, seed=1))
    assert (other.test.X != run.test.X).any()


def test_the_saved_model_predicts_the_tables_rows_and_counts_the_right_ones(wine, model, run):
    predictions = predict_table(model, wine)
    assert predictions.P.shape == (178, 3)
    assert predictions.correct == (predictions.predicted == predictions.labels).sum() > 170
    assert predictions.classes.tolist() == ["barbera", "barolo", "grignolino"]


def test_columns_are_found_by_name_and_others_do_not_matter(tmp_path, wine, model):
    data = load_wine()
    order = np.random.default_rng(0).permutation(13)
    names = [data.feature_names[i] for i in order]
    path = write(tmp_path / "mixed.csv", data.data[:, order], names, ["?"] * 178, label="price")
    mixed = predict_table(model, path)
    np.testing.assert_array_equal(mixed.P, predict_table(model, wine).P)
    assert mixed.correct is None


def test_a_digits_run_takes_64_columns_in_order(tmp_path):
    run = run_digits(replace(DIGITS, epochs=100, init="he", learning_rate=0.3))
    modelfile.write(run.model(), tmp_path / "digits.safetensors")
    digits = datasets.load_digits()
    path = write(tmp_path / "digits.csv", digits.X, [f"pixel{i}" for i in range(64)])
    predictions = predict_table(tmp_path / "digits.safetensors", path)
    assert (predictions.predicted.astype(int) == digits.y).mean() > 0.9
    path = write(tmp_path / "short.csv", digits.X[:, :60], [f"pixel{i}" for i in range(60)])
    with pytest.raises(TableError, match=r"short\.csv: 60 columns, but the model takes 64 features"):
        predict_table(tmp_path / "digits.safetensors", path)


def test_predictions_are_written_with_probabilities_where_wanted(tmp_path, wine, model):
    predictions = predict_table(model, wine)
    predictions.save(tmp_path / "plain.csv")
    assert (tmp_path / "plain.csv").read_text().splitlines() == ["prediction", *predictions.predicted]
    predictions.save(tmp_path / "full.csv", probabilities=True)
    with open(tmp_path / "full.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    P = [[float(row[name]) for name in predictions.classes] for row in rows]
    np.testing.assert_allclose(P, predictions.P, rtol=1e-5)


def test_labels_that_are_whole_numbers_stay_so(tmp_path):
    X, y = load_iris(return_X_y=True)
    path = write(tmp_path / "iris.csv", X, "abcd", 10 * y)
    run = train_table(path, "kind", Recipe(epochs=2))
    assert run.model().classes.tolist() == [0, 10, 20]
    assert run.test.classes == ("0", "10", "20")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a"] * 8, "column 'kind': all labels are a: at least two classes are needed"),
        (list("abcdefgh"), "column 'kind': 8 different labels in 8 rows: these are no classes"),
        (["a", "b"], "2 rows cannot be split"),
    ],
)
def test_labels_that_cannot_be_learned_are_said(tmp_path, labels, message):
    path = write(tmp_path / "t.csv", np.ones((len(labels), 2)), "ab", labels)
    with pytest.raises(TableError, match=message if len(labels) > 2 else "cannot be split|no classes"):
        train_table(path, "kind")


def test_a_column_that_the_model_needs_is_named(tmp_path, wine, model):
    text = wine.read_text().replace("alcohol", "spirit", 1)
    (tmp_path / "less.csv").write_text(text)
    with pytest.raises(TableError, match=r"less\.csv: there is no column 'alcohol'"):
        predict_table(model, tmp_path / "less.csv")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_model_whose_outputs_are_no_single_labels_is_refused_by_name(tmp_path, wine):
    X, _ = load_wine(return_X_y=True)
    for targets, message in ((X[:, :2], "puts out numbers"), (X[:, :2] > X[:, :2].mean(), "may go together")):
        kind = ThreeLayerPerceptron if targets.dtype == bool else ThreeLayerPerceptronRegressor
        save_model(kind(max_iter=1, standardize=True).fit(X, targets), tmp_path / "model")
        with pytest.raises(InvalidFileError, match=message):
            predict_table(tmp_path / "model", wine)
