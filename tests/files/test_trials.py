"""A small slice of each trial: kills, races, power cuts, mutated inputs; ``python -m tests.…`` does all."""

import os
import sys

import pytest

from tests import kills, mutations, power_cut, races
from tests.writers import writings
from triceptron.files import whole
from triceptron.jobs.table import runs

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the names of open files")

FOLDER, IN_TWO_MOVES, _, FILE, _, LEDGER = writings()


@pytest.mark.parametrize("writing", [FOLDER, FILE, LEDGER], ids=lambda writing: writing.name)
def test_a_writer_that_is_killed_loses_nothing_and_leaves_nothing(writing):
    kill_at = range(0, 100, 4)
    killed = [kills._killed(writing, lambda step=step: kills._at_step(step)) for step in kill_at[:10]]
    assert any(killed)


def test_writers_that_race_mix_nothing():
    for writing in (FOLDER, IN_TWO_MOVES, FILE):
        races._race(writing, 15)


@on_linux
@pytest.mark.parametrize("writing", [FOLDER, FILE, LEDGER], ids=lambda writing: writing.name)
def test_a_power_cut_loses_nothing(writing):
    assert power_cut.cut(writing, most=20) > 3


class WithoutFlushing:
    """Stands for the function that flushes a folder, or for a module `os` that flushes nothing."""

    def __call__(self, path):
        pass

    def __getattr__(self, name):
        return (lambda _: None) if name == "fsync" else getattr(os, name)


@on_linux
@pytest.mark.parametrize(
    ("writing", "module", "name"),
    [
        (FOLDER, whole, "sync_folder"),
        (FILE, whole, "sync_folder"),
        (FILE, whole, "os"),
        (LEDGER, runs, "os"),
    ],
)
def test_a_writer_that_forgets_to_flush_is_found(writing, module, name, monkeypatch):
    monkeypatch.setattr(module, name, WithoutFlushing())
    with pytest.raises(AssertionError, match="power cut after step"):
        power_cut.cut(writing)


def test_mutated_inputs_are_read_or_refused():
    outcome = mutations.run(300, seed=1)
    assert outcome.faults == []
    assert sum(outcome.inputs.values()) == 300
    assert sum(outcome.refused.values()) > 150
