"""``triceptron check``: find the fault in anyone's own steps."""

import sys
from json import dumps
from pathlib import Path
from typing import Literal

from triceptron.cli.options import Quiet, Switch

__all__ = ["check"]


def check(
    file: Path | None = None,
    /,
    *,
    template: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Switch = False,
    map: tuple[str, ...] = (),
    require: Switch = False,
    time_limit: float = 3.0,
    quiet: Quiet = False,
) -> None:
    """Check your own steps: which function is wrong, how, and why.

    Reads a .py file or a notebook that defines functions of the exercise (initialize, linear_combination,
    ReLU, softmax, log_softmax, cross_entropy_with_softmax, forward, compute_gradient, update, backward,
    train, predict; any of them, under these names or ours) and checks each alone and all together. Anyone's
    network is checked too: functions, classes and plain scripts, in their own convention. Only imports,
    constants and definitions are run, in a process of their own: see the documentation on what that closes.

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
        Print the report for a program; of a file that cannot be read, too.
    map
        A function whose name does not tell which step it is: `--map forward=my_forward`.
    require
        Exit with 1 where a step of the exercise is not there.
    time_limit
        Seconds that the check of one step may take.
    """
    from triceptron import checking
    from triceptron.checking.steps_table import STEPS

    if (file is None) == (template is None):
        raise ValueError(
            "check needs one file: FILE to check, or --template FILE to write the empty exercise"
        )
    if template is not None:
        written = checking.write_template(template, lang=lang)
        if not quiet:
            print(written)
        return
    names = dict(_pair(entry) for entry in map)
    steps = [step.key for step in STEPS if not step.optional] if require else []
    try:
        report = checking.check(file, lang=lang, time_limit=time_limit, names=names, require=steps)
    except checking.UnreadableFileError as error:
        if not json:
            raise
        print(dumps({"schema": 1, "file": str(file), "ok": False, "error": str(error)}, indent=2))
        sys.exit(1)
    if json:
        print(report.to_json(ascii_only=(sys.stdout.encoding or "").lower() in ("ascii", "us-ascii")))
    elif not quiet:
        report.print()
    sys.exit(0 if report.ok else 1)


def _pair(entry: str) -> tuple[str, str]:
    step, equals, name = entry.partition("=")
    if not (step and equals and name):
        raise ValueError(f"--map wants STEP=NAME, such as forward=my_forward, got {entry!r}")
    return step, name
