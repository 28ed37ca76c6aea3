"""Kaggle's Digit Recognizer: the competition's files in, a submission out."""

from triceptron.kaggle.account import AccountError, download, submit
from triceptron.kaggle.files import Competition, FileError, find, read
from triceptron.kaggle.job import DEFAULTS, Submission, estimate, finish

__all__ = [
    "DEFAULTS",
    "AccountError",
    "Competition",
    "FileError",
    "Submission",
    "download",
    "estimate",
    "find",
    "finish",
    "read",
    "submit",
]
