"""Rows are trained, and the table comes back with how they did."""

import csv
import json
import os
import pickle
import re
import select
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev

import joblib
import pytest

from triceptron.data import TableError
from triceptron.jobs import DIGITS, run_digits
from triceptron.jobs.table import DEFAULT_TABLE, fill, filling, load, read, shipped
from triceptron.jobs.table.runs import Ledger, Outcome, Stop

CSV = """hidden units,learning rate,epochs,train loss,test loss,accuracy,time (s)
10,0.1,5,,,,
50,0.03,5,,,,
50,1e300,5,,,,
50,0.3,40,,,,
"""


@pytest.fixture(scope="module")
def data():
    return load("digits")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """These trainings are too small for more."""
    monkeypatch.setenv("TRICEPTRON_NUM_THREADS", "1")


@pytest.fixture
def given(tmp_path):
    def write(text, name="given.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read(tmp_path / name)

    return write


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_of_members_is_filled_in_with_what_they_do_together(given, data, tmp_path):
    text = "members,distil,epochs,accuracy,fingerprint\n2,no,5,,\n2,yes,5,,\n"
    fill(given(text), data, tmp_path / "out", n_jobs=1)
    for row, distil in zip(rows(tmp_path / "out" / "table.csv"), (False, True), strict=True):
        run = run_digits(replace(DIGITS, epochs=5, members=2, distil=distil))
        assert row["fingerprint"] == run.parameters.fingerprint()


def test_a_row_is_filled_in_with_what_the_job_itself_gives(given, data, tmp_path):
    filled = fill(given(CSV), data, tmp_path / "out", n_jobs=1)
    run = run_digits(replace(DIGITS, epochs=5))
    (row,) = (row for row in rows(tmp_path / "out" / "table.csv") if row["learning rate"] == "0.03")
    assert row["train loss"] == f"{run.final.train:.4f}"
    assert row["test loss"] == f"{run.final.test:.4f}"
    assert row["accuracy"] == f"{run.accuracy:.4f}"
    assert re.fullmatch(r"\d+\.\d\d", row["time (s)"])
    assert filled.outcomes[1][0].fingerprint == run.parameters.fingerprint()


def test_a_row_that_diverges_says_so_the_others_go_on_and_the_best_is_marked(given, data, tmp_path):
    filled = fill(given(CSV), data, tmp_path / "out", n_jobs=1)
    table = rows(tmp_path / "out" / "table.csv")
    assert [row["accuracy"] == "diverged" for row in table] == [False, False, True, False]
    assert [row["best"] for row in table] == ["", "", "", "*"]
    assert filled.best == 3
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "loss_curves.png",
        "runs.csv",
        "runs.jsonl",
        "table.csv",
    }
    runs = rows(tmp_path / "out" / "runs.csv")
    assert [bool(run["diverged"]) for run in runs] == [False, False, True, False]
    assert (runs[2]["accuracy"], runs[2]["learning_rate"]) == ("", "1e+300")


def test_where_every_row_diverges_none_is_best(given, data, tmp_path):
    assert fill(given("lr,epochs\n1e300,5\n"), data, tmp_path / "out", n_jobs=1).best is None


def test_repeats_give_mean_and_standard_deviation_over_seeds(given, data, tmp_path):
    fill(given("hidden,lr,epochs,accuracy (%)\n10,0.3,30,\n"), data, tmp_path / "out", repeats=3, n_jobs=1)
    runs = rows(tmp_path / "out" / "runs.csv")
    assert [run["seed"] for run in runs] == ["32", "33", "34"]
    accuracies = [100 * float(run["accuracy"]) for run in runs]
    (row,) = rows(tmp_path / "out" / "table.csv")
    assert row["accuracy (%)"] == f"{mean(accuracies):.2f} ± {stdev(accuracies):.2f}"


def test_markdown_and_chinese_come_back_as_they_came_with_the_best_in_bold(given, data, tmp_path):
    text = "| 隐藏层单元数 | 学习率 | 迭代轮数 |\n|---|---|---|\n| 10 | 0.3 | 40 |\n| 10 | 0.003 | 4 |\n"
    fill(given(text, "表.md"), data, tmp_path / "out", n_jobs=1)
    head, _, best, other = (tmp_path / "out" / "table.md").read_text(encoding="utf-8").splitlines()
    assert [cell.strip() for cell in head.split("|")[4:-1]] == ["训练损失", "测试损失", "准确率", "时间"]
    assert best.count("**") == 8
    assert "**" not in other


