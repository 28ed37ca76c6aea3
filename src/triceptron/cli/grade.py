"""``triceptron grade``: check a whole class."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from triceptron.cli.console import print_rows, progress_of_parts
from triceptron.cli.options import Names, Out, Quiet, Whole
from triceptron.language import say

if TYPE_CHECKING:
    from triceptron.grading import Graded

__all__ = ["grade"]


def grade(
    *work: Path,
    out: Out = Path("runs/grade"),
    points: Path | None = None,
    require: Annotated[bool, Parameter(negative="--no-require")] = True,
    forbid: Names | None = None,
    hints: Literal["where", "what", "why", "answer"] = "why",
    lang: Literal["en", "zh"] | None = None,
    format: tuple[Literal["json", "junit", "sarif", "github", "gradescope", "nbgrader", "otter"], ...] = (),
    time_limit: float = 3.0,
    n_jobs: Whole = 2,
    quiet: Quiet = False,
) -> None:
    """Check a whole class: a table for the teacher, a report for each learner.

    Reads folders and zips that hold a file, a folder or a zip for each learner, as they are or as Moodle and
    Canvas hand them over, and checks each submission as `triceptron check` does. Writes index.html and
    table.csv (who, points, which steps, why; the most frequent faults first) and a page and a Markdown file
    for each learner into a folder. A command that was stopped goes on where it was when given again.

    Example: `triceptron grade handed_in.zip --points points.toml --out graded`

    Parameters
    ----------
    work
        Folders, zips or files.
    points
        A TOML file: total = 10, and below [weights] a line such as forward = 2 for each step that counts.
    require
        Count steps that are not there; without, the others earn the total.
    forbid
        Modules that may not be imported, with commas between; those with the answer ready when not given.
    hints
        How much a learner's report tells: the line; what came out; the likely cause; one right answer.
    lang
        The reports' language; the locale's when not given.
    format
        A report for another program, too; may be given several times.
    time_limit
        Seconds that the check of one step may take.
    n_jobs
        Submissions at a time.
    """
    from triceptron import checking, grading

    if not work:
        raise ValueError("grade needs the class's work: folders, zips or files")
    worth = grading.Points() if points is None else grading.read_points(points)
    with progress_of_parts(
        say("submissions"), out, lambda done, total: f"{done} of {total} submissions are kept in {out}", quiet
    ) as count:
        graded = grading.grade(
            work,
            out,
            lang=lang,
            points=worth,
            require=require,
            forbidden=checking.ANSWERS if forbid is None else forbid,
            hints=hints,
            formats=format,
            time_limit=time_limit,
            n_jobs=n_jobs,
            progress=count,
        )
    if not quiet:
        _print(graded, worth.total, out)


def _print(graded: "Graded", total: float, out: Path) -> None:
    outcomes = graded.outcomes
    mean = sum(outcome.score.earned for outcome in outcomes) / len(outcomes)
    rows = {
        "submissions": f"{len(outcomes):,}",
        "mean of the points": f"{mean:.2f} of {total:g}",
        "with nothing wrong": f"{sum(outcome.full for outcome in outcomes):,}",
        "could not be read": f"{sum(bool(outcome.error) for outcome in outcomes):,}",
        "written to": str(out / "index.html"),
    }
    print_rows(rows)
