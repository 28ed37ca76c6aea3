"""Tables as they come, from a CSV file to predictions in two commands, beside scikit-learn's own pipeline."""

import csv
import gzip
import json

import numpy as np
import pandas
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.mixed_sets import adult, penguins, titanic
from tests.cli.test_digits import triceptron

TABLES = {"titanic": titanic(), "penguins": penguins(), "adult": adult(3000)}
UNSEEN = {"titanic": "port", "penguins": "island", "adult": "country"}


def write(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module", params=TABLES)
def done(request, tmp_path_factory):
    """Both commands: on three quarters of a table, and on the rest with an id, and categories never seen."""
    folder, (names, *rows) = tmp_path_factory.mktemp(request.param), TABLES[request.param]
    known = 3 * len(rows) // 4
    write(folder / "known.csv", [names, *rows[:known]])
    new = [[f"N{i}", *row] for i, row in enumerate(rows[known:])]
    for row in new[:20]:
        row[1 + names.index(UNSEEN[request.param])] = "never seen"
    write(folder / "new.csv", [["number", *names], *new])
    trained = triceptron("train", "known.csv", "--label", "label", "--out", "run", cwd=folder)
    assert trained.returncode == 0, trained.stderr
    words = ("run/model.safetensors", "new.csv", "--id", "number", "--rows")
    predicted = triceptron("predict", *words, cwd=folder)
    assert predicted.returncode == 0, predicted.stderr
    return folder, trained.stdout, predicted.stdout


def test_what_became_of_the_columns_is_told(done):
    _, told, predicted = done
    assert "a feature for each category of " in told
    assert "the median where a number is missing, and a feature that it is: " in told
    assert "rows predicted" in predicted


def test_predictions_carry_row_and_id(done):
    folder, *_ = done
    predictions = pandas.read_csv(folder / "predictions.csv")
    new = pandas.read_csv(folder / "new.csv")
    assert list(predictions) == ["row", "number", "prediction"]
    assert predictions["row"].tolist() == list(range(2, len(new) + 2))
    assert predictions["number"].tolist() == new["number"].tolist()
    assert set(predictions["prediction"]) == set(new["label"])


def peer(folder, seed):
    """The accuracy of what a practitioner would write with scikit-learn."""
    known, new = pandas.read_csv(folder / "known.csv"), pandas.read_csv(folder / "new.csv")
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    words = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"), OneHotEncoder(handle_unknown="ignore")
    )
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    fitted = make_pipeline(columns, MLPClassifier(random_state=seed, max_iter=100))
    part, _ = train_test_split(known, test_size=0.2, random_state=seed, stratify=known["label"])
    fitted.fit(part.drop(columns="label"), part["label"])
    return fitted.score(new.drop(columns=["label", "number"]), new["label"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_they_are_as_often_right_as_scikit_learns_pipeline(done):
    folder, *_ = done
    new = pandas.read_csv(folder / "new.csv")
    right = (pandas.read_csv(folder / "predictions.csv")["prediction"] == new["label"]).mean()
    noise = np.sqrt(right * (1 - right) / len(new))
    assert right > peer(folder, 0) - 2 * noise


def test_the_model_file_lists_the_columns_and_the_metrics_the_settings(done):
    folder, *_ = done
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    assert metrics["settings"]["early_stopping"] is True
    assert metrics["best_epoch"] == metrics["epochs_done"]
    head = (folder / "run" / "model.safetensors").read_bytes()
    header = json.loads(head[8 : 8 + int.from_bytes(head[:8], "little")])
    columns = json.loads(header["__metadata__"]["triceptron"])["columns"]
    assert {column["kind"] for column in columns} == {"number", "category"}
    assert all(column["categories"] for column in columns if column["kind"] == "category")


@pytest.fixture
def orders(tmp_path):
    rng = np.random.default_rng(0)
    rows = [["nr", "colour", "size", "price", "kind"]]
    rows += [[i, rng.choice(["red", "blue"]), i % 4, round(rng.normal(), 2), "xy"[i % 2]] for i in range(60)]
    write(tmp_path / "orders.csv", rows)
    return tmp_path


def train(folder, *words, epochs=3):
    words = ("--label", "kind", "--epochs", epochs, "--out", "run", "--force", *words)
    return triceptron("train", "orders.csv", *words, cwd=folder)


def test_columns_are_chosen_by_options(orders):
    told = train(orders).stdout
    assert "left out: nr numbers the rows; --features keeps what it names" in told
    assert "each category of colour (2)\n" in told
    assert "left out" not in train(orders, "--features", "nr,price").stdout
    assert (
        "each category of size (4)\n" in train(orders, "--drop", "nr,colour", "--categories", "size").stdout
    )
    wrong = train(orders, "--drop", "color")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "there is no column 'color'; did you mean 'colour'?" in wrong.stderr


def test_a_run_to_the_last_epoch_says_that_the_loss_was_still_falling(orders):
    told = train(orders, "--no-early-stopping", "--learning-rate", "0.001").stdout
    assert "for 3 epochs" in told
    assert "the loss was still falling at the end: more --epochs or a larger --learning-rate" in told


def test_all_problems_are_one_line_at_once(orders):
    (orders / "orders.csv").write_text("a,b,kind\n1,2,x\nred,1,y\n1,inf,x\n1,1,y\n")
    done = train(orders)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "orders.csv, row 3, column 'a': 'red' is not a number" in done.stderr
    assert "--categories takes them as text, --drop leaves them out" in done.stderr
    assert "; row 4, column 'b': 'inf' is not a finite number" in done.stderr


def test_a_quantity_is_asked_about_and_taken_where_its_classes_are_counted(orders):
    rows = [["a", "kind"], *([i % 7, i % 30] for i in range(90))]
    write(orders / "orders.csv", rows)
    done = train(orders)
    assert done.returncode == 1
    assert "30 different numbers: is this a class?" in done.stderr
    assert "say --classes 30" in done.stderr
    assert train(orders, "--classes", "30").returncode == 0


def test_gzipped_chinese_and_semicolon_tables_are_learned_from(orders):
    text = "颜色;价格;kind\n" + "".join(f"{'红蓝'[i % 2]};{i},5;{'xy'[i % 2]}\n" for i in range(40))
    (orders / "orders.csv").write_bytes(gzip.compress(text.encode("gb18030")))
    done = train(orders, "--features", "颜色,价格", epochs=20)
    assert done.returncode == 0, done.stderr
    assert "8 of 8" in done.stdout
