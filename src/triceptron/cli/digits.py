"""``triceptron digits``: the main job of the text."""

from pathlib import Path

from triceptron.cli.console import print_run, progress, results_kept
from triceptron.cli.options import Engine, Force, NThreads, Out, Quiet, Resume, check_threads, with_recipe
from triceptron.jobs import DIGITS, reserved, run_digits
from triceptron.training import DEFAULT_ENGINE, Recipe

__all__ = ["digits"]


@with_recipe
def digits(
    *,
    recipe: Recipe = DIGITS,
    engine: Engine = DEFAULT_ENGINE,
    n_threads: NThreads = None,
    out: Out = Path("runs/digits"),
    force: Force = False,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Learn handwritten digits: the main job of the text.

    1,797 images of 8 × 8 pixels, 60 % to learn from and 40 % to be tested on. Without options the job is
    the text's own, number for number. Writes the loss curve, pictures of what the network learned and
    where it errs, and metrics.json into a folder.

    Example: `triceptron digits --hidden 100 --learning-rate 0.1 --epochs 300 --out runs/wider`
    """
    check_threads(n_threads)
    force = force or resume  # what it replaces is its own
    with reserved(out, force=force):
        with results_kept(out, recipe, force), progress(recipe.all_epochs, quiet) as callback:
            run = run_digits(
                recipe,
                engine=engine,
                n_threads=n_threads,
                callback=callback,
                resume=out if resume else None,
                checkpoint=out,
            )
        run.save(out, force=force)
    if not quiet:
        print_run(run, out)
