"""``triceptron digits``: the main job of the text."""

from pathlib import Path
from typing import Literal

from triceptron.cli.console import Force, Out, Quiet, divergence_kept, print_run, progress

__all__ = ["digits"]


def digits(
    *,
    hidden: int = 50,
    learning_rate: float = 0.03,
    epochs: int = 1000,
    batch_size: int | None = None,
    init: Literal["exercise", "he", "glorot"] = "exercise",
    seed: int = 32,
    dtype: Literal["float64", "float32"] = "float64",
    engine: Literal["core", "steps"] = "core",
    n_threads: int | None = None,
    out: Out = Path("runs/digits"),
    force: Force = False,
    quiet: Quiet = False,
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
        How the weights start: as in the exercise, or by He's or Glorot's rule.
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
    from triceptron.run import check_folder

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
    with divergence_kept(out, settings, force), progress(epochs, quiet) as callback:
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
    run.save(out, force=force)
    if not quiet:
        print_run(run, out)
