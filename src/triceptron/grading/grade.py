"""A class's submissions in, a folder of results out."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path

from triceptron.arrays import check_count
from triceptron.checking import ANSWERS
from triceptron.files import HeldError, locked, names_in, write_file
from triceptron.grading.collecting import Submission, collect
from triceptron.grading.formats import FILES, PER_LEARNER, Format, rendered
from triceptron.grading.hints import Hints
from triceptron.grading.markdown import learner_markdown
from triceptron.grading.outcome import Outcome
from triceptron.grading.pages import class_page, learner_page
from triceptron.grading.points import Points, score
from triceptron.grading.running import Checked, Settings, check_all
from triceptron.grading.table import table_csv
from triceptron.language import Language, choose, say, speak

__all__ = ["Graded", "check_out", "grade"]

PAGE, TABLE, LEARNERS, KEPT, LOCK = "index.html", "table.csv", "learners", "checked", ".lock"
_OURS = {PAGE, TABLE, LEARNERS, KEPT, LOCK, *FILES.values()}


@dataclass(frozen=True)
class Graded:
    """A class that is graded.

    Attributes
    ----------
    outcomes : list of Outcome
        Sorted by name.
    ignored : list of str
        What lay beside the submissions and is none.
    """

    outcomes: list[Outcome]
    ignored: list[str]


def grade(
    sources: Sequence[Path],
    out: Path,
    *,
    lang: Language | None = None,
    points: Points | None = None,
    require: bool = True,
    forbidden: Collection[str] = ANSWERS,
    hints: Hints = "why",
    formats: Collection[Format] = (),
    time_limit: float = 3.0,
    n_jobs: int = 2,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Graded:
    """Check every submission of a class, and write a table, a page and a report for each learner.

    Parameters
    ----------
    sources : sequence of Path
        Folders and zips that hold a file, a folder or a zip for each learner, as they are or as Moodle and
        Canvas hand them over; or single files.
    out : Path
        The folder to write; what it holds of an earlier command for the same work is not checked again.
    lang : {"en", "zh"}, optional
        The reports' language; the locale's by default.
    points : Points, optional
        What each step is worth; by default all steps count the same, and 10 in all.
    require : bool
        Count a step that is not there; else it is left out, and the others earn the total.
    forbidden : collection of str
        Modules that may not be imported.
    hints : {"where", "what", "why", "answer"}
        How much a learner's report tells.
    formats : collection of str
        Of `triceptron.grading.FILES`: reports for other programs.
    time_limit : float
        Seconds of processor time that the check of one step may take.
    n_jobs : int
        Submissions at a time.
    progress : callable, optional
        Called with the submissions done and all of them, first before any.

    Returns
    -------
    Graded

    Raises
    ------
    ValueError
        If nothing is there to grade, or a limit makes no sense.
    OSError
        If a source cannot be read, or `out` is in use for something else or cannot be written.
    KeyboardInterrupt
        After a Ctrl-C; what was finished is kept in `out`.
    """
    check_count("n_jobs", n_jobs)
    if not time_limit > 0:
        raise ValueError(f"time_limit must be a number of seconds above 0, got {time_limit!r}")
    check_out(out)
    settings = Settings(choose(lang), float(time_limit), tuple(sorted(forbidden)))
    points = points or Points()

    def work() -> Graded:
        speak(settings.lang)  # what is written is in the reports' language, whatever the command speaks
        submissions, ignored = collect(sources)
        with _held(out):
            checked = check_all(submissions, out / KEPT, settings, n_jobs, progress)
            outcomes = _outcomes(submissions, checked, points, require)
            title = ", ".join(source.resolve().name for source in sources)
            _write(out, outcomes, ignored, points, hints, formats, title)
            _forget(out, outcomes, {each.key for each in checked})
        return Graded(outcomes, ignored)

    return copy_context().run(work)


def check_out(out: Path) -> None:
    """Refuse a folder that holds something else than an earlier grading's results.

    Raises
    ------
    OSError
        The message says what is there and how to mend it.
    """
    if foreign := sorted(names_in(out, ours=_OURS).difference(_OURS)):
        raise FileExistsError(f"`out` {out} holds {foreign[0]}, which no grading wrote; name another folder")


@contextmanager
def _held(out: Path) -> Iterator[None]:
    for folder in (out / LEARNERS, out / KEPT):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(out / LOCK):
            yield
    except HeldError as held:
        raise OSError(
            f"`out` {out} is in use by process {held.holder}; wait for it, or name another"
        ) from None


def _outcomes(
    submissions: Sequence[Submission], checked: Sequence[Checked], points: Points, require: bool
) -> list[Outcome]:
    first: dict[str, str] = {}
    outcomes = []
    for submission, each in zip(submissions, checked, strict=True):
        remarks = each.remarks
        if each.file and first.setdefault(each.key, submission.who) != submission.who:
            remarks = (*remarks, say("handed in the same files as {1}", first[each.key]))
        outcomes.append(
            Outcome(
                submission.who,
                submission.identity,
                submission.slug,
                each.file,
                each.report,
                score(each.report, points, require=require),
                remarks,
            )
        )
    return outcomes


def _write(
    out: Path,
    outcomes: Sequence[Outcome],
    ignored: Sequence[str],
    points: Points,
    hints: Hints,
    formats: Collection[Format],
    title: str,
) -> None:
    for outcome in outcomes:
        write_file(out / LEARNERS / f"{outcome.slug}.html", learner_page(outcome, hints))
        write_file(out / LEARNERS / f"{outcome.slug}.md", learner_markdown(outcome, hints))
        for format in PER_LEARNER & {*formats}:
            text = rendered(format, [outcome])
            write_file(out / LEARNERS / f"{outcome.slug}.{FILES[format]}", text.encode())
    for format in {*formats} - PER_LEARNER:
        write_file(out / FILES[format], rendered(format, outcomes).encode())
    write_file(out / TABLE, table_csv(outcomes, points))
    write_file(out / PAGE, class_page(outcomes, points, title, ignored))


def _forget(out: Path, outcomes: Sequence[Outcome], keys: Collection[str]) -> None:
    """Delete the reports of who is no longer in the class, and verdicts on what is no longer there."""
    slugs = tuple(f"{outcome.slug}." for outcome in outcomes)
    endings = (".html", ".md", *(f".{FILES[format]}" for format in PER_LEARNER))
    for path in (out / LEARNERS).iterdir():
        if path.name.endswith(endings) and not path.name.startswith(slugs):
            with suppress(OSError):
                path.unlink()
    for path in (out / KEPT).glob("*.json"):
        if path.stem not in keys:
            with suppress(OSError):
                path.unlink()
