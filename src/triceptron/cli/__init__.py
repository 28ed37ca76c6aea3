"""The commands: each parses its words, calls one room and prints.

A file a command. ``--help`` must not wait for scikit-learn and matplotlib: rooms import them where they are
needed.
"""

import sys

from cyclopts import App, CycloptsError

from triceptron import core
from triceptron.cli.check import check
from triceptron.cli.console import UsageError, in_words_of_options
from triceptron.cli.digits import digits
from triceptron.cli.example import example
from triceptron.cli.kaggle import kaggle
from triceptron.cli.predict import predict
from triceptron.cli.table import table
from triceptron.cli.train import train
from triceptron.jobs import RunCompleteError

__all__ = ["app", "main"]


def _version() -> str:
    return f"{core.version()} (core: {core.instruction_set()})"


app = App(
    name="triceptron",
    help="The three-layer perceptron, step by step.",
    version=_version,
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # main() says what was done so far
)
app.command(digits)
app.command(kaggle)
app.command(train)
app.command(predict)
app.command(check)
app.command(table)
app.command(example)


def main() -> None:
    """Run the command line: exit status 0 (done), 1 (it could not, one message) or 2 (usage)."""
    try:
        app(exit_on_error=False)
    except CycloptsError:
        sys.exit(2)  # cyclopts has said why
    except UsageError as error:
        _fail(str(error), status=2)
    except KeyboardInterrupt as interrupt:
        _fail(str(interrupt) or "interrupted; nothing was written")
    except RunCompleteError as complete:
        print(f"triceptron: {complete}", file=sys.stderr)  # and the exit status 0: it is done
    except (ValueError, OSError, ArithmeticError, MemoryError) as error:
        _fail(str(error) or type(error).__name__)


def _fail(message: str, status: int = 1) -> None:
    print(f"triceptron: {in_words_of_options(message)}", file=sys.stderr)
    sys.exit(status)
