"""``triceptron train``: any labelled table of numbers."""

from pathlib import Path
from typing import Literal

from triceptron.cli.console import Force, Out, Quiet, divergence_kept, print_run, progress

__all__ = ["train"]


def train(
    table: Path,
    /,
    *,
    label: str,
    hidden: int = 100,
    learning_rate: float = 0.001,
    epochs: int = 200,
    batch_size: int = 200,
    solver: Literal["sgd", "momentum", "nesterov", "adam"] = "adam",
    alpha: float = 0.0001,
    dropout: float = 0.0,
    test_size: float = 0.2,
    seed: int = 0,
    n_threads: int | None = None,
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
    table
        The CSV file; comma, semicolon or tab between the values.
    label
        The name of the column with the labels.
    hidden
        Hidden units.
    learning_rate
        The step of each update.
    epochs
        How many times to go through all training samples.
    batch_size
        Samples an update.
    solver
        The update's rule.
    alpha
        Strength of the L2 penalty.
    dropout
        Share of the hidden units silenced in each update.
    test_size
        The share of the rows to test on.
    seed
        Seeds the split, the start, the shuffling and the dropout.
    n_threads
        Threads of the core; the result does not depend on it.
    out
        The folder to write.
    force
        Replace the folder of an earlier run.
    quiet
        Print nothing but errors.
    """
    from triceptron.labelled import train_table
    from triceptron.recipe import Recipe
    from triceptron.run import check_folder

    recipe = Recipe(
        hidden=hidden,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        solver=solver,
        alpha=alpha,
        dropout=dropout,
        seed=seed,
    )
    check_folder(out, force=force)
    with divergence_kept(out, recipe.settings(), force), progress(epochs, quiet) as callback:
        run = train_table(table, label, recipe, test_size=test_size, n_threads=n_threads, callback=callback)
    run.save(out, force=force)
    if not quiet:
        print_run(run, out)
