"""``triceptron kaggle``: Kaggle's Digit Recognizer, from the competition's files to a submission."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from triceptron.cli.console import Force, Out, Quiet, divergence_kept, progress

if TYPE_CHECKING:
    from triceptron.kaggle import Submission
    from triceptron.run import Run

__all__ = ["kaggle"]

Switch = Annotated[bool, Parameter(negative=())]


def kaggle(
    *files: Path,
    hidden: int = 800,
    learning_rate: float = 0.15,
    epochs: int = 30,
    batch_size: int = 128,
    solver: Literal["sgd", "momentum", "nesterov", "adam"] = "nesterov",
    schedule: Literal["constant", "one_cycle"] = "one_cycle",
    alpha: float = 0.0,
    input_dropout: float = 0.0,
    dropout: float = 0.3,
    augment: Literal["none", "shift"] = "shift",
    holdout: float = 0.1,
    seed: int = 0,
    n_threads: int | None = None,
    download: Switch = False,
    submit: str | None = None,
    out: Out = Path("runs/kaggle"),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Do Kaggle's Digit Recognizer: learn from train.csv, label test.csv.

    Trains twice: on a part, to estimate the accuracy on the rest, then on everything for the submission.
    Writes submission.csv, the model that made it, and pictures of the held-out part into a folder.

    Example: `triceptron kaggle digit-recognizer.zip --out runs/kaggle`

    Parameters
    ----------
    files
        train.csv and test.csv; or their folder; or the competition's zip. In a notebook on Kaggle nothing has
        to be named.
    hidden
        Hidden units.
    learning_rate
        The step of each update; with the schedule one_cycle its peak.
    epochs
        How many times to go through all training samples.
    batch_size
        Samples an update.
    solver
        The update's rule.
    schedule
        one_cycle: up to the learning rate in the first fifth, down to 0 over the rest.
    alpha
        Strength of the L2 penalty.
    input_dropout
        Share of the pixels silenced in each update.
    dropout
        Share of the hidden units silenced in each update.
    augment
        shift: each image is moved by up to two pixels, afresh each epoch.
    holdout
        The share of train.csv to estimate the accuracy on.
    seed
        Seeds the held-out part, the start, the shuffling, dropout and shifts.
    n_threads
        Threads of the core; the result does not depend on it.
    download
        Fetch the files with your Kaggle account first (extra kaggle).
    submit
        Hand the submission in with your Kaggle account, with this message beside it (extra kaggle).
    out
        The folder to write.
    force
        Replace the folder of an earlier run.
    quiet
        Print nothing but errors.
    """
    from triceptron import kaggle as job
    from triceptron import modelfile
    from triceptron.recipe import Recipe
    from triceptron.run import check_folder

    recipe = Recipe(
        hidden=hidden,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        solver=solver,
        schedule=schedule,
        alpha=alpha,
        input_dropout=input_dropout,
        dropout=dropout,
        augment=augment,
        seed=seed,
    )
    check_folder(out, force=force)
    competition = job.read(job.find([job.download()] if download else files))
    with divergence_kept(out, recipe.settings(), force):
        with progress(epochs, quiet) as callback:
            run = job.estimate(
                competition.train, recipe, holdout=holdout, n_threads=n_threads, callback=callback
            )
        with progress(epochs, quiet) as callback:
            submission = job.finish(competition, recipe, n_threads=n_threads, callback=callback)
    facts = {
        "submission_fingerprint": submission.parameters.fingerprint(),
        "submission_train_loss": submission.history.train_loss,
        "submission_train_seconds": submission.history.seconds,
    }
    also: dict[str, Callable[[Path], object]] = {
        "submission.csv": submission.write,
        "model.safetensors": partial(modelfile.write, submission.model()),
    }
    replace(run, facts=facts).save(out, force=force, also=also)
    if not quiet:
        _print(run, submission, out)
    if submit is not None:
        answer = job.submit(out / "submission.csv", submit)
        if not quiet:
            print(answer)


def _print(run: "Run", submission: "Submission", folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    low, high = run.accuracy_interval
    n, seconds = len(run.test.y), run.history.seconds + submission.history.seconds
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_row("training time", f"{seconds:.1f} s for twice {run.history.epochs:,} epochs")
    table.add_row("held-out accuracy", f"{run.correct:,} of {n:,} = {run.accuracy:.2%}")
    table.add_row("95 % interval", f"{low:.2%} to {high:.2%}")
    table.add_row("fingerprint", submission.parameters.fingerprint())
    table.add_row("written to", str(folder / "submission.csv"))
    Console(highlight=False, soft_wrap=True).print(table)
