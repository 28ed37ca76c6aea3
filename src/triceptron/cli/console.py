"""What the commands share: a bar while they train, their words for errors, and their summary."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from math import isnan
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from threading import Thread, current_thread, main_thread
from time import perf_counter

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from triceptron.jobs import Run, RunStopped, write_diverged
from triceptron.language import say, translate
from triceptron.training import DivergenceError, Epoch, Recipe

__all__ = [
    "UsageError",
    "in_words_of_options",
    "not_written_over",
    "print_rows",
    "print_run",
    "progress",
    "progress_of_parts",
    "results_kept",
    "tell",
]


class UsageError(ValueError):
    """Words of a command that do not go together; the exit status is 2."""


def in_words_of_options(message: str) -> str:
    """Return a message in which arguments of Python (`out`, `force=True`) are options (--out, --force)."""
    return re.sub(r"`(\w+)(?:=True)?`", lambda name: "--" + name[1].replace("_", "-"), message)


@contextmanager
def not_written_over(out: Path, force: bool) -> Iterator[None]:
    """Refuse a file that is there before the work begins, and one that has come when the work is written."""
    there = FileExistsError(f"--out {out} is already there; name another file, or add --force to replace it")
    if out.exists() and not force:
        raise there
    try:
        yield
    except FileExistsError:
        raise there from None


@contextmanager
def progress(epochs: int, quiet: bool) -> Iterator[Callable[[Epoch], None] | None]:
    """Show a bar with both losses while trainings of so many epochs in all run."""
    if quiet:
        yield None
        return
    with _shown(say("epochs"), tell_losses=True) as show:
        drawn = 0.0

        def draw(epoch: Epoch) -> None:
            nonlocal drawn
            now = perf_counter()
            if now - drawn < 0.05 and epoch.number < epochs:  # an epoch can be shorter than a drawing
                return
            drawn = now
            losses = say("training loss {1:.4g}", epoch.train_loss)
            if not isnan(epoch.test_loss):
                losses = say("{1}, test loss {2:.4g}", losses, epoch.test_loss)
            show(epoch.number, epochs, losses)

        yield draw


@contextmanager
def progress_of_parts(
    what: str, out: Path, told: Callable[[int, int], str], quiet: bool
) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with the parts of a job done, all of them and the time left; a Ctrl-C says what is kept.

    Parameters
    ----------
    what : str
        The parts' name.
    out : Path
        Where finished parts are kept.
    told : callable
        From the parts done and all of them to a sentence on what is kept.
    quiet : bool
        Show nothing.
    """
    kept = f"nothing is kept in {out}"
    with ExitStack() as shown:
        show = None if quiet else shown.enter_context(_shown(what, tell_losses=False))

        def count(done: int, total: int) -> None:
            nonlocal kept
            kept = told(done, total)
            if show is not None:
                show(done, total, "")

        try:
            yield count
        except KeyboardInterrupt:
            text = f"interrupted; {kept}, and the same command goes on from there"
            raise KeyboardInterrupt(text) from None


@contextmanager
def _shown(what: str, *, tell_losses: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Show how many are done of how many: as a bar, or without a terminal as a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(what)
        return
    columns = _columns(console.width, what, tell_losses)
    hours = 24 * 3600.0  # a run can take long: the time left is reckoned from all of them
    bar = Progress(*columns, console=console, speed_estimate_period=hours, expand=True)
    task = bar.add_task("", total=None, losses="")

    def show(done: int, total: int, losses: str) -> None:
        bar.start()  # not before: data that cannot be read leave no bar behind
        bar.update(task, completed=done, total=total, losses=losses)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()


def _columns(width: int, what: str, tell_losses: bool) -> list[ProgressColumn]:
    """Return what fits beside a bar of at least ten letters."""
    columns: list[ProgressColumn] = [BarColumn(bar_width=None), MofNCompleteColumn()]
    if width >= 50:
        columns.append(TextColumn(what))
    if tell_losses and width >= 80:
        columns.append(TextColumn("{task.fields[losses]}"))
    return [*columns, TimeRemainingColumn(compact=width < 50)]


class _Lines:
    """A line after one second, after two, four, …, and at least one a minute."""

    def __init__(self, what: str) -> None:
        self._what, self._began, self._next, self._first = what, perf_counter(), 1.0, -1

    def __call__(self, done: int, total: int, losses: str) -> None:
        """Print the line if its time has come."""
        seconds = perf_counter() - self._began
        if self._first < 0:
            self._first = done
        if seconds < self._next or done >= total:
            return
        self._next = seconds + min(seconds, 60.0)
        told = say("{1:,} of {2:,} {3}", done, total, self._what)
        if losses:
            told = say("{1}, {2}", told, losses)
        if done > self._first:
            told = say("{1}, {2} left", told, _duration(seconds / (done - self._first) * (total - done)))
        print(told, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def results_kept(out: Path, recipe: Recipe, force: bool) -> Iterator[None]:
    """Where a training in this block diverges or is stopped, write what there is and say where it is."""
    # Pictures are drawn after the training; half a second of importing matplotlib fits beside it.
    Thread(target=import_module, args=("triceptron.plots",), daemon=True).start()
    try:
        yield
    except DivergenceError as error:
        write_diverged(out, error.history, recipe.settings(), str(error), force=force)
        told = f"{error}. The loss curve up to there is in {out}"
        raise DivergenceError(told, error.history) from None
    except RunStopped as stopped:
        with _without_interrupts():
            stopped.save(out, force=force)
        told = f"{stopped}; what there is is in {out}. The same command with `resume=True` goes on from there"
        raise KeyboardInterrupt(told) from None


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let no second Ctrl-C lose what the first one wanted kept."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal(SIGINT, SIG_IGN)
    try:
        yield
    finally:
        signal(SIGINT, before)


def print_run(run: Run, out: Path) -> None:
    """Say how a run went and where it is."""
    history = run.history
    rows = {"training time": f"{history.seconds:.2f} s for {history.epochs:,} epochs"}
    for name, final, curve, moment in zip(
        ("training loss", "test loss"),
        run.final,
        (history.train_loss, history.test_loss),
        history.recorded,
        strict=True,
    ):
        rows[name] = f"{final:.6f} after the last update"
        if moment == "before":
            rows[name] = f"{rows[name]}, {curve[-1]:.6f} before"
        if moment == "during":
            rows[name] = f"{rows[name]}, {curve[-1]:.6f} during the last epoch"
    rows["test accuracy"] = f"{run.correct:,} of {len(run.test.y):,} = {run.accuracy:.2%}"
    rows["fingerprint"] = run.parameters.fingerprint()
    print_rows({**rows, "written to": str(out)})


def print_rows(rows: Mapping[str, str]) -> None:
    """Print what was measured, a name and a value a line."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in rows.items():
        table.add_row(translate(name), translate(value))
    Console(highlight=False, soft_wrap=True).print(table)


def tell(message: str) -> None:
    """Print a message in the user's language and the command's words, on one line however long."""
    print(in_words_of_options(translate(message)), flush=True)
