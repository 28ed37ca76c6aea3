import ast
from functools import cache

import numpy as np
import pytest

from benchmarks.faults import behaviour
from benchmarks.faults.catalogue import FAULTS
from benchmarks.faults.mutants import SPLITS, Mutant, edited, harmless, mutants, plain, programs
from benchmarks.faults.score import Answer, Finding, read_answer, verdict

CHANGES_NUMBERS = {"another seed", "another start", "float32", "small biases"}


@cache
def own_losses(split, program):
    return behaviour.losses(plain(programs(split)[program]))


@pytest.mark.parametrize("split", SPLITS)
def test_every_program_and_harmless_rewrite_learns(split):
    for case in harmless(split):
        losses = behaviour.losses(case.text)
        assert len(losses) > 1, case[:3]
        assert losses[-1] < 0.9 * losses[0], case[:3]
        if case.fault not in CHANGES_NUMBERS:
            np.testing.assert_allclose(
                losses, own_losses(split, case.program), rtol=1e-5, err_msg=str(case[:3])
            )


@pytest.mark.parametrize("split", SPLITS)
def test_every_mutant_is_python_and_does_something_else(split):
    texts = {name: plain(text) for name, text in programs(split).items()}
    for mutant in mutants(split):
        ast.parse(mutant.text)
        assert behaviour.differs(texts[mutant.program], mutant.text), mutant[:3]
        assert not {"NameError", "AttributeError", "KeyError"} & set(
            map(str, behaviour.outcome(mutant.text)[1:2])
        )


def test_the_benchmark_is_as_large_as_it_says():
    found = [mutant for split in SPLITS for mutant in mutants(split)]
    assert len(found) >= 1000
    assert {mutant.fault for mutant in found} == set(FAULTS)
    assert sum(len(harmless(split)) for split in SPLITS) >= 400
    assert sum(len(programs(split)) for split in SPLITS) >= 16


def test_an_edit_changes_the_marked_line_and_keeps_its_indent():
    text = "def f(x):\n    y = 2 * x  #: twice\n    return y\n"
    assert list(edited(text, ["twice"], r"2 \* x", "x\n<twice> += x")) == [
        (2, "def f(x):\n    y = x  #: twice\n    y += x\n    return y\n")
    ]
    assert list(edited(text, ["thrice"], "x", "y")) == []


def test_answers_are_read_in_either_format():
    plain_answer = read_answer('{"findings": [{"step": "softmax", "cause": "wrong_axis", "line": 3}]}')
    ours = read_answer(
        '{"steps": [{"step": "softmax", "status": "wrong", "findings": '
        '[{"cause": {"code": "wrong_axis", "text": ""}, "place": {"line": 3}}]},'
        '{"step": "relu", "status": "right", "findings": []}],'
        '"together": {"status": "missing", "findings": []}}'
    )
    assert plain_answer == ours == Answer((Finding("softmax", "wrong_axis", 3),))
    assert read_answer("no JSON").error


def test_a_verdict_tells_detection_step_line_and_cause():
    case = Mutant("rows_functions_dict", "softmax_sum_axis", 26, "")
    told = verdict(case, Answer((Finding("softmax", "wrong_axis", 26),)))
    assert told == {"detected": True, "step": True, "line": True, "cause": True, "wrong cause": False}
    told = verdict(case, Answer((Finding("relu", "relu_leaky", 9),)))
    assert told == {"detected": True, "step": False, "line": False, "cause": False, "wrong cause": True}
    assert verdict(Mutant("rows_functions_dict", "at", 9, ""), Answer()) == {"alarm": False}
