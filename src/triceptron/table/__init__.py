"""A table of hyperparameters in, the same table filled in out."""

from triceptron.table.data import DEFAULT_TABLE, load
from triceptron.table.filling import Filled, fill
from triceptron.table.formats import Given, TableError, read
from triceptron.table.runs import TableData

__all__ = ["DEFAULT_TABLE", "Filled", "Given", "TableData", "TableError", "fill", "load", "read"]
