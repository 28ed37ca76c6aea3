"""The features beside those of a pipeline that scikit-learn fits itself."""

import json
import re

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from triceptron.data import TableError, read_table
from triceptron.data.columns import Column, Columns

KINDS = {"age": "number", "sex": "category", "port": "category", "fare": "number"}


def write(folder, age, sex, port, fare):
    rows = zip(age, sex, port, fare, strict=True)
    text = "age,sex,port,fare\n" + "".join(f"{a},{s},{p},{f}\n" for a, s, p, f in rows)
    (folder / "t.csv").write_text(text)
    return read_table(folder / "t.csv")


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    n = 80
    age = [str(x) if rng.random() > 0.2 else "" for x in rng.integers(1, 90, n)]
    sex = rng.choice(["male", "female", ""], n).tolist()
    port = [*rng.choice(["S", "C"], n - 3).tolist(), "Q", "Q", "R"]
    return age, sex, port, rng.random(n).round(3).tolist()


def test_the_features_are_those_of_scikit_learns_own_pipeline(tmp_path, given):
    table = write(tmp_path, *given)
    learned = Columns.learn(table, KINDS, np.arange(80))
    age, sex, port, fare = given
    numbers = np.array([[float(a or "nan"), f] for a, f in zip(age, fare, strict=True)], object)
    X = np.column_stack([numbers, np.array([sex, port], object).T])
    peer = ColumnTransformer(
        [
            ("numbers", SimpleImputer(strategy="median", add_indicator=True), [0, 1]),
            (
                "words",
                OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False),
                [2, 3],
            ),
        ]
    ).fit_transform(X)
    ours = learned.encode(table)
    rare = peer.shape[1] - 1  # scikit-learn's own column for Q and R; 0 in all others says the same
    np.testing.assert_array_equal(ours, np.delete(peer, rare, axis=1))
    assert learned.names == (
        "age",
        "fare",
        "age is missing",
        "sex is missing",
        "sex = female",
        "sex = male",
        "port = C",
        "port = S",
    )


def test_medians_and_categories_are_the_training_rows(tmp_path):
    table = write(tmp_path, [1, 2, 3, 400, ""] * 5, ["m", "f", "f", "x", "x"] * 5, ["S"] * 25, [1] * 25)
    rows = np.flatnonzero(np.arange(25) % 5 < 3)
    assert Columns.learn(table, KINDS, rows).columns == (
        Column("age", "number", 2.0, False),
        Column("sex", "category", categories=("f", "m")),
        Column("port", "category", categories=("S",)),
        Column("fare", "number", 1.0, False),
    )


def test_values_never_seen_are_no_category_and_numbers_newly_missing_take_the_median(tmp_path, given):
    learned = Columns.learn(write(tmp_path, *given), KINDS, np.arange(80))
    X = learned.encode(write(tmp_path, [5, ""], ["", "other"], ["Q", "S"], ["", 0.25]))
    age, fare = learned.columns[0].median, learned.columns[3].median
    assert X.tolist() == [[5, fare, 0, 1, 0, 0, 0, 0], [age, 0.25, 1, 0, 0, 0, 0, 1]]


def test_features_of_0_and_1_are_not_standardised(tmp_path, given):
    table = write(tmp_path, *given)
    learned = Columns.learn(table, KINDS, np.arange(80))
    X = learned.encode(table)
    mean, scale = learned.standardisation(X)
    np.testing.assert_array_equal(mean[2:], 0)
    np.testing.assert_array_equal(scale[2:], 1)
    np.testing.assert_allclose(mean[:2], X[:, :2].mean(axis=0))


def test_a_column_of_which_nothing_repeats_is_no_feature(tmp_path):
    table = write(tmp_path, range(20), [f"v{i // 2}" for i in range(20)], ["S"] * 20, [1] * 20)
    assert [c.name for c in Columns.learn(table, KINDS, np.arange(20)).columns] == ["age", "port", "fare"]


def test_the_hundred_most_frequent_categories_are_features(tmp_path):
    words = [f"w{i % 150}" for i in range(1500)] + ["w7"] * 20
    table = write(tmp_path, [1] * 1520, words, ["S"] * 1520, [1] * 1520)
    (column,) = (c for c in Columns.learn(table, KINDS, np.arange(1520)).columns if c.name == "sex")
    assert len(column.categories) == 99  # and one for all the others, which is 0 in all of these
    assert "w7" in column.categories


def test_the_record_is_plain_json_and_makes_the_same_features(tmp_path, given):
    table = write(tmp_path, *given)
    learned = Columns.learn(table, KINDS | {"fare": "number"}, np.arange(80))
    again = Columns.from_record(json.loads(json.dumps(learned.record())))
    assert again == learned
    np.testing.assert_array_equal(again.encode(table), learned.encode(table))


def test_all_that_cannot_be_encoded_is_told_at_once(tmp_path, given):
    learned = Columns.learn(write(tmp_path, *given), KINDS, np.arange(80))
    with pytest.raises(
        TableError, match=re.escape("row 3, column 'age': 'old' is not a finite number; row 2, ")
    ):
        learned.encode(write(tmp_path, [1, "old"], ["m", "f"], ["S", "S"], ["cheap", 1]))
    (tmp_path / "t.csv").write_text("age,port\n1,S\n")
    with pytest.raises(TableError, match=r"t\.csv: there is no column 'sex'.*; there is no column 'fare'"):
        learned.encode(read_table(tmp_path / "t.csv"))


GOOD = {"name": "a", "kind": "number", "median": 1.0, "gaps": True, "categories": []}
WORDS = {"name": "b", "kind": "category", "median": 0.0, "gaps": False, "categories": ["x", "y"]}


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {},
        [1],
        [{}],
        [GOOD | {"extra": 1}],
        [GOOD | {"name": 5}],
        [GOOD | {"kind": "pickle"}],
        [GOOD | {"kind": ["number"]}],
        [GOOD | {"median": float("nan")}],
        [GOOD | {"median": "1"}],
        [GOOD | {"median": True}],
        [GOOD | {"gaps": 1}],
        [GOOD | {"categories": ["x"]}],
        [GOOD | {"categories": "xy"}],
        [WORDS | {"categories": []}],
        [WORDS | {"categories": [1, 2]}],
        [WORDS | {"categories": ["x", "x"]}],
        [WORDS | {"gaps": True}],
        [GOOD, GOOD],
    ],
)
def test_any_other_record_is_refused(record):
    assert Columns.from_record([GOOD, WORDS]).names == ("a", "a is missing", "b = x", "b = y")
    with pytest.raises(ValueError, match="column"):
        Columns.from_record(record)
