"""What a check finds, in codes and numbers; ``words`` turns the codes into sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Cause", "Finding", "Place", "Result", "Status"]

Status = Literal["right", "wrong", "other", "missing"]
"""Other: found by its name, in a convention in which it could not be judged."""


@dataclass(frozen=True)
class Place:
    """A line of the learner's file.

    Attributes
    ----------
    file : str
    line : int
        From 1; in a notebook, within the cell.
    cell : int or None
        Which code cell of the notebook, from 1.
    text : str
        What stands there.
    """

    file: str
    line: int
    cell: int | None = None
    text: str = ""


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
    status : {"right", "wrong", "other", "missing"}
    findings : tuple of Finding
        What is wrong, the most telling first.
    remarks : tuple of Finding
        What is worth knowing and does not make the step wrong.
    """

    status: Status
    findings: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()
