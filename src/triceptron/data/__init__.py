"""Where X and y come from: data sets by name, tables, Kaggle's files; cut in two, standardised, augmented."""

from triceptron.data.augmentation import Affine, Elastic, Shift
from triceptron.data.columns import Columns, Selection
from triceptron.data.csvtable import CsvTable, LabelledTable, read_labelled, read_table
from triceptron.data.dataset import Dataset, Split
from triceptron.data.digits import load_digits
from triceptron.data.errors import DataError, TableError, shown
from triceptron.data.labelled import Prepared, prepare
from triceptron.data.loading import has_labels, load
from triceptron.data.mnist import load_mnist
from triceptron.data.preprocessing import VARIED, VIEWS, ViewName, Views, preprocess
from triceptron.data.splitting import hold_out, split
from triceptron.data.standardisation import Standardisation
from triceptron.data.text import decode

__all__ = [
    "VARIED",
    "VIEWS",
    "Affine",
    "Columns",
    "CsvTable",
    "DataError",
    "Dataset",
    "Elastic",
    "LabelledTable",
    "Prepared",
    "Selection",
    "Shift",
    "Split",
    "Standardisation",
    "TableError",
    "ViewName",
    "Views",
    "decode",
    "has_labels",
    "hold_out",
    "load",
    "load_digits",
    "load_mnist",
    "prepare",
    "preprocess",
    "read_labelled",
    "read_table",
    "shown",
    "split",
]
