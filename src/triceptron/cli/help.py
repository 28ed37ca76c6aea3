"""``--help`` and the errors of the command line in the user's language."""

import re
from typing import Any

from cyclopts import CycloptsError, CycloptsPanel
from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel, InlineText
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.panel import Panel
from rich.text import Text

from triceptron.language import current, say, translate

__all__ = ["LocalFormatter", "Prose", "error_panel"]

# What stays on one line: a run of Latin letters or one Chinese letter, with the punctuation that clings to
# it, and a remark in brackets up to its first space.
_PIECES = re.compile(
    r"\s*(?:［[^\s］]*］?|[（「《“]*(?:[^\s\u2e80-\uffef“”]+|[\u2e80-\uffef]|$)[，。；：、！？）」》”］]*)"
)


class Prose:
    """A text whose lines may end between any two Chinese letters, and never before a comma."""

    def __init__(self, text: Text) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for paragraph in self.text.split("\n", allow_blank=True):
            breaks, width = [], 0
            for piece in _PIECES.finditer(paragraph.plain):
                wide = cell_len(piece[0])
                if width + wide > options.max_width and width:
                    text = piece[0].lstrip()
                    breaks.append(piece.end() - len(text))
                    width, wide = 0, cell_len(text)
                width += wide
            for line in paragraph.divide(breaks):
                line.rstrip()
                yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widest = max(map(cell_len, self.text.plain.split("\n")), default=0)
        return Measurement(min(widest, 16), min(widest, options.max_width))


class LocalFormatter(DefaultFormatter):
    """Cyclopts' own help where English is spoken; else the same panels in the user's language."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print a panel of commands or of parameters."""
        if current() != "en":
            entries = [_in_the_users_language(entry) for entry in panel.entries]
            panel = panel.copy(title=translate(str(panel.title)), entries=entries)
        super().__call__(console, options, panel)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        """Print the line of usage."""
        if current() == "en":
            super().render_usage(console, options, usage)
        else:
            console.print(Text(say("Usage: {1}", usage), style="bold"))

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:
        """Print what a command does."""
        if current() == "en":
            super().render_description(console, options, description)
            return
        for paragraph in re.split(r"\n\s*\n", _source(description).strip()):
            console.print(Prose(_marked(translate(paragraph))))
            console.print()


def error_panel(error: CycloptsError) -> Panel:
    """Return what is wrong with the words of a command."""
    if current() == "en":
        return CycloptsPanel(error)
    return CycloptsPanel(Prose(Text(translate(str(error)), style="default")), title=say("Error"))


def _in_the_users_language(entry: HelpEntry) -> HelpEntry:
    text = _marked(translate(_source(entry.description)))
    remarks = []
    if entry.choices:
        remarks.append(say("[choices: {1}]", ", ".join(entry.choices)))
    if entry.default is not None:
        remarks.append(say("[default: {1}]", entry.default))
    for remark in remarks:
        text.append(f" {remark}", style="bright_black")
    if entry.required:
        text.append(f" {say('[required]')}", style="red")
    return entry.copy(description=Prose(text), choices=None, default=None, required=False)


def _source(description: Any) -> str:
    """Return the Markdown that cyclopts made a description from."""
    inner = description.primary_renderable if isinstance(description, InlineText) else description
    return str(getattr(inner, "markup", inner or ""))


def _marked(markdown: str) -> Text:
    """Return a paragraph with its `code` in bold, the only mark-up that our docstrings have."""
    text = Text()
    for i, part in enumerate(markdown.split("`")):
        text.append(" ".join(part.split(" ")), style="bold" if i % 2 else "")
    return text
