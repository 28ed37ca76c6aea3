"""``triceptron check``: find the fault in anyone's own steps."""

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from triceptron.cli.options import Quiet, Switch
from triceptron.language import Language, choose, speak

if TYPE_CHECKING:
    from triceptron.grading import Format, Points

__all__ = ["check"]


def check(
    file: Path | None = None,
    /,
    *,
    template: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Switch = False,
    format: Literal["json", "junit", "sarif", "github", "gradescope", "nbgrader", "otter"] | None = None,
    points: Path | None = None,
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
    format
        Print the report for this other program instead; json is the same as --json.
    points
        A TOML file for the formats with points: total = 10, and below [weights] a line such as forward = 2.
    map
        A function whose name does not tell which step it is: `--map forward=my_forward`.
    require
        Exit with 1 where a step of the exercise is not there.
    time_limit
        Seconds that the check of one step may take.
    """
    from triceptron import checking
    from triceptron.checking.steps_table import STEPS
    from triceptron.grading import Points, read_points

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
    program: Format | None = "json" if json else format
    worth = Points() if points is None else read_points(points)
    try:
        report = checking.check(file, lang=lang, time_limit=time_limit, names=names, require=steps)
    except checking.UnreadableFileError as error:
        if program is None:
            raise
        unread = {"schema": 1, "file": str(file), "ok": False, "error": str(error)}
        _print_for(program, unread, Path(file), worth, lang)  # type: ignore[arg-type]
        sys.exit(1)
    if program is not None:
        _print_for(program, report.to_dict(), Path(file), worth, lang)  # type: ignore[arg-type]
    elif not quiet:
        report.print()
    sys.exit(0 if report.ok else 1)


def _print_for(
    program: "Format", report: dict[str, Any], file: Path, worth: "Points", lang: Language | None
) -> None:
    """Print a report for a program, in letters that the stream has."""
    plain = (sys.stdout.encoding or "").lower() in ("ascii", "us-ascii")
    if program == "json":
        print(dumps(report, indent=2, ensure_ascii=plain))
        return
    from triceptron.grading import Outcome, rendered, score

    speak(choose(lang))
    outcome = Outcome(file.name, "", "", file.as_posix(), report, score(report, worth))
    print(rendered(program, [outcome]), end="")


def _pair(entry: str) -> tuple[str, str]:
    step, equals, name = entry.partition("=")
    if not (step and equals and name):
        raise ValueError(f"--map wants STEP=NAME, such as forward=my_forward, got {entry!r}")
    return step, name
