"""The table of hyperparameters filled in: every row trained, the results put where the table leaves room."""

import csv
import io
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from triceptron.arrays import check_count
from triceptron.files import HeldError, locked, make_folder, write_file
from triceptron.jobs.table.data import TableData
from triceptron.jobs.table.formats import Given
from triceptron.jobs.table.headings import RESULTS, english, heading_like
from triceptron.jobs.table.recipes import columns, recipes
from triceptron.jobs.table.runs import Ledger, Outcome, Stop, run
from triceptron.training import Recipe

__all__ = ["DIVERGED", "Filled", "check", "fill"]

DIVERGED = "diverged"
LEDGER, LOCK, CURVES, RUNS = "runs.jsonl", ".lock", "loss_curves.png", "runs.csv"

_LOSSES = ("train_loss", "test_loss")  # of the trained network, after its last update
_SHOWN = (*_LOSSES, "accuracy", "time")  # where the table asks for no result by name
_SECONDS = {"ms": 1000.0, "毫秒": 1000.0, "min": 1 / 60, "minutes": 1 / 60, "分钟": 1 / 60, "分": 1 / 60}


@dataclass(frozen=True)
class Filled:
    """A table with its results.

    Attributes
    ----------
    given : Given
    recipes : list of Recipe
        Each row's, with its first seed.
    outcomes : list of list of Outcome
        Each row's runs, a seed each.
    headings : list of str
    rows : list of list of str
    best : int or None
        The row with the highest mean accuracy, the lower test loss where two are equal; None where every
        row diverged.
    """

    given: Given
    recipes: list[Recipe]
    outcomes: list[list[Outcome]]
    headings: list[str]
    rows: list[list[str]]
    best: int | None

    def path(self, out: Path) -> Path:
        """Return where in the folder `out` the filled table is."""
        return out / f"table{Path(self.given.name).suffix.lower()}"

    def runs_csv(self) -> str:
        """Return every run as a line: row, hyperparameters, results."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        settings = list(self.recipes[0].settings())
        results = ["train_loss", "test_loss", "accuracy", "correct", "total", "seconds", "fingerprint"]
        writer.writerow(["row", *settings, *results, "diverged"])
        for i, (recipe, outcomes) in enumerate(zip(self.recipes, self.outcomes, strict=True), start=1):
            for repeat, outcome in enumerate(outcomes):
                values = replace(recipe, seed=recipe.seed + repeat).settings().values()
                writer.writerow(
                    [i, *("" if value is None else value for value in values), *_measured(outcome)]
                )
        return out.getvalue()

    def labels(self) -> tuple[str, list[str]]:
        """Return which hyperparameters tell the rows from one another, and each row's values of them."""
        settings = [
            recipe.settings() | {"batch_size": recipe.batch_size or "full batch"} for recipe in self.recipes
        ]
        differ = [name for name in settings[0] if len({row[name] for row in settings}) > 1]
        values = [", ".join(str(row[name]) for name in differ) for row in settings]
        if len(set(values)) < len(values):  # the same row twice
            return ", ".join(["row", *map(english, differ)]), [
                f"{i}: {text}" if text else str(i) for i, text in enumerate(values, start=1)
            ]
        return ", ".join(map(english, differ)), values


