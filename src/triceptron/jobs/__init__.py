"""What the commands do, for Python users too: the digits, any labelled table, Kaggle's digits."""

from triceptron.jobs.digits import DIGITS, run_digits
from triceptron.jobs.example import Example, write_example
from triceptron.jobs.kaggle import KAGGLE, KaggleRun, Submission, kaggle_epochs, run_kaggle
from triceptron.jobs.labelled import LABELLED, Predictions, TableRun, predict_table, train_table
from triceptron.jobs.run import FinalLosses, Run, check_folder, reserved, wilson_interval, write_diverged
from triceptron.jobs.session import RunCompleteError, RunStopped

__all__ = [
    "DIGITS",
    "KAGGLE",
    "LABELLED",
    "Example",
    "FinalLosses",
    "KaggleRun",
    "Predictions",
    "Run",
    "RunCompleteError",
    "RunStopped",
    "Submission",
    "TableRun",
    "check_folder",
    "kaggle_epochs",
    "predict_table",
    "reserved",
    "run_digits",
    "run_kaggle",
    "train_table",
    "wilson_interval",
    "write_diverged",
    "write_example",
]
