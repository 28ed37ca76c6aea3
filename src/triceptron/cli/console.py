"""What the commands share: the words of their options, a bar while they train, and their summary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter
from rich.console import Console

if TYPE_CHECKING:
    from triceptron.run import Run
    from triceptron.training import Epoch

__all__ = ["Force", "Out", "Quiet", "divergence_kept", "print_run", "progress", "progress_of_runs"]

Out: TypeAlias = Annotated[Path, Parameter(name=["--out", "-o"])]
Force: TypeAlias = Annotated[bool, Parameter(negative=())]
Quiet: TypeAlias = Annotated[bool, Parameter(name=["--quiet", "-q"], negative=())]


@contextmanager
def progress(epochs: int, quiet: bool) -> "Iterator[Callable[[Epoch], None] | None]":
    """Show a bar with both losses while a training runs."""
    if quiet:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs  {task.fields[losses]} "),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("training", total=epochs, losses="")
    drawn = 0.0

    def show(epoch: "Epoch") -> None:
        nonlocal drawn
        if perf_counter() - drawn < 0.05 and epoch.number < epochs:  # an epoch can be shorter than a drawing
            return
        drawn = perf_counter()
        bar.start()  # not before: data that cannot be read leave no bar behind
        losses = f"training loss {epoch.train_loss:.4f}"
        losses += "" if isnan(epoch.test_loss) else f"  test loss {epoch.test_loss:.4f}"
        bar.update(task, completed=epoch.number, losses=losses)

    try:
        yield show
    finally:
        if drawn:
            bar.stop()


@contextmanager
def progress_of_runs(quiet: bool) -> "Iterator[Callable[[int, int], None]]":
    """Show a bar with the runs done, all runs and the time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs "), TimeRemainingColumn())
    hours = 24 * 3600.0  # a run can take long: the time left is reckoned from all of them
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet, speed_estimate_period=hours) as bar:
        task = bar.add_task("training", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def divergence_kept(folder: Path, settings: dict[str, Any], force: bool) -> Iterator[None]:
    """Where a training in this block diverges, write its loss curve up to there and say where it is."""
    from triceptron.run import write_diverged
    from triceptron.training import DivergenceError

    try:
        yield
    except DivergenceError as error:
        write_diverged(folder, error.history, settings, str(error), force=force)
        told = f"{error}. The loss curve up to there is in {folder}"
        raise DivergenceError(told, error.history) from None


def print_run(run: "Run", folder: Path) -> None:
    """Say how a run went and where it is."""
    from rich.table import Table

    history = run.history
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_row("training time", f"{history.seconds:.2f} s for {history.epochs:,} epochs")
    if history.epochs:
        table.add_row("training loss", f"{history.train_loss[-1]:.6f}")
        table.add_row("test loss", f"{history.test_loss[-1]:.6f}")
    table.add_row("test accuracy", f"{run.correct:,} of {len(run.test.y):,} = {run.accuracy:.2%}")
    table.add_row("fingerprint", run.parameters.fingerprint())
    table.add_row("written to", str(folder))
    Console(highlight=False, soft_wrap=True).print(table)
