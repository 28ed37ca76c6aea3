"""What the world calls the functions of a network, and their arguments: ``names.toml``, read."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from triceptron.checking.steps_table import plain

__all__ = ["quantity", "role_of"]

_NAMES = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
_SIZES = ("m", "h", "K", "sizes")


@cache
def role_of(name: str) -> str:
    """Tell which step a function of that name is, its class's before it or not; empty if it is none."""
    own = plain(name.rpartition(".")[2])
    return next((role for role, names in _NAMES["roles"].items() if _fits(names, own)), "")


def _fits(names: Sequence[str], name: str) -> re.Match[str] | None:
    return next((match for match in (re.fullmatch(pattern, name) for pattern in names) if match), None)


@cache
def quantity(name: str, sizes: bool) -> str:
    """Tell what an argument of that name is, such as "X", "W1" or "learning_rate"; empty if unknown."""
    name = plain(name)
    table = _NAMES["arguments"]
    rest = [key for key in table if key not in _SIZES]
    order = ["activation", *_SIZES, *rest] if sizes and name not in ("x", "y") else [*rest, *_SIZES]
    for key in order:
        match = _fits(table[key], name)
        if match:
            number = next((group for group in match.groups() if group and group.isdigit()), "")
            return f"{key}{number}" if key in ("W", "b", "dW", "db", "Z", "A") else key
    return ""
