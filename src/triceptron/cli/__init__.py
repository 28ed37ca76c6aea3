"""The commands: each parses its words, calls one room and prints.

A file a command. ``--help`` must not wait for scikit-learn and matplotlib: rooms import them where they are
needed.
"""

import io
import sys
import warnings

from cyclopts import App, CycloptsError

from triceptron import core
from triceptron.cli.check import check
from triceptron.cli.console import UsageError, in_words_of_options
from triceptron.cli.digits import digits
from triceptron.cli.example import example
from triceptron.cli.grade import grade
from triceptron.cli.help import LocalFormatter, error_panel
from triceptron.cli.kaggle import kaggle
from triceptron.cli.lesson import lesson
from triceptron.cli.predict import predict
from triceptron.cli.table import table
from triceptron.cli.train import train
from triceptron.jobs import RunCompleteError
from triceptron.language import choose, say, speak, translate

__all__ = ["app", "main"]


def _version() -> str:
    return say("{1} (core: {2})", core.version(), core.instruction_set())


app = App(
    name="triceptron",
    help="The three-layer perceptron, step by step.",
    version=_version,
    help_format="markdown",
    help_formatter=LocalFormatter(),
    error_formatter=error_panel,
    suppress_keyboard_interrupt=False,  # main() says what was done so far
)
app.command(digits)
app.command(kaggle)
app.command(train)
app.command(predict)
app.command(check)
app.command(grade)
app.command(lesson)
app.command(table)
app.command(example)


@app.command(name="--install-completion", help="Let the shell complete the words of commands.")
def _install_completion() -> None:
    print(say("Completion is in {1}; it works in a new shell.", app.install_completion()))


def main() -> None:
    """Run the command line: exit status 0 (done), 1 (it could not, one message) or 2 (usage)."""
    _set_up_streams()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: _warn(str(message))
            app(exit_on_error=False)
    except CycloptsError:
        sys.exit(2)  # cyclopts has said why
    except UsageError as error:
        _fail(str(error), status=2)
    except KeyboardInterrupt as interrupt:
        _fail(str(interrupt) or "interrupted; nothing was written")
    except RunCompleteError as complete:
        _warn(str(complete))  # and the exit status 0: it is done
    except (ValueError, OSError, ArithmeticError, MemoryError) as error:
        _fail(str(error) or type(error).__name__)


def _set_up_streams() -> None:
    """Speak the user's language where both streams can; no letter that they lack ends a command."""
    language = choose()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
            if language == "zh" and "中文".encode(stream.encoding, "replace") == b"??":
                language = "en"
    speak(language)


def _fail(message: str, status: int = 1) -> None:
    _warn(message)
    sys.exit(status)


def _warn(message: str) -> None:
    print(f"triceptron: {in_words_of_options(translate(message))}", file=sys.stderr)
