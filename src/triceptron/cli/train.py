"""``triceptron train``: any labelled table of numbers."""

from pathlib import Path

from triceptron.cli.console import UsageError, divergence_kept, print_run, progress
from triceptron.cli.options import Engine, Force, NThreads, Out, Quiet, with_recipe
from triceptron.jobs import LABELLED, check_folder, train_table
from triceptron.training import DEFAULT_ENGINE, Recipe

__all__ = ["train"]


@with_recipe
def train(
    data: str,
    *,
    label: str | None = None,
    recipe: Recipe = LABELLED,
    test_size: float = 0.2,
    engine: Engine = DEFAULT_ENGINE,
    n_threads: NThreads = None,
    out: Out = Path("runs/train"),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn the labels of a table: a CSV file with a row of names, then a row for each sample.

    One column holds the labels, of any kind; all the others hold numbers, which are standardised. A part of
    the rows is set aside to test on. Writes the model, its losses and pictures into a folder.

    Example: `triceptron train flowers.csv --label species --out runs/flowers`

    Parameters
    ----------
    data
        The CSV file, with comma, semicolon or tab between the values; or digits, or mnist.
    label
        The name of the CSV file's column with the labels.
    test_size
        The share of the rows to test on.
    """
    if label is None and data not in ("digits", "mnist"):
        raise UsageError("--label is missing: name the column with the labels")
    check_folder(out, force=force)
    with divergence_kept(out, recipe, force), progress(recipe.epochs, quiet) as callback:
        run = train_table(
            data,
            label or "label",
            recipe,
            test_size=test_size,
            engine=engine,
            n_threads=n_threads,
            callback=callback,
        )
    run.save(out, force=force)
    if not quiet:
        print_run(run, out)
