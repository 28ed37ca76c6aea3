"""What a whole class got wrong: its faults by how often they occur, its steps by how many have them right."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from triceptron.grading.outcome import Fault, Outcome
from triceptron.language import say

__all__ = ["CommonFault", "common_faults", "line_of", "median", "statuses", "word"]

STATUSES = ("right", "wrong", "other", "missing")


class CommonFault(NamedTuple):
    """A fault of several learners: the first of them in its words, and all who have it, once each."""

    step: str
    words: str
    whose: tuple[tuple[Outcome, Fault], ...]


def common_faults(outcomes: Sequence[Outcome]) -> list[CommonFault]:
    """Group the faults of a class by step and cause, the most frequent first."""
    groups: dict[tuple[str, str], dict[str, tuple[Outcome, Fault]]] = {}
    for outcome in outcomes:
        for fault in outcome.faults():
            groups.setdefault((fault.step, fault.code), {}).setdefault(outcome.slug, (outcome, fault))
    found = [
        CommonFault(step, next(iter(group.values()))[1].words, tuple(group.values()))
        for (step, _), group in groups.items()
    ]
    return sorted(found, key=lambda fault: (-len(fault.whose), fault.step, fault.words))


def statuses(outcomes: Sequence[Outcome], key: str) -> dict[str, int]:
    """Count how many have a step right, wrong, not judged, or not there."""
    counted = Counter(outcome.score.steps.get(key, ("missing",))[0] for outcome in outcomes)
    return {status: counted[status] for status in STATUSES}


def median(values: Sequence[float]) -> float:
    """Return the middle of some numbers."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def line_of(finding: Any) -> str:
    """Return where a finding is, as a number: a line, or a notebook's cell and line."""
    place = finding["place"] if finding else None
    if place is None:
        return ""
    return str(place["line"]) if place["cell"] is None else f"[{place['cell']}] {place['line']}"


def word(status: str) -> str:
    """Return a verdict in the user's language."""
    words = {"right": say("right"), "wrong": say("wrong"), "other": say("not judged")}
    return words.get(status, say("not there"))
