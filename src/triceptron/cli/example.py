"""``triceptron example``: a file to try the other commands on."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from triceptron.cli.console import not_written_over, tell
from triceptron.cli.options import Force, Quiet
from triceptron.jobs import Example, write_example

__all__ = ["example"]


def example(
    name: Example,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a file to try the other commands on.

    flowers.csv is a table for `triceptron train`: Fisher's irises, 150 flowers of three species. steps.py is
    the exercise with two faults for `triceptron check` to find.

    Example: `triceptron example flowers.csv`

    Parameters
    ----------
    name
        flowers.csv or steps.py.
    out
        Where to write it; under its own name when not given.
    """
    path = Path(name) if out is None else out
    with not_written_over(path, force):
        write_example(name, path, new=not force)
    if not quiet:
        then = f"train {path} --label species" if name == "flowers.csv" else f"check {path}"
        tell(f"written to {path}; now: triceptron {then}")
