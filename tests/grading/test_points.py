"""What each step is worth."""

import pytest

from tests.checking.exercise import RIGHT, check_text, put
from triceptron.grading import Points, read_points, score


def write(folder, text):
    (folder / "points.toml").write_text(text)
    return folder / "points.toml"


def test_a_file_of_points_says_the_total_and_which_steps_count(tmp_path):
    points = read_points(write(tmp_path, "total = 20\n[weights]\nupdate = 1\nforward = 3\nrelu = 0\n"))
    assert points == Points(20.0, {"forward": 3.0, "update": 1.0})
    assert read_points(write(tmp_path, "")) == Points()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("total = ", "not a TOML file"),
        ("total = 0", "total must be a number above 0"),
        ("total = -1", "total must be a number of at least 0"),
        ("total = nan", "total must be a number of at least 0"),
        ('total = "10"', "total must be a number"),
        ("weight = 1", "'weight' is not known; there are total and \\[weights\\]"),
        ("weights = 3", "weights must be a table"),
        ("[weights]\nforwards = 1", "no step is called 'forwards'; there are initialize"),
        ("[weights]\nforward = true", "forward must be a number"),
        ("[weights]\nforward = 0", "at least one step"),
    ],
)
def test_a_file_of_points_that_cannot_be_meant_is_refused(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_points(write(tmp_path, text))


def test_points_are_a_float_by_the_weights_of_right_steps(tmp_path):
    report = check_text(put("y_pred - y_true", "y_true - y_pred"), tmp_path)
    assert isinstance(report.points(10), float)
    assert report.points(10) == pytest.approx(10 * 12 / 14)
    assert report.points(8, {"compute_gradient": 3, "forward": 1}) == 2.0
    assert score(report.to_dict(), Points()).earned == pytest.approx(report.points(10))


def test_steps_that_are_not_there_count_unless_they_are_left_out(tmp_path):
    report = check_text(RIGHT[: RIGHT.index("def my_softmax")], tmp_path).to_dict()
    assert score(report, Points()).earned == pytest.approx(10 * 3 / 14)
    assert score(report, Points(), require=False).earned == 10.0


def test_a_file_that_cannot_be_read_earns_nothing():
    unread = {"schema": 1, "file": "x.py", "ok": False, "error": "no Python"}
    assert score(unread, Points()).earned == 0.0
    assert score(unread, Points(), require=False).earned == 0.0
