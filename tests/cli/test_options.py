"""Options that want a whole number get one, or say that they do not."""

import inspect
from typing import get_args

import pytest
from cyclopts import App, CycloptsError

from tests.cli.test_digits import triceptron
from triceptron.cli import app
from triceptron.cli.options import Whole, with_recipe
from triceptron.training import Recipe

parse = App()


@parse.default
@with_recipe
def told(*, recipe: Recipe = Recipe(), repeats: Whole = 1):  # noqa: B008
    return recipe, repeats


@pytest.mark.parametrize(("given", "number"), [("20", 20), ("1e3", 1000), ("30.0", 30), ("1.5e2", 150)])
def test_whole_numbers_are_read_however_they_are_written(given, number):
    recipe, repeats = parse(["--epochs", given, "--repeats", given], result_action="return_value")
    assert (recipe.epochs, repeats) == (number, number)
    assert type(recipe.epochs) is int


@pytest.mark.parametrize("given", ["20.6", "1e-3", "nan", "inf", "many", "1e400", "1e999999999"])
@pytest.mark.parametrize("option", ["--epochs", "--hidden", "--batch-size", "--seed", "--repeats"])
def test_what_is_no_whole_number_is_refused_and_never_rounded(option, given):
    with pytest.raises(CycloptsError, match="is not a whole number"):
        parse([option, given], exit_on_error=False, print_error=False)


def test_a_batch_size_may_be_none():
    recipe, _ = parse(["--batch-size", "none"], result_action="return_value")
    assert recipe.batch_size is None


def test_every_whole_number_of_every_command_is_read_so():
    for name in ("digits", "kaggle", "train", "predict", "table", "check"):
        command = app[name].default_command
        for parameter in inspect.signature(command).parameters.values():
            annotation = command.__annotations__[parameter.name]
            assert annotation not in (int, int | None), (name, parameter.name)
            if int in get_args(annotation):
                assert any(getattr(part, "converter", None) for part in annotation.__metadata__), name


def test_the_command_says_it_as_a_usage_error(tmp_path):
    done = triceptron("digits", "--epochs", "20.6", "--out", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "20.6" in done.stderr
    assert "whole number" in done.stderr
    assert not list(tmp_path.iterdir())
