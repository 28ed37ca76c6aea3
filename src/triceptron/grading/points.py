"""How many points each step is worth: the teacher's TOML file."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triceptron.checking.report import EVEN_WEIGHTS, share
from triceptron.checking.steps_table import STEPS

__all__ = ["KEYS", "Points", "Score", "read_points", "score"]

KEYS = (*(step.key for step in STEPS), "together")
"""What can earn points: the steps, and all of them together."""


@dataclass(frozen=True)
class Points:
    """What all steps earn together, and what each weighs; a step without a weight does not count."""

    total: float = 10.0
    weights: Mapping[str, float] = field(default_factory=lambda: dict(EVEN_WEIGHTS))


@dataclass(frozen=True)
class Score:
    """What a submission has earned.

    Attributes
    ----------
    earned, total : float
    steps : mapping
        For each step that counts: its status, what it has earned, what it could have earned.
    """

    earned: float
    total: float
    steps: Mapping[str, tuple[str, float, float]]


def read_points(path: Path) -> Points:
    """Read a file of points.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no TOML, or says something else than ``total`` and ``[weights]``.
    """
    try:
        asked = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from None
    for name in asked:
        if name not in ("total", "weights"):
            raise ValueError(f"{path}: {name!r} is not known; there are total and [weights]")
    total = _number(path, "total", asked.get("total", 10.0))
    if total == 0:
        raise ValueError(f"{path}: total must be a number above 0, got 0")
    if "weights" not in asked:
        return Points(total)
    weights = asked["weights"]
    if not isinstance(weights, dict):
        raise ValueError(
            f"{path}: weights must be a table: a line [weights], then a line such as forward = 2"
        )
    for name in weights:
        if name not in KEYS:
            raise ValueError(f"{path}: no step is called {name!r}; there are {', '.join(KEYS)}")
    found = {key: _number(path, key, weights[key]) for key in KEYS if key in weights}
    if not sum(found.values()):
        raise ValueError(f"{path}: at least one step must have a weight above 0")
    return Points(total, {key: weight for key, weight in found.items() if weight})


def _number(path: Path, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{path}: {name} must be a number of at least 0, got {value!r}")
    return float(value)


def score(report: Mapping[str, Any], points: Points, *, require: bool = True) -> Score:
    """Count the points of a report as `triceptron.checking.Report.to_dict` gives it.

    Parameters
    ----------
    report : mapping
        Or what stands for it where the file could not be read: no step is right.
    points : Points
    require : bool
        Count a step that is not there; else it is left out, and the others earn the total.
    """
    statuses = {step["step"]: str(step["status"]) for step in report.get("steps", ())}
    statuses["together"] = str(report.get("together", {}).get("status", "missing"))
    weights = {
        key: weight
        for key, weight in points.weights.items()
        if require or statuses.get(key, "missing") != "missing"
    }
    one = points.total / (sum(weights.values()) or 1.0)
    steps = {
        key: (status, one * weight if status == "right" else 0.0, one * weight)
        for key, weight in weights.items()
        for status in (statuses.get(key, "missing"),)
    }
    return Score(points.total * share(statuses, weights), points.total, steps)
