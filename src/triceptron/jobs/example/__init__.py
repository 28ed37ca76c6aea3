"""Files to try the commands on."""

import csv
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from triceptron.arrays import check_choice
from triceptron.files import write_file

__all__ = ["Example", "write_example"]

Example: TypeAlias = Literal["flowers.csv", "steps.py"]


def write_example(name: Example, out: Path, *, new: bool = False) -> None:
    """Write a file to try a command on, whole or not at all.

    Parameters
    ----------
    name : {"flowers.csv", "steps.py"}
        Fisher's irises as scikit-learn has them, 150 flowers of three species; or the exercise, solved with
        two faults for `triceptron.check` to find.
    out : path
        Replaced where it is there.
    new : bool
        Refuse to replace anything.

    Raises
    ------
    FileExistsError
        If `new` is asked for and something is there.
    OSError
        If the file cannot be written.
    """
    check_choice("name", name, get_args(Example))
    write_file(out, (_flowers() if name == "flowers.csv" else _steps()).encode(), new=new)


def _flowers() -> str:
    from sklearn.datasets import load_iris

    data, text = load_iris(), StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(name.removesuffix(" (cm)") for name in data.feature_names), "species"])
    writer.writerows(
        [*row, data.target_names[code]]
        for row, code in zip(data.data.tolist(), data.target.tolist(), strict=True)
    )
    return text.getvalue()


def _steps() -> str:
    return (files("triceptron.jobs.example") / "steps.txt").read_text(encoding="utf-8")
