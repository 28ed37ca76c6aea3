"""The published code: its faults are named with wrong and right numbers, its other steps called right."""

import json
import os
import re
from pathlib import Path

import pytest

from tests import reference
from tests.checking.exercise import RIGHT, put
from triceptron import check

PUBLISHED = put("return np.maximum(X, 0)", "X[X < 0] = 0\nreturn X")
PUBLISHED = put("x - np.max(x, axis=1, keepdims=True)", "x - np.max(x)", PUBLISHED)
PUBLISHED = put("    rng = np.random.RandomState(32)\n", "    np.random.seed(32)\n", PUBLISHED)
PUBLISHED = put("W1 = rng.normal", "W1 = np.random.normal", PUBLISHED)
PUBLISHED = put("W2 = rng.normal", "np.random.seed(32)\nW2 = np.random.normal", PUBLISHED)

STANDARDISATION = """
mean, scale = trainX.mean(axis=0), trainX.std(axis=0)
scale[scale == 0] = 1
trainX, testX = (trainX - mean) / scale, (testX - mean) / scale
"""

RIGHT_STEPS = {
    "initialize", "linear_combination", "my_softmax", "softmax", "cross_entropy", "forward",
    "compute_gradient", "update", "backward", "train", "predict",
}  # fmt: skip


def text_itself():
    """The description, where it lies beside the data; it is not ours to copy."""
    folder = os.environ.get("TRICEPTRON_DATA")
    name = "three-layer-perceptron-step-by-step.md"
    named = os.environ.get("TRICEPTRON_TEXT")
    path = Path(named) if named else Path(folder, "..", "reference", name) if folder else None
    if path is None or not path.is_file():
        pytest.skip(f"{name} is found through TRICEPTRON_TEXT, or beside TRICEPTRON_DATA, and is not there")
    blocks = re.findall(r"```py\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    return [blocks[0], STANDARDISATION, *blocks[1:]]


@pytest.fixture(scope="module", params=["our transcription", "the text itself", "the text as a notebook"])
def report(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    if request.param == "the text as a notebook":
        return check(write_notebook(folder / "post.ipynb", text_itself()), lang="en")
    file = folder / "post.py"
    blocks = [PUBLISHED] if request.param == "our transcription" else text_itself()
    file.write_text("\n".join(blocks).replace("%matplotlib inline", ""), encoding="utf-8")
    return check(file, lang="en")


def write_notebook(path, cells):
    plain = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    path.write_text(json.dumps({"cells": plain, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def test_exactly_two_steps_are_wrong(report):
    assert report.wrong == ("relu", "log_softmax"), str(report)
    assert {step.key for step in report.steps if step.status == "right"} == RIGHT_STEPS


def test_relu_is_named_with_the_wrong_and_the_right_sum_of_dW1(report):
    overwriting, consequence = report["ReLU"].result.findings
    assert report["ReLU"].causes == ("relu_overwrites_argument",)
    assert overwriting.place.text == "X[X < 0] = 0"
    for shown, dW1, db1 in (
        (consequence.got, reference.WRONG_DW1_SUM, reference.WRONG_DB1_SUM),
        (consequence.expected, reference.DW1_SUM, reference.DB1_SUM),
    ):
        sums = dict(re.findall(r"(\w+)\.sum\(\) = (\S+?)(?:,|$)", shown))
        assert float(sums["dW1"]) == pytest.approx(dW1, rel=1e-9)
        assert float(sums["db1"]) == pytest.approx(db1, rel=1e-9)
        assert sums.keys() == {"dW1", "db1"}  # the output layer's gradient is right


def test_log_softmax_takes_the_maximum_of_the_whole_matrix(report):
    (finding,) = report["log_softmax"].result.findings
    assert report["log_softmax"].causes == ("max_whole_matrix",)
    assert "np.max(x)" in finding.place.text
    assert "inf" in finding.got
    assert "inf" not in finding.expected


def test_my_softmaxs_nan_is_named_and_not_counted_as_wrong(report):
    (remark,) = report["my_softmax"].result.remarks
    assert remark.kind == "overflows_on_purpose"
    assert "nan" in remark.got


def test_w2_repeating_w1_is_remarked(report):
    assert [remark.kind for remark in report["initialize"].result.remarks] == ["initialize_repeats"]


def test_the_fault_shows_only_together(report):
    assert report["compute_gradient"].status == "right"
    (finding,) = report.together.findings
    assert (finding.cause.code, finding.values["culprit"]) == ("culprit", "relu")
    errors = report.together.remarks[0].values["errors"]
    assert "dW1 6.6e-01" in errors  # against central differences of the published loss
    assert report.together.remarks[0].values["whose"] == "own"


def test_the_whole_check_takes_seconds(report):
    assert report.seconds < 60  # 1.6 s measured; the limit only says that nothing waits for a time-out


def test_mending_both_faults_makes_all_right(tmp_path):
    file = tmp_path / "mended.py"
    file.write_text(RIGHT, encoding="utf-8")
    assert check(file).ok


@pytest.mark.parametrize(("page", "lang"), [("checking.md", "en"), ("checking.zh-CN.md", "zh")])
def test_the_docs_show_the_real_report(page, lang, tmp_path):
    file = tmp_path / "post.py"
    file.write_text("\n".join(text_itself()).replace("%matplotlib inline", ""), encoding="utf-8")
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    shown = text.partition("triceptron check post.py\n")[2].partition("```")[0].splitlines()
    real = check(file, lang=lang).text(width=110).splitlines()
    assert len(shown) > 20
    assert set(shown) <= set(real)
