"""What the quick start tries is there to try."""

import pytest

from tests.cli.test_digits import triceptron
from triceptron.cli.console import not_written_over
from triceptron.jobs import write_example


def test_the_flowers_are_learned_as_they_were_written(tmp_path):
    done = triceptron("example", "flowers.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "triceptron train flowers.csv --label species" in done.stdout
    lines = (tmp_path / "flowers.csv").read_text().splitlines()
    assert lines[:2] == [
        "sepal length,sepal width,petal length,petal width,species",
        "5.1,3.5,1.4,0.2,setosa",
    ]
    assert len(lines) == 151


def test_the_faults_of_the_steps_are_found(tmp_path):
    assert triceptron("example", "steps.py", "--quiet", cwd=tmp_path).stdout == ""
    checked = triceptron("check", "steps.py", "--lang", "en", cwd=tmp_path)
    assert checked.returncode == 1
    assert "✗ ReLU: It changes its argument X" in checked.stdout
    assert "The maximum is taken over the whole matrix" in checked.stdout
    assert checked.stdout.count("✗ wrong") == 3  # both, and all together


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "steps.py").write_text("mine")
    done = triceptron("example", "steps.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "steps.py is already there" in done.stderr
    assert (tmp_path / "steps.py").read_text() == "mine"
    assert triceptron("example", "steps.py", "--force", cwd=tmp_path).returncode == 0
    assert triceptron("example", "birds.csv", cwd=tmp_path).returncode == 2


def test_a_file_that_comes_while_the_example_is_made_is_kept(tmp_path):
    path = tmp_path / "steps.py"
    with pytest.raises(FileExistsError, match="steps.py is already there"), not_written_over(path, False):
        path.write_text("mine")
        write_example("steps.py", path, new=True)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
