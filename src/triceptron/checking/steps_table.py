"""The one table of the exercise's steps, ``steps.toml``: what each is called, fed with, and returns."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PROVIDED", "STEPS", "Step", "find_names", "step"]


@dataclass(frozen=True)
class Step:
    """A function of the exercise; the fields are explained in ``steps.toml``."""

    key: str
    names: tuple[str, ...]
    arguments: tuple[str, ...]
    returns: tuple[str, ...] = ()
    fed: tuple[str, ...] = ()
    changes: tuple[int, ...] = ()
    labelled: bool = False
    composite: bool = False
    extreme: bool = False
    optional: bool = False


_TABLE = tomllib.loads(Path(__file__).with_name("steps.toml").read_text("utf-8"))


def _step(key: str, record: dict[str, Any]) -> Step:
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in record.items()}
    return Step(key, **fields)


STEPS = tuple(_step(key, record) for key, record in _TABLE.items())

PROVIDED = ("trainX", "trainY", "trainY_mat", "testX", "testY", "testY_mat")
"""The data that the exercise's functions find among their globals."""


def step(key: str) -> Step:
    """Return the step of that key."""
    return next(step for step in STEPS if step.key == key)


def find_names(defined: Iterable[str]) -> dict[str, str]:
    """Tell which of the defined names stands for which step: from a step's key to the name.

    The text's spelling goes before ours, and ours before any other capitalisation or placing of underscores.
    """
    exact = list(defined)
    loose = {plain(name): name for name in exact}
    found = {}
    for step in STEPS:
        candidates = [name for name in step.names if name in exact]
        candidates += [loose[plain(name)] for name in step.names if plain(name) in loose]
        if candidates:
            found[step.key] = candidates[0]
    return found


def plain(name: str) -> str:
    """Write a name in small letters without underscores."""
    return name.lower().replace("_", "")