def test_a_filled_table_can_be_given_again(given, data, tmp_path):
    fill(given("hidden,epochs\n10,3\n20,3\n"), data, tmp_path / "out", n_jobs=1)
    again = fill(read(tmp_path / "out" / "table.csv"), data, tmp_path / "again", n_jobs=1)
    assert again.headings == ["hidden", "epochs", "train loss", "test loss", "accuracy", "time", "best"]


def test_a_stopped_table_goes_on_where_it_was_and_trains_no_row_twice(given, data, tmp_path, monkeypatch):
    table, trained, whole = given(CSV), [], filling.run

    def stop_at_the_third(recipe, *arguments):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(recipe)
        return whole(recipe, *arguments)

    monkeypatch.setattr(filling, "run", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        fill(table, data, tmp_path / "out", n_jobs=1)
    with open(tmp_path / "out" / "runs.jsonl", "a") as file:
        file.write('{"key": "cut o')  # the power went while it wrote
    shown = []
    monkeypatch.setattr(filling, "run", lambda *words: (trained.append(words[0]), whole(*words))[1])
    fill(table, data, tmp_path / "out", n_jobs=1, progress=lambda done, total: shown.append((done, total)))
    assert shown == [(2, 4), (3, 4), (4, 4)]
    assert len(set(trained)) == len(trained) == 4
    fill(table, data, tmp_path / "out", n_jobs=1)
    assert len(trained) == 4
    fill(table, data, tmp_path / "out", n_jobs=1, force=True)
    assert len(trained) == 8


def test_lines_of_the_ledger_that_are_not_understood_are_kept_and_delete_nothing(given, data, tmp_path):
    table, ledger = given(CSV), tmp_path / "out" / "runs.jsonl"
    first = fill(table, data, tmp_path / "out", n_jobs=1)
    lines = ledger.read_bytes().splitlines(keepends=True)
    newer = lines[1].replace(b'"outcome": {', b'"outcome": {"weather": "fair", ')
    strange = [b"<<<<<<< HEAD\n", b"\xff\xfe\n", b"\n", b'{"outcome": 7}\n']
    ledger.write_bytes(b"".join([lines[0], *strange, newer, *lines[2:]]))
    before, shown = ledger.read_bytes(), []
    again = fill(table, data, tmp_path / "out", n_jobs=1, progress=lambda *counts: shown.append(counts))
    assert shown == [(4, 4)]
    assert again.rows == first.rows
    assert ledger.read_bytes() == before


def test_another_table_or_the_same_on_other_data_never_replaces_what_a_folder_holds(given, data, tmp_path):
    first = given("epochs\n2\n")
    fill(first, data, tmp_path / "out", n_jobs=1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    half = data.train._replace(X=data.train.X[::2], y=data.train.y[::2])
    other = filling.TableData(half, data.test, data.standardisation, data.base)
    for table, trained_on, message in (
        (given("epochs\n3\n", "another.csv"), data, "holds the results of the table given.csv; name another"),
        (first, other, "holds the results of the table given.csv on other data; name another"),
    ):
        with pytest.raises(FileExistsError, match=message):
            fill(table, trained_on, tmp_path / "out", n_jobs=1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    grown = fill(given("epochs\n2\n3\n"), data, tmp_path / "out", n_jobs=1)
    assert len(grown.rows) == 2


def test_other_data_or_hyperparameters_are_trained_anew(given, data, tmp_path):
    first = fill(given("epochs\n2\n"), data, tmp_path / "out", n_jobs=1)
    half = data.train._replace(X=data.train.X[::2], y=data.train.y[::2])
    other = filling.TableData(half, data.test, data.standardisation, data.base)
    second = fill(given("epochs\n2\n"), other, tmp_path / "out", n_jobs=1, force=True)
    assert first.outcomes[0][0].fingerprint != second.outcomes[0][0].fingerprint


TWELVE = "hidden units,learning rate,epochs,fingerprint\n" + "".join(
    f"{hidden},{rate},10,\n" for hidden in (5, 10, 20, 40) for rate in (0.03, 0.1, 0.3)
)


def fingerprints(filled):
    return [outcome.fingerprint for (outcome,) in filled.outcomes]


def test_rows_in_parallel_are_the_same_as_one_after_the_other(given, data, tmp_path):
    alone = fill(given(TWELVE), data, tmp_path / "alone", n_jobs=1)
    parallel = fill(given(TWELVE), data, tmp_path / "parallel", n_jobs=2)
    assert fingerprints(parallel) == fingerprints(alone)
    assert len(set(fingerprints(alone))) == 12
    assert [row["fingerprint"] for row in rows(tmp_path / "parallel" / "table.csv")] == fingerprints(alone)


@pytest.mark.filterwarnings("default")  # Dask's own
def test_a_dask_cluster_gives_the_same_fingerprints(given, data, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs the extra scale")
    monkeypatch.chdir(tmp_path)
    alone = fill(given(TWELVE), data, tmp_path / "alone", n_jobs=1)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config("dask"),
    ):
        workers = set(client.run(os.getpid).values())
        clustered = fill(given(TWELVE), data, tmp_path / "clustered")
    assert len(workers) == 2
    assert fingerprints(clustered) == fingerprints(alone)


def test_the_default_table_has_twelve_rows_and_can_be_trained(data):
    recipes = filling.recipes(read(DEFAULT_TABLE), data.base)
    assert {recipe.hidden for recipe in recipes} == {10, 50, 200, 500}
    assert {recipe.learning_rate for recipe in recipes} == {0.003, 0.03, 0.3}
    assert len(set(recipes)) == 12


def test_the_classic_table_goes_by_its_name(data):
    recipes = filling.recipes(read(shipped(Path("classic"))), data.base)
    assert [recipe.augment for recipe in recipes] == ["none", "affine", "elastic", "elastic"]
    assert [recipe.preprocess for recipe in recipes] == ["none"] * 3 + ["deslanted"]
    assert {recipe.hidden for recipe in recipes} == {800}
    assert shipped(Path("classic.md")) == Path("classic.md")


def test_a_row_that_the_data_cannot_serve_is_refused_before_any_training(given, data, tmp_path):
    with pytest.raises(TableError, match=r"row 2 \(line 3\), column 'augment': augment must be \"none\""):
        fill(given("augment\nnone\nshift\n"), data, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_in_other_use_is_left_alone(given, data, tmp_path):
    table = given("epochs\n2\n")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("mine")
    for out, message in ((table.name, "is a file"), (tmp_path / "thesis", "holds files that are no table's")):
        with pytest.raises(FileExistsError, match=message):
            fill(table, data, filling.Path(out))
    with pytest.raises(ValueError, match="repeats must be a whole number of at least 1, got 0"):
        fill(table, data, tmp_path / "out", repeats=0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_worker_of_a_killed_table_ends_with_it():
    ended, held = os.pipe()  # read to its end when nobody holds the other one any more
    table_process = os.fork()
    if not table_process:
        stop = pickle.dumps(Stop())
        if not os.fork():
            copy = pickle.loads(stop)
            os.write(held, b"trains")
            while not copy(None):
                time.sleep(0.01)
        signal.pause()
    os.close(held)
    assert os.read(ended, 6) == b"trains"
    os.kill(table_process, signal.SIGKILL)
    os.waitpid(table_process, 0)
    assert select.select([ended], [], [], 60)[0]
    assert os.read(ended, 1) == b""


def test_a_copy_elsewhere_never_stops():
    stop = Stop()
    copy = pickle.loads(pickle.dumps(stop))
    stop.asked = True
    assert stop(None)
    assert not copy(None)


@pytest.mark.parametrize(
    "change",
    [
        {"correct": 5},
        {"correct": None},
        {"total": 0},
        {"final": []},
        {"final": [0.5, "low"]},
        {"train_loss": [float("nan")]},
        {"recorded": ["before"]},
        {"recorded": ["never", "before"]},
        {"fingerprint": 3},
        {"seconds": "long"},
    ],
)
def test_a_line_of_the_ledger_that_no_run_comes_to_counts_for_nothing_and_stays(tmp_path, change):
    sound = Outcome([1.0], [1.0], ["before", "before"], [0.5, 0.5], 0.1, 3, 4, "01234567", "")
    path = tmp_path / "runs.jsonl"
    Ledger(path).add("a", sound)
    line = json.dumps({"key": "b", "outcome": asdict(sound) | change}) + "\n"
    path.write_text(path.read_text() + line)
    ledger = Ledger(path)
    assert "a" in ledger
    assert "b" not in ledger
    ledger.add("b", sound)
    assert line in path.read_text()
    assert Ledger(path)["b"] == sound
