"""What is known of one submission once it is checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from triceptron.grading.points import Score
from triceptron.language import say

__all__ = ["Fault", "Outcome", "cleaned"]


class Fault(NamedTuple):
    """One thing that is wrong: the step, the learner's name for it, and the finding as the report has it."""

    step: str
    name: str
    finding: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The known cause, or which check failed."""
        cause = self.finding["cause"]
        return str(cause["code"] if cause else self.finding["kind"])

    @property
    def words(self) -> str:
        """The likely cause in a sentence, or what was found."""
        cause = self.finding["cause"]
        return str(cause["text"] if cause else self.finding["text"])


@dataclass(frozen=True)
class Outcome:
    """A submission and what the check says of it.

    Attributes
    ----------
    who : str
        The learner's name.
    identity : str
        The number that the learning platform gave, where it gave one.
    slug : str
        The name of the learner's report, without its suffix; no two are the same.
    file : str
        The file that was checked; empty where there is none.
    report : mapping
        As `triceptron.checking.Report.to_dict` gives it; with an `error` where it could not be read.
    score : Score
    remarks : tuple of str
        What the teacher should know: other files, links that were not followed, the same file as another's.
    """

    who: str
    identity: str
    slug: str
    file: str
    report: Mapping[str, Any]
    score: Score
    remarks: tuple[str, ...] = ()

    @property
    def error(self) -> str:
        """Why nothing could be checked; empty where it could."""
        return str(self.report.get("error", ""))

    @property
    def full(self) -> bool:
        """Whether every step that counts is right."""
        return all(status == "right" for status, _, _ in self.score.steps.values()) and not self.error

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong, step by step; what only follows from a step's fault is left out."""
        wrong = set()
        for step in self.report.get("steps", ()):
            if step["status"] == "wrong":
                wrong.add(step["step"])
                kept = [each for each in step["findings"] if each["kind"] != "spoils_gradient"]
                yield from (Fault(step["step"], step["name"], each) for each in kept or step["findings"])
        together = self.report.get("together", {})
        if together.get("status") == "wrong" and not wrong:
            yield from (Fault("together", "", finding) for finding in together["findings"])

    def unjudged(self) -> list[str]:
        """Return the steps that count and that a person must look at."""
        return [key for key, (status, _, _) in self.score.steps.items() if status == "other"]

    def notes(self) -> list[str]:
        """Return what a person should know, in sentences."""
        told = []
        if self.unjudged():
            told.append(say("not judged, look at it by hand: {1}", ", ".join(self.unjudged())))
        ready = ", ".join(self.report.get("answers", ()))
        if ready:
            told.append(say("imports what has the answer ready: {1}", ready))
        told += [str(each["reason"]) for each in self.report.get("not_run", ())]
        return [*told, *self.remarks]


def cleaned(report: dict[str, Any], folder: str) -> dict[str, Any]:
    """Take out of a report what differs from run to run.

    That is addresses in memory, the folders that were made for the check, and how long it took.
    """
    passing = re.compile(rf"{re.escape(folder)}[/\\]|\b0x[0-9a-fA-F]{{6,16}}\b|\btriceptron-\w{{8}}\b")

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return passing.sub(lambda found: "" if found[0].startswith(folder) else "…", value)
        if isinstance(value, dict):
            return {name: clean(each) for name, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, list) else value

    return {name: clean(value) for name, value in report.items() if name != "seconds"}