def fill(
    given: Given,
    data: TableData,
    out: Path,
    *,
    repeats: int = 1,
    n_jobs: int = -1,
    force: bool = False,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Filled:
    """Train every row and write the table, filled in, with its picture and its list of runs.

    The rows run in parallel through joblib, one core each, in threads of this process: the core lets go of
    the interpreter's lock. Inside a ``joblib.parallel_config`` they run where that says, on a Dask cluster
    for example. Results do not depend on where.

    Parameters
    ----------
    given : Given
        From `read`.
    data : TableData
    out : Path
        The folder to write; runs that it already holds are not trained again.
    repeats : int
        Runs of each row, with seeds that follow one another; more than one give mean ± standard deviation.
    n_jobs : int
        Rows at a time, as joblib counts: -1 takes every core.
    force : bool
        Forget the runs that `out` holds.
    progress : callable, optional
        Called with the runs done and all runs, first before any.

    Returns
    -------
    Filled

    Raises
    ------
    TableError
        If the table asks for something impossible; before any training.
    OSError
        If `out` is in use for something else or cannot be written.
    """
    check(given, out, repeats=repeats, n_jobs=n_jobs)
    asked = recipes(given, data.base)
    _check_data(given, asked, data)
    _make_folder(out)
    with _held(out):
        if force:
            (out / LEDGER).unlink(missing_ok=True)
        ledger, digest = Ledger(out / LEDGER), data.digest()
        _check_owner(out, ledger, {"table": Path(given.name).name, "data": digest})
        seeded = [[replace(recipe, seed=recipe.seed + i) for i in range(repeats)] for recipe in asked]
        runs = {Ledger.key(recipe, digest): recipe for row in seeded for recipe in row}
        _train(runs, data, ledger, n_jobs, progress)
        outcomes = [[ledger[Ledger.key(recipe, digest)] for recipe in row] for row in seeded]
        filled = _fill_in(given, asked, outcomes)
        _write(filled, out)
    return filled


def check(given: Given, out: Path, *, repeats: int = 1, n_jobs: int = -1) -> None:
    """Refuse, before any data are read, what `fill` would refuse after; arguments as for `fill`."""
    check_count("repeats", repeats, most=10_000)
    if n_jobs == 0:
        raise ValueError("n_jobs must be a number of rows to train at a time, or -1 for every core, got 0")
    columns(given)
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"`out` {out} is a file; name a folder")
    if out.is_dir():
        if {path.name for path in out.iterdir()} - {LOCK} and not (out / LEDGER).exists():
            raise FileExistsError(f"`out` {out} already holds files that are no table's; name another folder")
        if Path(given.name).resolve().parent == out.resolve():
            raise FileExistsError(f"`out` {out} holds the given table itself; name another folder")


def _check_owner(out: Path, ledger: Ledger, owner: dict[str, str]) -> None:
    """Refuse the folder of another table, or of the same on other data: its results would be replaced."""
    if ledger.owner is None:
        ledger.claim(owner)
    elif ledger.owner != owner:
        table = ledger.owner.get("table")
        other = f"the table {table}" if table != owner["table"] else f"the table {table} on other data"
        raise FileExistsError(
            f"`out` {out} holds the results of {other}; "
            "name another folder, or add `force=True` to replace it"
        )


def _check_data(given: Given, asked: list[Recipe], data: TableData) -> None:
    where = columns(given)
    for i, recipe in enumerate(asked):
        try:
            recipe.check(data.train)
        except ValueError as error:
            named = str(error).split()[0]  # the hyperparameter
            raise given.error(str(error), i, where.get(named)) from None


def _make_folder(out: Path) -> None:
    try:
        make_folder(out)
        (out / LOCK).touch()
    except OSError as error:
        raise OSError(f"`out` {out} cannot be written: {error.strerror}; name another folder") from error


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """Keep other commands out of the folder while the table is filled in."""
    with ExitStack() as held:
        try:
            held.enter_context(locked(out / LOCK))
        except HeldError as error:
            who = f"process {error.holder}" if error.holder else "another command"
            raise HeldError(f"`out` {out} is being filled in by {who}; wait for it or end it") from None
        yield


def _train(
    runs: dict[str, Recipe],
    data: TableData,
    ledger: Ledger,
    n_jobs: int,
    progress: Callable[[int, int], object],
) -> None:
    """Run what the ledger does not hold yet; each run is in it as soon as it is done."""
    pending = [key for key in runs if key not in ledger]
    # The longest first, so that no core waits at the end for one that began a long row last.
    pending.sort(key=lambda key: runs[key].hidden * runs[key].epochs, reverse=True)
    done = len(runs) - len(pending)
    progress(done, len(runs))
    if not pending:
        return
    with warnings.catch_warnings(), closing(_results(pending, runs, data, n_jobs)) as results:
        # Where the user stops it, joblib would speak of tasks that were cancelled.
        warnings.filterwarnings("ignore", r"\d+ tasks", UserWarning, "joblib")
        for key, outcome in results:
            ledger.add(key, outcome)
            done += 1
            progress(done, len(runs))


