"""``triceptron predict``: a trained model's word on the rows of a table."""

from pathlib import Path

from triceptron.cli.console import not_written_over, tell
from triceptron.cli.options import Force, NThreads, Out, Quiet, Switch

__all__ = ["predict"]


def predict(
    model: Path,
    table: Path,
    /,
    *,
    out: Out = Path("predictions.csv"),
    id: str | None = None,
    rows: Switch = False,
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
        A CSV file (comma, semicolon or tab; gzipped or not) or a Parquet file.
    id
        A column to hand on, which names the rows; that of the training where none is named.
    rows
        Begin with each row's number in the table.
    probabilities
        Write a column with each class's probability, too.
    """
    from triceptron.jobs import predict_table

    with not_written_over(out, force):
        predictions = predict_table(model, table, id=id, n_threads=n_threads)
        predictions.save(out, probabilities=probabilities, numbered=rows, new=not force)
    if quiet:
        return
    n, labelled, correct = len(predictions.P), predictions.labelled, predictions.correct
    told = f"{n:,} rows predicted"
    if correct is not None and labelled == n:
        told = f"{told}, {correct:,} of them right = {correct / n:.2%}"
    elif correct is not None:
        told = f"{told}, {correct:,} of {labelled:,} with a label right = {correct / labelled:.2%}"
    tell(told)
    tell(f"written to {out}")
