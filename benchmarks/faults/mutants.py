"""Programs and their mutants: a line that is marked with its role is written otherwise.

A line of a program ends with its roles (``#: dW2``); the marks are taken off before anyone sees the program.
An edit names the roles whose lines it changes, what it looks for there, and what it puts instead; where it
finds nothing, there is no mutant.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from benchmarks.faults.catalogue import names_of

__all__ = ["SPLITS", "Mutant", "edited", "harmless", "mutants", "plain", "programs", "steps"]

SPLITS = ("tuning", "judging")
_FOLDER = Path(__file__).parent / "programs"
_MARK = re.compile(r"  #: ([\w,]+)$", re.MULTILINE)


class Mutant(NamedTuple):
    """A program with one edit: which program, which fault (or rewrite), the line, the text."""

    program: str
    fault: str
    line: int
    text: str


def programs(split: str) -> dict[str, str]:
    """Return a split's programs by name, with their marks."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((_FOLDER / split).glob("*.py"))}


def plain(text: str) -> str:
    """Take the marks off."""
    return _MARK.sub("", text)


@cache
def mutants(split: str) -> tuple[Mutant, ...]:
    """Return a split's programs with one fault each, in at most one place for each program and fault."""
    return tuple(_apply(split, "FAULTS"))


@cache
def harmless(split: str) -> tuple[Mutant, ...]:
    """Return a split's programs as they are, and rewritten without harm."""
    as_they_are = [Mutant(name, "as it is", 0, plain(text)) for name, text in programs(split).items()]
    return (*as_they_are, *_apply(split, "HARMLESS"))


def steps(program: str, step: str) -> frozenset[str]:
    """Return the names under which a tool may tell that a step of a program is wrong."""
    held = {}
    for split in SPLITS:
        held |= import_module(f"benchmarks.faults.{split}").HELD.get(program, {})
    return frozenset().union(*map(names_of, (step, *held.get(step, "").split())))


def _apply(split: str, table: str) -> Iterator[Mutant]:
    """Yield the mutants of a table of wordings; of several places for a fault, its name chooses one."""
    wordings = import_module(f"benchmarks.faults.{split}")
    for name, text in programs(split).items():
        yield from _written(split, name, text, harmless=table == "HARMLESS")
        places: dict[str, dict[str, Mutant]] = {}
        for fault, roles, pattern, new in getattr(wordings, table):
            for line, changed in edited(text, roles.split(), pattern, new):
                if (name, fault, line) not in wordings.EQUIVALENT:
                    places.setdefault(fault, {})[changed] = Mutant(name, fault, line, plain(changed))
        for fault, found in places.items():
            yield list(found.values())[crc32(f"{name} {fault}".encode()) % len(found)]


def _written(split: str, name: str, text: str, *, harmless: bool) -> Iterator[Mutant]:
    """Yield the mutants of a program whose edits stand in a file beside it, a paragraph each.

    A fault's name, or "=" and that of a harmless rewrite, lines that begin with "- " for what is looked for,
    and with "+ " for what is put instead.
    """
    path = _FOLDER / split / f"{name}.edits"
    whole = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    for paragraph in filter(None, whole.split("\n\n")):
        fault, *lines = paragraph.split("\n")
        old, new = ("\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+")
        old += "" if new else "\n"
        if fault.startswith("=") == harmless:
            number = text[: text.index(old)].count("\n") + 1
            yield Mutant(name, fault.removeprefix("= "), number, text.replace(old, new, 1))


def edited(text: str, roles: list[str], pattern: str, new: str) -> Iterator[tuple[int, str]]:
    """Yield the text with a line written otherwise, for each line that has one of the roles and the pattern.

    A role "*" stands for the whole text. ``new`` may have several lines, which are indented as the first;
    "<role>" in it stands for what the line of that role assigns to, and "MOVE role" moves the line to just
    before the line of that role (to just after it with "MOVE +role").
    """
    lines = text.splitlines()
    if roles == ["*"]:
        changed, count = re.subn(pattern, new, text, count=1)
        if count and changed != text:
            yield _first_difference(text, changed), changed
        return
    for number, line in enumerate(lines):
        mark = _MARK.search(line)
        if mark is None or not set(roles) & set(mark[1].split(",")):
            continue
        code = line[: mark.start()]
        if new.startswith("MOVE "):
            if (moved := _moved(lines, number, new.removeprefix("MOVE "))) and re.search(pattern, code):
                yield number + 1, "\n".join(moved) + "\n"
            continue
        try:
            filled = re.sub(r"<(\w+)>", lambda found: _target(lines, found[1]), new)
        except LookupError:
            continue
        changed, count = re.subn(pattern, filled, code, count=1)
        if not count or changed == code:
            continue
        indent = line[: len(line) - len(line.lstrip())]
        first, *rest = changed.split("\n")
        whole = "\n".join([first + mark[0], *(indent + part if part else part for part in rest)])
        yield number + 1, "\n".join([*lines[:number], whole, *lines[number + 1 :]]) + "\n"


def _find(lines: list[str], role: str) -> int:
    for number, line in enumerate(lines):
        mark = _MARK.search(line)
        if mark and role in mark[1].split(","):
            return number
    raise LookupError(role)


def _target(lines: list[str], role: str) -> str:
    found = re.match(r'\s*([\w.]+(?:\["\w+"\])?)', lines[_find(lines, role)])
    return found[1] if found else role


def _moved(lines: list[str], number: int, where: str) -> list[str] | None:
    try:
        place = _find(lines, where.lstrip("+")) + where.startswith("+")
    except LookupError:
        return None
    indent = re.match(r" *", lines[place - where.startswith("+")])[0]
    moved = indent + lines[number].lstrip()
    rest = [*lines[:number], *lines[number + 1 :]]
    place -= number < place
    return [*rest[:place], moved, *rest[place:]]


def _first_difference(text: str, changed: str) -> int:
    for number, (one, other) in enumerate(zip(text.splitlines(), changed.splitlines(), strict=False), 1):
        if one != other:
            return number
    return 0
