"""What the world calls the functions of a network, and their arguments: ``names.toml``, read."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from triceptron.checking.steps_table import plain

__all__ = ["arguments", "loss_class", "needed", "quantity", "role_of"]

_NAMES = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
_SIZES = ("m", "h", "K", "sizes")


@cache
def role_of(name: str) -> str:
    """Tell which step a function of that name is, its class's before it or not; empty if it is none."""
    own = plain(name.rpartition(".")[2])
    return next((role for role, names in _NAMES["roles"].items() if _fits(names, own)), "")


def loss_class(name: str) -> bool:
    """Tell whether a class of that name is a loss."""
    words = ("loss", "entropy", "mse", "cost", "squared")
    return role_of(name) == "cross_entropy" or any(word in plain(name) for word in words)


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


def needed(entry: Mapping[str, Any]) -> list[str]:
    """Return the names of the arguments that a function cannot do without."""
    return [name for name, kind, optional in entry["arguments"] or [] if not optional and kind[:3] != "VAR"]


def arguments(
    wanted: Sequence[Sequence[Any]] | None, values: Mapping[str, str], *, sizes: bool, otherwise: str = ""
) -> str | None:
    """Write the arguments of a call; nothing where one of them is of unknown meaning, unless told what."""
    if wanted is None:
        return None
    written = []
    free = [key for key in ("X", "Y") if not sizes]
    first = [name for name, _, optional in wanted if not optional]
    if sizes and len(first) == 3 and not any(quantity(name, True) for name in first):
        values = {**values, **{name: values.get(key, "") for name, key in zip(first, _SIZES, strict=False)}}
    for name, kind, optional in wanted:
        if kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
            continue
        key = quantity(name, sizes)
        if name == "p" and any(quantity(other, sizes)[:1] == "W" for other, *_ in wanted):
            key = "P"  # beside the parameters one by one
        key = name if sizes and name in values else key if key in values else quantity(name, not sizes)
        if key not in values and not optional and free:
            key = free[0]
        if optional and not sizes and key in ("X", "Y") and key not in free:
            continue  # a batch may be a number
        if key in free:
            free.remove(key)
        useful = not optional or key in ("X", "Y", "learning_rate", "epochs", "batch_size", "verbose")
        if key in values and useful:
            written.append(values[key] if kind == "POSITIONAL_ONLY" else f"{name}={values[key]}")
        elif not optional and otherwise:
            written.append(otherwise if kind == "POSITIONAL_ONLY" else f"{name}={otherwise}")
        elif not optional:
            return None
    return ", ".join(written)
