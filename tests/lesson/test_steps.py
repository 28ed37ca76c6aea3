"""The page's steps are the lesson's, name by name, argument by argument, equation by equation."""

import inspect
import re

from tests.lesson.conftest import PAGE
from triceptron import steps

SCRIPT = PAGE.joinpath("steps.js").read_text("utf-8")
OURS = {
    name: (arguments.split(", "), body)
    for name, arguments, body in re.findall(
        r"^export function (\w+)\(([^)]*)\) \{\n(.*?)^\}", SCRIPT, re.MULTILINE | re.DOTALL
    )
}


def functions():
    """The lesson's functions, but for those of other outputs than the page's softmax: (19) to (22)."""
    return {
        name: each
        for name, each in vars(steps).items()
        if name in steps.__all__
        and inspect.isfunction(each)
        and not re.search(r"# \((19|20|21|22)\)$", inspect.getsource(each), re.MULTILINE)
    }


def test_there_are_the_same_functions():
    assert sorted(OURS) == sorted(functions())


def test_each_takes_the_same_arguments():
    for name, function in functions().items():
        expected = list(inspect.signature(function).parameters)
        assert OURS[name][0] == [each for each in expected if each != "dtype"], name


def test_each_cites_the_same_equations_in_the_same_order():
    for name, function in functions().items():
        cited = re.findall(r"# (\(.*?\))(?:  #.*)?$", inspect.getsource(function), re.MULTILINE)
        assert re.findall(r"// (\(.*?\))$", OURS[name][1], re.MULTILINE) == cited, name


def test_each_names_the_same_intermediate_results():
    for name, function in functions().items():
        made = re.findall(r"^    (d?[A-Z]\w*|d[bZWO]\w*) = ", inspect.getsource(function), re.MULTILINE)
        mine = re.findall(r"^  const (\w+) = ", OURS[name][1], re.MULTILINE)
        assert [each for each in mine if each in made] == made, name
