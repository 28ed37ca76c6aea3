"""A table of hyperparameters in, the same table filled in out."""

from triceptron.jobs.table.data import DEFAULT_TABLE, TableData, load, shipped
from triceptron.jobs.table.filling import Filled, check, fill
from triceptron.jobs.table.formats import Given, read

__all__ = ["DEFAULT_TABLE", "Filled", "Given", "TableData", "check", "fill", "load", "read", "shipped"]
