"""What is wrong with data: one error for every table that is read, with its place, and one for all others."""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["DataError", "Problem", "TableError", "shown"]

_TOLD = 10  # problems in one message


class DataError(OSError):
    """Data that cannot be had, or are not what they should be; the message says what to do."""


class Problem(NamedTuple):
    """What is wrong with a table, and the row and the column where it is."""

    problem: str
    row: int | None = None
    column: str | None = None


class TableError(ValueError):
    """A table that cannot be used; the message names the file and, where there is one, row and column.

    Parameters
    ----------
    file : path or None
        Or whatever names the file as text.
    problem : str
        What is wrong, and the mend.
    row : int, optional
        As a spreadsheet or the table itself counts it.
    column : int or str, optional
        The column's number, or its name.
    line : int, optional
        Of the file.
    """

    def __init__(
        self,
        file: object,
        problem: str,
        row: int | None = None,
        column: int | str | None = None,
        *,
        line: int | None = None,
    ) -> None:
        self.problem, self.file, self.row, self.line, self.column = problem, file, row, line, column
        places = [] if file is None else [str(file)]
        if row is not None:
            places.append(f"row {row}" + (f" (line {line})" if line is not None else ""))
        elif line is not None:
            places.append(f"line {line}")
        if column is not None:
            if isinstance(column, str):
                named_by_a_user = row is not None or line is None
                column = shown(column, "'" if named_by_a_user else "")
            places.append(f"column {column}")
        super().__init__(": ".join([", ".join(places), problem] if places else [problem]))

    @classmethod
    def of(cls, file: object, problems: Sequence[Problem]) -> "TableError":
        """Return one error that tells all the problems (at least one), each with its place."""
        (problem, row, column), *others = problems
        told = [problem, *(str(cls(None, *other)) for other in others[: _TOLD - 1])]
        told += [f"and {len(problems) - _TOLD} more"] if len(problems) > _TOLD else []
        return cls(file, "; ".join(told), row, column)


def shown(text: str, quote: str = "'") -> str:
    """Return a text for a message, cut where it is long."""
    text = text if len(text) <= 60 else text[:60] + "…"
    return repr(text) if quote else text
