"""`triceptron.check` from Python: what it takes, and what its report offers."""

import ast
import html.parser
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.checking.exercise import RIGHT, check_text, load, put
from triceptron import check, language, steps
from triceptron.checking import Report, UnreadableFileError, words
from triceptron.checking.closed.process import Limits, Process, fork_this
from triceptron.checking.exercise.calculus import central_differences
from triceptron.checking.exercise.cases import SHAPES, amplified, extreme_logits, make_case
from triceptron.checking.exercise.examine import examine
from triceptron.checking.exercise.faults import known_faults
from triceptron.checking.exercise.learner import Learner
from triceptron.checking.exercise.trials import close, expected_results
from triceptron.checking.steps_table import STEPS

WRONG = put("return np.maximum(X, 0)", "X[X < 0] = 0\nreturn X")


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return load(WRONG, tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def report(module):
    return check(module, lang="en")


def test_a_module_is_checked_by_its_file(report, module):
    assert report.wrong == ("relu",)
    assert report.file == f"{module.__name__}.py"


def test_a_namespace_gives_the_same_verdicts(report, module):
    alive = check(vars(module), lang="en")
    assert [step.status for step in alive.steps] == [step.status for step in report.steps]
    assert [step.result.findings for step in alive.steps] == [step.result.findings for step in report.steps]


def test_without_an_argument_the_callers_own_functions_are_checked():
    scope = {"check": check, "__name__": "__main__"}
    exec("import numpy as np\ndef relu(Z):\n    return abs(Z)\nreport = check(lang='en')", scope)
    assert scope["report"].wrong == ("relu",)
    assert scope["report"]["relu"].causes == ("relu_absolute",)


def test_functions_written_at_a_prompt_need_no_source():
    scope = {}
    exec(RIGHT, scope)
    assert check(scope).ok


def test_a_report_is_looked_up_by_either_name(report):
    assert report["relu"] is report["ReLU"]
    with pytest.raises(KeyError):
        report["plot_loss_curve"]
    assert repr(report).startswith("Report(")
    assert isinstance(report, Report)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lang": "fr"}, "lang must be en or zh, got 'fr'"),
        ({"time_limit": 0}, "time_limit must be a number of seconds above 0, got 0"),
        ({"time_limit": "long"}, "time_limit must be"),
        ({"memory_limit": -1}, "memory_limit must be a number of bytes above 0 or None, got -1"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments, message, module):
    with pytest.raises(ValueError, match=message):
        check(module, **arguments)


def test_a_namespace_without_the_exercises_functions_is_an_error():
    with pytest.raises(UnreadableFileError, match="defines none of the exercise's functions"):
        check({"f": lambda x: x, "relu": 3}, lang="en")


def test_json_holds_what_a_grader_needs(report):
    plain = json.loads(report.to_json())
    assert plain == json.loads(json.dumps(report.to_dict()))
    assert (plain["schema"], plain["ok"], plain["right"], plain["wrong"], plain["missing"]) == (
        1,
        False,
        12,
        1,
        0,
    )
    (relu,) = (step for step in plain["steps"] if step["step"] == "relu")
    assert (relu["name"], relu["status"]) == ("ReLU", "wrong")
    finding = relu["findings"][0]
    assert finding["kind"] == "arguments"
    assert finding["cause"]["code"] == "relu_overwrites_argument"
    assert finding["place"]["text"] == "X[X < 0] = 0"
    assert plain["together"]["status"] == "wrong"


class Nesting(html.parser.HTMLParser):
    """Holds every opening tag against its closing one."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_a_table_and_no_learners_markup(tmp_path):
    evil = put("return np.maximum(X, 0)", 'raise ValueError("<script>alert(1)</script> & more")')
    parsed = Nesting()
    parsed.feed(check_text(evil, tmp_path)._repr_html_())
    assert parsed.open == []
    assert "<script>alert(1)</script> & more" in parsed.text  # as text
    assert "✗ wrong" in parsed.text


def test_chinese_reports_hold_no_english_sentence(module, tmp_path):
    report = check(module, lang="zh")
    for text in (str(report), report._repr_html_()):
        assert "它改变了传入的参数 X" in text
        assert "被原地改写" in text
        assert not re.search(r"\b(the|wrong|right|is|expected)\b", re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize(
    ("variables", "lang"),
    [
        ({"LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_locale_chooses_the_language(variables, lang, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.choose() == lang


def test_every_cause_has_its_sentence_in_both_languages():
    tables = words.words()
    codes = {code for step in STEPS for code, _ in known_faults(step.key)}
    room = Path(words.__file__).parent
    for tree in (ast.parse(path.read_text("utf-8")) for path in room.rglob("*.py")):
        for node in ast.walk(tree):  # flaw_at(node, step, code), Flaw(step, code)
            place = {"flaw_at": 2, "Flaw": 1}.get(getattr(getattr(node, "func", None), "id", ""))
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                codes.add(node.args[place].value)
    assert codes - {""} <= tables["causes"].keys()
    for english, chinese in [*tables["sentences"].values(), *tables["causes"].values()]:
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))
        assert english.strip()
        assert chinese.strip()


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step.key != "initialize"], ids=lambda step: step.key
)
def test_no_known_fault_gives_the_right_numbers(step):
    cases = [make_case(shape) for shape in SHAPES]
    cases += extreme_logits() if step.extreme else [amplified(cases[0])] if step.key == "predict" else []
    for code, fault in known_faults(step.key):
        with np.errstate(all="ignore"):
            made = [(fault(case), expected_results(step, case)) for case in cases]
        pairs = [(got[name], right[name]) for got, right in made for name in got if name in right]
        assert not all(close(np.asarray(got, float), right) for got, right in pairs), code


@st.composite
def different_sizes(draw):
    """n, m, h and K, no two alike."""
    sizes = draw(st.lists(st.integers(2, 9), min_size=4, max_size=4, unique=True))
    return tuple(sizes)


@pytest.fixture(scope="module")
def right():
    scope = {}
    exec(RIGHT, scope)
    process = Process(fork_this(scope, {"trainX": np.ones((5, 4))}, Limits()), Limits())
    process.start()
    yield Learner(process, {}, lambda file, line: None)
    process.stop()


@hypothesis_settings(max_examples=25)
@given(different_sizes(), st.sampled_from([step.key for step in STEPS if step.key != "initialize"]))
def test_right_steps_are_right_at_any_shapes(right, shape, key):
    assert examine(right, key, shapes=[shape]).status in ("right", "missing")


@hypothesis_settings(max_examples=10)
@given(different_sizes())
def test_central_differences_agree_with_the_lessons_gradient(shape):
    case = make_case(shape)

    def loss(parameters):
        return float(steps.cross_entropy(case.Y, steps.forward(case.X, parameters).O))

    for name, slopes in central_differences(loss, case.parameters).items():
        np.testing.assert_allclose(slopes, getattr(case.gradient, name), rtol=1e-5, atol=1e-8)


@hypothesis_settings(max_examples=50)
@given(different_sizes())
def test_no_case_comes_near_relus_kink(shape):
    assert np.abs(make_case(shape).Z).min() >= 0.02


def test_a_step_that_cannot_begin_begins_anew(tmp_path, monkeypatch):
    expect, failed = Process._expect, []

    def first_is_lost(process, what):
        if what == "ready" and not failed:
            failed.append(what)
            process._lose("died")
        expect(process, what)

    monkeypatch.setattr(Process, "_expect", first_is_lost)
    assert check_text(RIGHT, tmp_path).ok
    assert failed
