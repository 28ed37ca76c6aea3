"""``triceptron table``: a table of hyperparameters in, the same table filled in out."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from triceptron.cli.console import progress_of_parts, tell
from triceptron.cli.options import Force, Out, Quiet, Whole
from triceptron.language import say

if TYPE_CHECKING:
    from triceptron.jobs.table import Filled

__all__ = ["table"]


def table(
    given: Path | None = None,
    /,
    *,
    data: str = "digits",
    label: str = "label",
    test: Path | None = None,
    repeats: Whole = 1,
    n_jobs: Whole = -1,
    out: Out = Path("runs/table"),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Fill in a table of hyperparameters: train each row, and write down how it did.

    The table is a CSV, Markdown or TOML file. Its columns are named like hyperparameters (hidden units,
    learning rate, epochs, batch size, solver, …; in Chinese too) and results (train loss, test loss,
    accuracy, time), which are filled in. Writes the same table in the same format, a picture of all loss
    curves and a list of all runs into a folder. A command that was stopped goes on where it was when given
    again.

    Example: `triceptron table given.md --data mnist --repeats 3 --out runs/table`

    Parameters
    ----------
    given
        The table; classic is one that ships: what is published of one hidden layer on MNIST. When not given,
        hidden units from 10 to 500 against learning rates from 0.003 to 0.3.
    data
        digits, mnist, a CSV file with a row of names, or images in an .npz file or a folder, as MNIST's are.
    label
        The name of the CSV file's column with the labels.
    test
        A second CSV file to test on; 40 % of the first when not given.
    repeats
        Runs of each row, with seeds that follow one another, for mean ± standard deviation.
    n_jobs
        Rows to train at a time; -1 takes every core.
    """
    from triceptron.jobs.table import DEFAULT_TABLE, check, fill, load, read, shipped

    asked = read(DEFAULT_TABLE if given is None else shipped(given))
    check(asked, out, repeats=repeats, n_jobs=n_jobs)
    trained_on = load(data, label=label, test=test)
    with progress_of_parts(
        say("runs"), out, lambda done, total: f"{done} of {total} runs are kept in {out}", quiet
    ) as count:
        filled = fill(asked, trained_on, out, repeats=repeats, n_jobs=n_jobs, force=force, progress=count)
    if not quiet:
        _print(filled, out)


def _print(filled: "Filled", out: Path) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in filled.headings:
        shown.add_column(Text(heading), no_wrap=True)
    for i, row in enumerate(filled.rows):
        cells = [Text(cell.strip("*") or cell) for cell in row]
        shown.add_row(*cells, style="bold" if i == filled.best else None)
    Console(width=1000).print(shown)  # as wide as it must be: nothing is cut where no terminal is
    tell(f"written to {filled.path(out)}")
