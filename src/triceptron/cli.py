"""The commands: each parses its words, calls one room and prints."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

if TYPE_CHECKING:
    from triceptron.run import Run
    from triceptron.training import Epoch

# Rooms are imported inside the commands: --help must not wait for scikit-learn and matplotlib.


def _version() -> str:
    from triceptron import core

    return f"{core.version()} (core: {core.instruction_set()})"


app = App(
    name="triceptron",
    help="The three-layer perceptron, step by step.",
    version=_version,
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # main() says what was done so far
)

Out = Annotated[Path, Parameter(name=["--out", "-o"])]


@app.command
def digits(
    *,
    hidden: int = 50,
    learning_rate: float = 0.03,
    epochs: int = 1000,
    batch_size: int | None = None,
    init: Literal["exercise", "he"] = "exercise",
    seed: int = 32,
    dtype: Literal["float64", "float32"] = "float64",
    engine: Literal["core", "steps"] = "core",
    n_threads: int | None = None,
    out: Out = Path("runs/digits"),
    force: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative=())] = False,
) -> None:
    """Learn handwritten digits: the main job of the text.

    1,797 images of 8 × 8 pixels, 60 % to learn from and 40 % to be tested on. Without options the job is
    the text's own, number for number. Writes the loss curve, pictures of what the network learned and
    where it errs, and metrics.json into a folder.

    Example: `triceptron digits --hidden 100 --learning-rate 0.1 --epochs 300 --out runs/wider`

    Parameters
    ----------
    hidden
        Hidden units.
    learning_rate
        The step of each update.
    epochs
        How many times to go through all training samples.
    batch_size
        Samples an update; all of them when not given.
    init
        How the weights start: as in the exercise, or by He's rule.
    seed
        Seeds the start and the shuffling.
    dtype
        Precision of the arithmetic.
    engine
        The fused native core, or the formulas as written.
    n_threads
        Threads of the core; the result does not depend on it.
    out
        The folder to write.
    force
        Replace the folder of an earlier run.
    quiet
        Print nothing but errors.
    """
    from triceptron.digits import run_digits
    from triceptron.run import check_folder, write_diverged
    from triceptron.training import DivergenceError

    settings = {
        "hidden": hidden,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "batch_size": batch_size,
        "init": init,
        "seed": seed,
        "dtype": dtype,
        "engine": engine,
    }
    check_folder(out, force=force)
    try:
        with _progress(epochs, quiet) as callback:
            run = run_digits(
                hidden=hidden,
                learning_rate=learning_rate,
                epochs=epochs,
                batch_size=batch_size,
                init=init,
                seed=seed,
                dtype=dtype,
                engine=engine,
                n_threads=n_threads,
                callback=callback,
            )
    except DivergenceError as error:
        write_diverged(out, error.history, settings, str(error), force=force)
        raise DivergenceError(f"{error}. The loss curve up to there is in {out}", error.history) from None
    run.save(out, force=force)
    if not quiet:
        _print_run(run, out)


@contextmanager
def _progress(epochs: int, quiet: bool) -> "Iterator[Callable[[Epoch], None] | None]":
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
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("training", total=epochs, losses="")
        drawn = 0.0

        def show(epoch: "Epoch") -> None:
            nonlocal drawn
            if (
                perf_counter() - drawn < 0.05 and epoch.number < epochs
            ):  # an epoch can be shorter than a drawing
                return
            drawn = perf_counter()
            losses = f"training loss {epoch.train_loss:.4f}  test loss {epoch.test_loss:.4f}"
            progress.update(task, completed=epoch.number, losses=losses)

        yield show


def _print_run(run: "Run", folder: Path) -> None:
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


def main() -> None:
    """Run the command line: exit status 0 (done), 1 (it could not, one message) or 2 (usage)."""
    try:
        app(exit_on_error=False)
    except CycloptsError:
        sys.exit(2)  # cyclopts has said why
    except KeyboardInterrupt as interrupt:
        _fail(_interruption(interrupt))
    except (ValueError, OSError, ArithmeticError, MemoryError) as error:
        _fail(str(error) or type(error).__name__)


def _interruption(interrupt: KeyboardInterrupt) -> str:
    from triceptron.training import TrainingInterrupted

    if not isinstance(interrupt, TrainingInterrupted) or not interrupt.history.epochs:
        return "interrupted; nothing was written"
    history = interrupt.history
    losses = f"training loss {history.train_loss[-1]:.6f}"
    losses += f", test loss {history.test_loss[-1]:.6f}" if history.test_loss else ""
    return f"interrupted after {history.epochs:,} epochs ({losses}); nothing was written"


def _fail(message: str) -> None:
    print(f"triceptron: {message}", file=sys.stderr)
    sys.exit(1)
