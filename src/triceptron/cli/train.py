"""``triceptron train``: any labelled table."""

from pathlib import Path

from triceptron.arrays import check_number
from triceptron.cli.console import UsageError, print_run, progress, results_kept, tell
from triceptron.cli.options import (
    Engine,
    Force,
    Names,
    NThreads,
    Out,
    Quiet,
    Resume,
    Switch,
    WholeOrNone,
    check_threads,
    with_recipe,
)
from triceptron.data import has_labels
from triceptron.jobs import LABELLED, reserved, train_table
from triceptron.training import DEFAULT_ENGINE, Recipe

__all__ = ["train"]


@with_recipe
def train(
    data: str,
    *,
    label: str | None = None,
    features: Names = (),
    drop: Names = (),
    categories: Names = (),
    id: str | None = None,
    classes: WholeOrNone = None,
    recipe: Recipe = LABELLED,
    test_size: float = 0.2,
    no_early_stopping: Switch = False,
    engine: Engine = DEFAULT_ENGINE,
    n_threads: NThreads = None,
    out: Out = Path("runs/train"),
    force: Force = False,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Learn the labels of a table: a row of names, then a row for each sample.

    One column holds the labels, the others what to learn from: numbers, which are standardised and may be
    missing, dates, and texts, each frequent one of which becomes a feature of its own. Columns that cannot
    help are left out, which is said. A part of the rows is set aside to test on. Writes the model, its losses
    and pictures into a folder.

    Example: `triceptron train flowers.csv --label species --out runs/flowers`

    Parameters
    ----------
    data
        A CSV file (comma, semicolon or tab; gzipped or not) or a Parquet file; or digits, or mnist; or
        images in an .npz file or a folder, as MNIST's are.
    label
        The name of the column with the labels.
    features
        The columns to learn from, with commas between: no other, and each of them.
    drop
        Columns not to learn from.
    categories
        Columns whose numbers are names: each becomes a feature of its own.
    id
        The column that names the rows: not learned from, and handed on to predictions.
    classes
        How many classes there are; asked for where the labels are dozens of numbers.
    test_size
        The share of the rows to test on.
    no_early_stopping
        Train for all the epochs, not for as many as do best on a held-out part of the rows to learn from.
    """
    if label is None and not has_labels(data):
        raise UsageError("--label is missing: name the column with the labels")
    check_threads(n_threads)
    check_number("test_size", test_size, above=0, below=1)
    force = force or resume  # what it replaces is its own
    with reserved(out, force=force):
        epochs = recipe.all_epochs + (0 if no_early_stopping else recipe.epochs)
        with results_kept(out, recipe, force), progress(epochs, quiet) as callback:
            run = train_table(
                data,
                label or "label",
                recipe,
                features=features,
                drop=drop,
                categories=categories,
                id=id,
                classes=classes,
                test_size=test_size,
                early_stopping=not no_early_stopping,
                engine=engine,
                n_threads=n_threads,
                callback=callback,
                resume=out if resume else None,
                checkpoint=out,
            )
        run.save(out, force=force)
    if not quiet:
        for note in run.notes:
            tell(note)
        print_run(run, out)
