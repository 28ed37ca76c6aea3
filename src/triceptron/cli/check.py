"""``triceptron check``: find the fault in anyone's own steps."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from triceptron.cli.options import Quiet

__all__ = ["check"]


def check(
    file: Path | None = None,
    /,
    *,
    template: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    time_limit: float = 3.0,
    quiet: Quiet = False,
) -> None:
    """Check your own steps: which function is wrong, how, and why.

    Reads a .py file or a notebook that defines functions of the exercise (initialize, linear_combination,
    ReLU, softmax, log_softmax, cross_entropy_with_softmax, forward, compute_gradient, update, backward,
    train, predict; any of them, under these names or ours) and checks each alone and all together. Only
    imports, constants and definitions are run, in a process of their own: a guard against accidents, no
    sandbox against hostile code.

    The exit status is 0 where nothing is wrong, and 1 where something is.

    Example: `triceptron check my_steps.py`

    Parameters
    ----------
    file
        The .py file or .ipynb notebook to check.
    template
        Write the empty exercise into this new .py or .ipynb file instead.
    lang
        The report's language; the locale's when not given.
    json
        Print the report for a program.
    time_limit
        Seconds that the check of one step may take.
    """
    from triceptron import checking

    if (file is None) == (template is None):
        raise ValueError(
            "check needs one file: FILE to check, or --template FILE to write the empty exercise"
        )
    if template is not None:
        written = checking.write_template(template, lang=lang)
        if not quiet:
            print(written)
        return
    report = checking.check(file, lang=lang, time_limit=time_limit)
    if json:
        print(report.to_json())
    elif not quiet:
        report.print()
    sys.exit(0 if report.ok else 1)
