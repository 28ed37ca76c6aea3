"""``triceptron kaggle``: Kaggle's Digit Recognizer, from the competition's files to a submission."""

from pathlib import Path

from triceptron.arrays import check_number
from triceptron.cli.console import print_rows, progress, results_kept
from triceptron.cli.options import Force, NThreads, Out, Quiet, Resume, Switch, check_threads, with_recipe
from triceptron.data.kaggle import find, read
from triceptron.data.kaggle_account import download as fetch
from triceptron.data.kaggle_account import submit as hand_in
from triceptron.jobs import KAGGLE, KaggleRun, kaggle_epochs, reserved, run_kaggle
from triceptron.language import say
from triceptron.training import Recipe

__all__ = ["kaggle"]


@with_recipe
def kaggle(
    *files: Path,
    recipe: Recipe = KAGGLE,
    holdout: float = 0.1,
    choose: Switch = False,
    n_threads: NThreads = None,
    download: Switch = False,
    submit: str | None = None,
    out: Out = Path("runs/kaggle"),
    force: Force = False,
    resume: Resume = False,
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
    holdout
        The share of train.csv to estimate the accuracy on.
    choose
        First try what to do to the images: bend them, turn them, move them, or nothing.
    download
        Fetch the files with your Kaggle account first (extra kaggle).
    submit
        Hand the submission in with your Kaggle account, with this message beside it (extra kaggle).
    """
    check_threads(n_threads)
    check_number("holdout", holdout, above=0, below=1)
    force = force or resume  # what it replaces is its own
    with reserved(out, force=force):
        competition = read(find([fetch()] if download else files))
        epochs = kaggle_epochs(recipe, choose)
        with results_kept(out, recipe, force), progress(epochs, quiet) as callback:
            run = run_kaggle(
                competition,
                recipe,
                holdout=holdout,
                choose=choose,
                n_threads=n_threads,
                callback=callback,
                resume=out if resume else None,
                checkpoint=out,
            )
        run.save(out, force=force)
    if not quiet:
        _print(run, out)
    if submit is not None:
        answer = hand_in(out / "submission.csv", submit)
        if not quiet:
            print(answer)


def _print(run: KaggleRun, out: Path) -> None:
    estimate, trained = run.estimate, run.submission.training
    low, high = estimate.accuracy_interval
    n, seconds = len(estimate.test.y), estimate.history.seconds + trained.history.seconds
    tried = estimate.facts.get("choices", {})
    print_rows(
        {
            **({"tried": ", ".join(f"{name} {share:.2%}" for name, share in tried.items())} if tried else {}),
            "training time": f"{seconds:.1f} s for twice {trained.history.epochs:,} epochs",
            "held-out accuracy": f"{estimate.correct:,} of {n:,} = {estimate.accuracy:.2%}",
            "95 % interval": say("{1:.2%} to {2:.2%}", low, high),
            "fingerprint": trained.parameters.fingerprint(),
            "written to": str(out / "submission.csv"),
        }
    )
