"""The options that commands share, and the hyperparameters as options of their own."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import field, fields, make_dataclass
from decimal import Decimal, InvalidOperation
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from cyclopts import Parameter, Token

from triceptron.arrays import check_count
from triceptron.training import EngineName, Recipe

__all__ = [
    "Engine",
    "Force",
    "NThreads",
    "Names",
    "Out",
    "Quiet",
    "Resume",
    "Switch",
    "Whole",
    "WholeOrNone",
    "check_threads",
    "with_recipe",
]


def _whole(type_: Any, tokens: Sequence[Token]) -> int:
    """Read a whole number: 20, 1e3 and 30.0 are some, 20.6 is none (cyclopts alone would round it)."""
    (token,) = tokens
    try:
        number = Decimal(token.value)
        if number.is_finite() and number.adjusted() < 30 and number == number.to_integral_value():
            return int(number)
    except InvalidOperation:
        pass
    raise ValueError(f"{token.value!r} is not a whole number")


def _whole_or_none(type_: Any, tokens: Sequence[Token]) -> int | None:
    return None if tokens[0].value.lower() == "none" else _whole(type_, tokens)


_WHOLE, _WHOLE_OR_NONE = Parameter(converter=_whole), Parameter(converter=_whole_or_none)

Whole: TypeAlias = Annotated[int, _WHOLE]
WholeOrNone: TypeAlias = Annotated[int | None, _WHOLE_OR_NONE]


def _names(type_: Any, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Read the names of columns with commas between; a name that has a comma itself stands in quotes."""
    lines = (next(csv.reader([token.value], skipinitialspace=True), []) for token in tokens)
    return tuple(name.strip() for line in lines for name in line if name.strip())


Names: TypeAlias = Annotated[tuple[str, ...], Parameter(converter=_names, negative=(), n_tokens=1)]

Switch: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]

Engine: TypeAlias = Annotated[
    EngineName, Parameter(help="The fused native core, or the formulas as written.")
]
NThreads: TypeAlias = Annotated[
    int | None,
    _WHOLE_OR_NONE,
    Parameter(help="Threads of the core; the result does not depend on it."),
]
Out: TypeAlias = Annotated[Path, Parameter(name=["--out", "-o"], help="Where to write.")]
Force: TypeAlias = Annotated[Switch, Parameter(help="Replace what an earlier command wrote there.")]
Resume: TypeAlias = Annotated[
    Switch, Parameter(help="Go on with the run that was stopped there, to the same bits.")
]
Quiet: TypeAlias = Annotated[Switch, Parameter(name=["--quiet", "-q"], help="Print nothing but errors.")]

Command = TypeVar("Command", bound=Callable[..., Any])


def check_threads(n_threads: int | None) -> None:
    """Refuse a number of threads before anything else is done."""
    if n_threads is not None:
        check_count("n_threads", n_threads)


def with_recipe(command: Command) -> Command:
    """Spread a command's ``recipe`` into an option for each hyperparameter.

    The default of ``recipe`` gives the options' defaults: cyclopts fills what is not named from the class, so
    the command takes a class of recipes that has the job's own defaults.
    """
    defaults = signature(command).parameters["recipe"].default
    whole: dict[Any, Any] = {int: Whole, int | None: WholeOrNone}
    given = [
        (entry.name, whole.get(entry.type, entry.type), field(default=getattr(defaults, entry.name)))
        for entry in fields(Recipe)
    ]
    options = make_dataclass(
        "Recipe", given, bases=(Recipe,), frozen=True, namespace={"__module__": __name__}
    )
    options.__doc__ = Recipe.__doc__
    command.__annotations__["recipe"] = Annotated[options, Parameter(name="*")]
    return command
