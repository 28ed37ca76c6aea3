"""What the commands do, for Python users too: the digits, any labelled table, Kaggle's digits."""

from triceptron.jobs.digits import DIGITS, run_digits
from triceptron.jobs.kaggle import KAGGLE, KaggleRun, Submission, run_kaggle
from triceptron.jobs.labelled import LABELLED, Predictions, predict_table, train_table
from triceptron.jobs.run import Run, check_folder, wilson_interval, write_diverged

__all__ = [
    "DIGITS",
    "KAGGLE",
    "LABELLED",
    "KaggleRun",
    "Predictions",
    "Run",
    "Submission",
    "check_folder",
    "predict_table",
    "run_digits",
    "run_kaggle",
    "train_table",
    "wilson_interval",
    "write_diverged",
]
