"""What the commands share: a bar while they train, their words for errors, and their summary."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from math import isnan
from pathlib import Path
from threading import Thread
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from triceptron.jobs import Run, write_diverged
from triceptron.training import DivergenceError, Epoch, Recipe

__all__ = [
    "UsageError",
    "divergence_kept",
    "in_words_of_options",
    "print_rows",
    "print_run",
    "progress",
    "progress_of_runs",
]


class UsageError(ValueError):
    """Words of a command that do not go together; the exit status is 2."""


def in_words_of_options(message: str) -> str:
    """Return a message in which arguments of Python (`out`, `force=True`) are options (--out, --force)."""
    return re.sub(r"`(\w+)(?:=True)?`", lambda name: "--" + name[1].replace("_", "-"), message)


@contextmanager
def progress(epochs: int, quiet: bool) -> Iterator[Callable[[Epoch], None] | None]:
    """Show a bar with both losses while trainings of so many epochs in all run."""
    if quiet:
        yield None
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs  {task.fields[losses]} "),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("training", total=epochs, losses="")
    done, drawn = 0, 0.0

    def show(epoch: Epoch) -> None:
        nonlocal done, drawn
        done += 1
        if perf_counter() - drawn < 0.05 and done < epochs:  # an epoch can be shorter than a drawing
            return
        drawn = perf_counter()
        bar.start()  # not before: data that cannot be read leave no bar behind
        losses = f"training loss {epoch.train_loss:.4f}"
        losses += "" if isnan(epoch.test_loss) else f"  test loss {epoch.test_loss:.4f}"
        bar.update(task, completed=done, losses=losses)

    try:
        yield show
    finally:
        if drawn:
            bar.stop()


@contextmanager
def progress_of_runs(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with the runs done, all runs and the time left."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs "), TimeRemainingColumn())
    hours = 24 * 3600.0  # a run can take long: the time left is reckoned from all of them
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet, speed_estimate_period=hours) as bar:
        task = bar.add_task("training", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def divergence_kept(out: Path, recipe: Recipe, force: bool) -> Iterator[None]:
    """Where a training in this block diverges, write its loss curve up to there and say where it is."""
    # Pictures are drawn after the training; half a second of importing matplotlib fits beside it.
    Thread(target=import_module, args=("triceptron.plots",), daemon=True).start()
    try:
        yield
    except DivergenceError as error:
        write_diverged(out, error.history, recipe.settings(), str(error), force=force)
        told = f"{error}. The loss curve up to there is in {out}"
        raise DivergenceError(told, error.history) from None


def print_run(run: Run, out: Path) -> None:
    """Say how a run went and where it is."""
    history = run.history
    rows = {"training time": f"{history.seconds:.2f} s for {history.epochs:,} epochs"}
    if history.epochs:
        rows["training loss"] = f"{history.train_loss[-1]:.6f}"
        rows["test loss"] = f"{history.test_loss[-1]:.6f}"
    rows["test accuracy"] = f"{run.correct:,} of {len(run.test.y):,} = {run.accuracy:.2%}"
    rows["fingerprint"] = run.parameters.fingerprint()
    print_rows({**rows, "written to": str(out)})


def print_rows(rows: Mapping[str, str]) -> None:
    """Print what was measured, a name and a value a line."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in rows.items():
        table.add_row(name, value)
    Console(highlight=False, soft_wrap=True).print(table)
