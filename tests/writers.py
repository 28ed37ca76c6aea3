"""What is written whole or not at all, for the trials that kill writers, let them race and cut the power."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from triceptron import initialize
from triceptron.files import InvalidFileError, checkpointfile, whole, write_file, write_folder
from triceptron.jobs.table.runs import Ledger, Outcome
from triceptron.training import State

__all__ = ["LETTERS", "Writing", "writings"]

LETTERS = "onx"
"""The contents: an old one, a new one and one after those."""

_NAMES = ("a", "b", "c")
_SIZE = 5000


class Writing(NamedTuple):
    """Something that is written.

    Attributes
    ----------
    name : str
    write : callable
        Writes, in a folder, the content of a letter.
    read : callable
        Returns the letter of what is in the folder whole; "" where there is nothing. Anything else is an
        `AssertionError`. It may not write.
    files : tuple of str
        The only names in the folder after a writing.
    """

    name: str
    write: Callable[[Path, str], None]
    read: Callable[[Path], str]
    files: tuple[str, ...]

    def left_behind(self, place: Path) -> list[str]:
        """Return what else is in the folder."""
        return sorted(set(os.listdir(place)) - set(self.files))


def writings() -> list[Writing]:
    """Return all kinds of what is written."""
    return [
        Writing("a folder", _write_folder, _read_folder, ("out",)),
        Writing("a folder in two moves", _write_folder_in_two_moves, _read_folder, ("out",)),
        Writing("a folder in a new folder", _write_folder_deep, _read_folder_deep, ("deep",)),
        Writing("a file", _write_file, _read_file, ("file",)),
        Writing("a checkpoint", _write_checkpoint, _read_checkpoint, ("checkpoint",)),
        Writing("a ledger", _write_ledger, _read_ledger, ("runs.jsonl",)),
    ]


def _write_folder(place: Path, letter: str) -> None:
    files = {name: partial(_fill, letter) for name in _NAMES}
    write_folder(place / "out", files, ours=_NAMES, force=True)


def _fill(letter: str, path: Path) -> None:
    path.write_text(letter * _SIZE)


def _write_folder_in_two_moves(place: Path, letter: str) -> None:
    """Write as on a system that cannot exchange folders."""
    with patch.object(whole, "exchange", lambda *_: False):
        _write_folder(place, letter)


def _write_folder_deep(place: Path, letter: str) -> None:
    _write_folder(place / "deep" / "deeper", letter)


def _read_folder_deep(place: Path) -> str:
    return _read_folder(place / "deep" / "deeper")


def _read_folder(place: Path) -> str:
    out = place / "out"
    if not out.exists():  # between the two moves both are beside that place, whole; the new one will be taken
        moved = sorted(place.glob(".out-*/old"))
        if not moved:
            return ""
        new = moved[0].with_name("new")
        out = new if new.exists() else moved[0]
    (content,) = {(out / name).read_text() for name in _NAMES}
    return _letter(content)


def _letter(content: str) -> str:
    assert content == content[:1] * _SIZE, f"a file of {len(content)} letters"
    return content[:1]


def _write_file(place: Path, letter: str) -> None:
    write_file(place / "file", letter.encode() * _SIZE)


def _read_file(place: Path) -> str:
    path = place / "file"
    return _letter(path.read_text()) if path.exists() else ""


def _write_checkpoint(place: Path, letter: str) -> None:
    state = State(initialize(9, 8, 3), (), step=LETTERS.index(letter))
    checkpointfile.write(
        place / "checkpoint", checkpointfile.Checkpoint({}, {"now": state}, {"loss": [1.0]}, {}, {})
    )


def _read_checkpoint(place: Path) -> str:
    path = place / "checkpoint"
    if not path.exists():
        return ""
    try:
        state = checkpointfile.read(path).states["now"]
    except InvalidFileError as error:
        raise AssertionError(str(error)) from error
    assert np.array_equal(state.parameters.W1, initialize(9, 8, 3).W1)
    return LETTERS[state.step]


_OUTCOME = Outcome([1.0], [1.0], ["before", "before"], [0.5, 0.5], 0.1, 3, 4, "01234567", "")


def _write_ledger(place: Path, letter: str) -> None:
    """Add a run that tells how many there were before it."""
    ledger = Ledger(place / "runs.jsonl")
    ledger.add(letter, replace(_OUTCOME, correct=sum(before in ledger for before in LETTERS)))


def _read_ledger(place: Path) -> str:
    """Return the last letter; all that were there when it was written must be there."""
    ledger = Ledger(place / "runs.jsonl")
    there = [letter for letter in LETTERS if letter in ledger]
    for before, letter in enumerate(there):
        assert ledger[letter] == replace(_OUTCOME, correct=before), f"only {there} are there"
    return there[-1] if there else ""
