import csv
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

from triceptron import (
    ThreeLayerPerceptron,
    ThreeLayerPerceptronRegressor,
    datasets,
    load_model,
    save_model,
)
from triceptron.data import TableError
from triceptron.files import InvalidFileError, modelfile, tensorfile
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
    return train_table(wine, "kind", early_stopping=False)


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
    again = train_table(wine, "kind", early_stopping=False, n_threads=1)
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


def test_the_epochs_that_do_best_on_a_held_out_part_are_trained_on_everything(wine):
    run = train_table(wine, "kind")
    losses = run.facts["held_out_loss"]
    assert len(losses) == LABELLED.epochs
    assert run.facts["best_epoch"] == run.history.epochs == losses.index(min(losses)) + 1
    assert run.settings["early_stopping"] is True
    fixed = train_table(wine, "kind", replace(LABELLED, epochs=run.history.epochs), early_stopping=False)
    assert fixed.parameters.fingerprint() == run.parameters.fingerprint()
    assert "best_epoch" not in fixed.facts


@pytest.mark.parametrize(
    "change", [{"moved_copies": True}, {"preprocess": "deslanted"}, {"augment": "affine"}]
)
def test_what_needs_images_is_refused_before_anything_is_trained(wine, change):
    told = []
    with pytest.raises(ValueError, match=next(iter(change))):
        train_table(wine, "kind", replace(LABELLED, **change), callback=told.append)
    assert told == []


def test_a_loss_that_was_still_falling_is_said(wine):
    slow = Recipe(hidden=10, learning_rate=0.001, epochs=30, solver="adam")
    for early_stopping in (True, False):
        assert "still falling" in train_table(wine, "kind", slow, early_stopping=early_stopping).notes[-1]
    assert train_table(wine, "kind", early_stopping=False).notes == ()


def test_a_few_samples_are_all_learned_from(tmp_path):
    path = write(tmp_path / "t.csv", np.random.default_rng(0).normal(size=(20, 2)), "ab", ["x", "y"] * 10)
    run = train_table(path, "kind")
    assert run.history.epochs == LABELLED.epochs
    assert "best_epoch" not in run.facts


def test_classes_of_which_one_is_rare_are_held_out_at_random(tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 2))
    path = write(tmp_path / "t.csv", X, "ab", ["x"] * 30 + ["y"] * 29 + ["z"])
    assert train_table(path, "kind", Recipe(epochs=3)).history.epochs <= 3


def test_a_table_of_plain_numbers_has_no_columns_of_its_own(run, model):
    assert (run.columns, run.notes) == (None, ())
    assert "columns" not in tensorfile.read(model, "model")[1]


@pytest.fixture
def shop(tmp_path):
    """Two kinds of order, with all that a table can have."""
    rng = np.random.default_rng(0)
    lines = ["order id,day,city,price,same,note,kind"]
    for i in range(120):
        city, late = rng.choice(["Rome", "Oslo"]), bool(rng.random() < 0.5)
        price = "" if rng.random() < 0.1 else f"{rng.normal(10 if late else 0):.2f}"
        lines.append(f"A{i},2024-01-{1 + i % 28:02},{city},{price},1,note {i},{'late' if late else 'early'}")
    path = tmp_path / "shop.csv"
    path.write_text("\n".join(lines))
    return path


def test_what_became_of_the_columns_is_said_and_written_down(shop):
    run = train_table(shop, "kind", id="order id")
    assert run.notes[:4] == (
        "a feature for each category of city (2)",
        "the median where a number is missing, and a feature that it is: price",
        "dates as days since 1970: day",
        (
            "left out: same is always 1, note is text that hardly repeats (120 different in 120 rows); "
            "`features` keeps what it names"
        ),
    )
    assert set(run.facts["left_out"]) == {"same", "note"}
    assert run.settings["id"] == "order id"
    assert run.test.feature_names == ("day", "price", "price is missing", "city = Oslo", "city = Rome")
    assert run.accuracy > 0.8


def test_its_model_predicts_with_ids_and_row_numbers(shop, tmp_path):
    run = train_table(shop, "kind", id="order id")
    modelfile.write(run.model(), tmp_path / "m")
    record = tensorfile.read(tmp_path / "m", "model")[1]
    assert record["columns"][1]["categories"] == ["Oslo", "Rome"]
    lines = shop.read_text().splitlines()
    lines[2:4] = ["", "A1,,Paris,,1,,", "A2,2024-02-01,Rome,9,1,,late"]
    (tmp_path / "new.csv").write_text("\n".join(lines[:5]))
    predictions = predict_table(tmp_path / "m", tmp_path / "new.csv")
    assert (predictions.labelled, len(predictions.P)) == (2, 3)
    predictions.save(tmp_path / "p.csv", numbered=True)
    rows = [line.split(",") for line in (tmp_path / "p.csv").read_text().splitlines()]
    assert rows[0] == ["row", "order id", "prediction"]
    assert [row[:2] for row in rows[1:]] == [["2", "A0"], ["4", "A1"], ["5", "A2"]]
    assert rows[3][2] == "late"
    named = predict_table(tmp_path / "m", tmp_path / "new.csv", id="city")
    assert list(named.ids) == ["city"]


def test_such_a_model_is_no_estimator_and_says_so(shop, tmp_path):
    modelfile.write(train_table(shop, "kind", Recipe(epochs=2)).model(), tmp_path / "m")
    with pytest.raises(InvalidFileError, match="a model of a table's columns.*predict_table uses it"):
        load_model(tmp_path / "m")


def test_numbers_that_may_be_no_classes_are_asked_about(tmp_path):
    X = np.random.default_rng(0).normal(size=(120, 2))
    prices = [round(i % 30 + 0.5, 1) for i in range(120)]
    path = write(tmp_path / "t.csv", X, "ab", prices, "price")
    with pytest.raises(
        TableError, match=r"column 'price': 30 different numbers: is this a class\?.*`classes` 30"
    ):
        train_table(path, "price")
    assert len(train_table(path, "price", Recipe(epochs=1), classes=30).test.classes) == 30
    with pytest.raises(TableError, match="`classes` is 29, but there are 30"):
        train_table(path, "price", classes=29)


def test_the_labels_problem_is_told_beside_the_columns(tmp_path):
    (tmp_path / "t.csv").write_text("a,kind\n1,x\n2,x\nred,x\n")
    with pytest.raises(TableError, match="row 4, column 'a': 'red'.*; column 'kind': all labels are x"):
        train_table(tmp_path / "t.csv", "kind")
