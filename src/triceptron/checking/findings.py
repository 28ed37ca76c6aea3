"""What a check finds, in codes and numbers; ``messages`` turns the codes into sentences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from triceptron.checking.source import Place

__all__ = ["Cause", "Finding", "Result", "Status"]

Status = Literal["right", "wrong", "missing"]


@dataclass(frozen=True)
class Cause:
    """A known pattern: its code, and what goes into its sentence."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Attributes
    ----------
    kind : str
        Which check failed: "raises", "shape", "values", "arguments", "finite", "together", "time", …
    values : mapping
        What goes into the kind's sentence.
    fed, got, expected : str
        What was fed in, what came out, what was expected; empty where it does not apply.
    cause : Cause or None
        The likely cause where the pattern is a known one.
    place : Place or None
        The line of the learner's file.
    """

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    fed: str = ""
    got: str = ""
    expected: str = ""
    cause: Cause | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Result:
    """The outcome of one step's checks.

    Attributes
    ----------
    status : {"right", "wrong", "missing"}
    findings : tuple of Finding
        What is wrong, the most telling first.
    remarks : tuple of Finding
        What is worth knowing and does not make the step wrong.
    """

    status: Status
    findings: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts and lists, for the pipe between the processes."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Result":
        """Undo `to_dict`."""
        return cls(
            plain["status"],
            tuple(map(_finding, plain["findings"])),
            tuple(map(_finding, plain["remarks"])),
        )

    def add(self, finding: Finding) -> "Result":
        """Return the result with one more finding."""
        return replace(self, findings=(*self.findings, finding))


def _finding(plain: Mapping[str, Any]) -> Finding:
    cause, place = plain["cause"], plain["place"]
    return Finding(
        **{
            **plain,
            "cause": None if cause is None else Cause(**cause),
            "place": None if place is None else Place(**place),
        }
    )
