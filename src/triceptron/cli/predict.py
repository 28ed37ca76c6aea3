"""``triceptron predict``: a trained model's word on the rows of a table."""

from pathlib import Path

from rich.console import Console

from triceptron.cli.options import Force, NThreads, Out, Quiet, Switch

__all__ = ["predict"]


def predict(
    model: Path,
    table: Path,
    /,
    *,
    out: Out = Path("predictions.csv"),
    probabilities: Switch = False,
    n_threads: NThreads = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Predict the label of each row of a table, by the model of any run.

    Where the model knows its features by name, the columns are looked up and others do not matter; else all
    the columns are features, in the order the model learned them. Where the labels are there too, it counts
    how many are right.

    Example: `triceptron predict runs/flowers/model.safetensors more.csv --out predictions.csv`

    Parameters
    ----------
    model
        A run's model.safetensors, or a file of `save_model`.
    table
        The CSV file; comma, semicolon or tab between the values.
    probabilities
        Write a column with each class's probability, too.
    """
    from triceptron.jobs import predict_table

    if out.exists() and not force:
        raise FileExistsError(
            f"--out {out} is already there; name another file, or add --force to replace it"
        )
    predictions = predict_table(model, table, n_threads=n_threads)
    predictions.save(out, probabilities=probabilities)
    if quiet:
        return
    n, correct = len(predictions.P), predictions.correct
    told = f"{n:,} rows predicted"
    told += "" if correct is None else f", {correct:,} of them right = {correct / n:.2%}"
    Console(highlight=False, soft_wrap=True).print(f"{told}\nwritten to {out}")
