"""The options that commands share, and the hyperparameters as options of their own."""

from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from cyclopts import Parameter

from triceptron.training import EngineName, Recipe

__all__ = ["Engine", "Force", "NThreads", "Out", "Quiet", "Switch", "with_recipe"]

Switch: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]

Engine: TypeAlias = Annotated[
    EngineName, Parameter(help="The fused native core, or the formulas as written.")
]
NThreads: TypeAlias = Annotated[
    int | None, Parameter(help="Threads of the core; the result does not depend on it.")
]
Out: TypeAlias = Annotated[Path, Parameter(name=["--out", "-o"], help="Where to write.")]
Force: TypeAlias = Annotated[Switch, Parameter(help="Replace what an earlier command wrote there.")]
Quiet: TypeAlias = Annotated[Switch, Parameter(name=["--quiet", "-q"], help="Print nothing but errors.")]

Command = TypeVar("Command", bound=Callable[..., Any])


def with_recipe(command: Command) -> Command:
    """Spread a command's ``recipe`` into an option for each hyperparameter.

    The default of ``recipe`` gives the options' defaults: cyclopts fills what is not named from the class, so
    the command takes a class of recipes that has the job's own defaults.
    """
    defaults = signature(command).parameters["recipe"].default
    given = [
        (entry.name, entry.type, field(default=getattr(defaults, entry.name))) for entry in fields(Recipe)
    ]
    options = make_dataclass(
        "Recipe", given, bases=(Recipe,), frozen=True, namespace={"__module__": __name__}
    )
    options.__doc__ = Recipe.__doc__
    command.__annotations__["recipe"] = Annotated[options, Parameter(name="*")]
    return command
