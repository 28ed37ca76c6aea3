"""The lesson as a page: draw a digit, watch the network learn, step through every number, break it.

``assembly`` makes the page of one file out of what is in ``page/`` (``modules`` joins its scripts), and
``server`` shows it. ``network`` holds the small network that reads the drawings and makes it anew, with
``bending`` for its training images. ``faults`` are what the page breaks the network with, and what the
checker says of them. ``notebook`` is the chapter of the single step over a reader's own network.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triceptron.lesson.assembly import make_page
    from triceptron.lesson.notebook import look
    from triceptron.lesson.server import LessonServer

__all__ = ["LessonServer", "look", "make_page"]

_MODULES = {"LessonServer": "server", "look": "notebook", "make_page": "assembly"}


def __getattr__(name: str) -> Any:
    """Import a module when it is first asked for: two of them are commands, and run as such before."""
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