def _results(
    pending: list[str], runs: dict[str, Recipe], data: TableData, n_jobs: int
) -> Generator[tuple[str, Outcome], None, None]:
    from joblib import Parallel, delayed  # here: only a table needs it

    train, test = data.train, data.test
    shared = (*train[:2], *test[:2], *data.standardisation, train.classes, train.image_shape)
    n_threads = None if n_jobs == 1 else 1
    parallel = Parallel(
        n_jobs=min(n_jobs, len(pending)), prefer="threads", return_as="generator_unordered", batch_size=1
    )
    stop = Stop()
    try:
        yield from parallel(delayed(_keyed)(key, runs[key], *shared, n_threads, stop) for key in pending)
    finally:
        stop.asked = True


def _keyed(key: str, *arguments: Any) -> tuple[str, Outcome]:
    return key, run(*arguments)


def _fill_in(given: Given, asked: list[Recipe], outcomes: list[list[Outcome]]) -> Filled:
    headings, rows = list(given.headings), [list(row) for row in given.rows]
    places = {kind: column for kind, column in columns(given).items() if kind in RESULTS}
    best = _best(outcomes)
    wanted = [] if places.keys() - {"best"} else list(_SHOWN)
    if "best" not in places and not given.emphasis:
        wanted.append("best")
    for kind in wanted:
        places[kind] = len(headings)
        headings.append(heading_like(kind, given.headings))
        for row in rows:
            row.append("")
    for i, row in enumerate(rows):
        for kind, column in places.items():
            row[column] = _cell(kind, headings[column], outcomes[i], i == best)
            if i == best and given.emphasis and "best" not in places:
                row[column] = f"**{row[column]}**"
    return Filled(given, asked, outcomes, headings, rows, best)


def _best(outcomes: list[list[Outcome]]) -> int | None:
    sound = [i for i, runs in enumerate(outcomes) if not any(outcome.diverged for outcome in runs)]

    def merit(i: int) -> tuple[float, float]:
        return (
            mean(outcome.accuracy for outcome in outcomes[i]),
            -mean(outcome.final[1] for outcome in outcomes[i]),
        )

    return max(sound, key=merit, default=None)


def _cell(kind: str, heading: str, outcomes: list[Outcome], best: bool) -> str:
    if kind == "best":
        return "*" if best else ""
    fallen = sum(bool(outcome.diverged) for outcome in outcomes)
    if fallen:
        return DIVERGED if fallen == len(outcomes) else f"{DIVERGED} ({fallen} of {len(outcomes)})"
    if kind == "fingerprint":
        return " ".join(outcome.fingerprint for outcome in outcomes)
    if kind in _LOSSES:
        return _spread([outcome.final[_LOSSES.index(kind)] for outcome in outcomes], 4)
    if kind == "accuracy":
        percent = "%" in heading or "％" in heading
        return _spread(
            [outcome.accuracy * (100 if percent else 1) for outcome in outcomes], 2 if percent else 4
        )
    unit = next((factor for word, factor in _SECONDS.items() if f"({word})" in _ascii_brackets(heading)), 1.0)
    return _spread([outcome.seconds * unit for outcome in outcomes], 2)


def _ascii_brackets(text: str) -> str:
    return text.translate(str.maketrans("（）[]", "()()")).replace(" ", "").casefold()


def _spread(values: list[float], digits: int) -> str:
    """Say a value, or several as mean ± standard deviation."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


def _measured(outcome: Outcome) -> list[object]:
    if outcome.diverged:
        return ["", "", "", "", outcome.total, outcome.seconds, "", outcome.diverged]
    return [
        *outcome.final,
        outcome.accuracy,
        outcome.correct,
        outcome.total,
        outcome.seconds,
        outcome.fingerprint,
        "",
    ]


def _write(filled: Filled, out: Path) -> None:
    from triceptron import plots

    first = [runs[0] for runs in filled.outcomes]
    title, labels = filled.labels()
    figure = plots.loss_curves(
        [(outcome.train_loss, outcome.test_loss) for outcome in first],
        labels,
        filled.best,
        title=title,
        diverged=[i for i, outcome in enumerate(first) if outcome.diverged],
        recorded=[(train, test) for train, test in (outcome.recorded for outcome in first)],
    )
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_file(out / RUNS, filled.runs_csv().encode())
    write_file(out / CURVES, picture.getvalue())
    write_file(filled.path(out), filled.given.filled(filled.headings, filled.rows))
