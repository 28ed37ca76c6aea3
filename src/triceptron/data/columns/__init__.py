"""Columns of any kind made numbers: which columns to learn from, what each holds, how it is encoded."""

from triceptron.data.columns.choosing import Choice, Kind, Selection, choose
from triceptron.data.columns.encoding import Column, Columns

__all__ = ["Choice", "Column", "Columns", "Kind", "Selection", "choose"]
