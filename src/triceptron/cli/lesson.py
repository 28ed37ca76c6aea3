"""``triceptron lesson``: the page on which the network is drawn on, watched, stepped through and broken."""

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from triceptron.cli.console import not_written_over, tell
from triceptron.cli.options import Force, Quiet

__all__ = ["lesson"]


def lesson(
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    force: Force = False,
    chapter: Literal["draw", "watch", "step", "break"] = "draw",
    lang: Literal["en", "zh"] | None = None,
    port: int = 0,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    quiet: Quiet = False,
) -> None:
    """Open the lesson in the browser: draw a digit, watch it learn, step through every number, break it.

    The page is served to this machine alone until Ctrl-C. With --out it is written as one file instead, which
    opens by double click and needs no network connection.

    Example: `triceptron lesson --out lesson.html`

    Parameters
    ----------
    out
        Write the page into this file, and serve nothing.
    force
        Replace a file that is already there.
    chapter
        The chapter to open.
    lang
        The page's language; the browser's when not given. It can be changed on the page.
    port
        The port to serve on; any that is free when not given.
    browser
        Open the browser; without, only the address is printed.
    quiet
        Print nothing but errors; with --no-browser also not the address.
    """
    from triceptron.lesson import LessonServer, make_page

    if not 0 <= port < 2**16:
        raise ValueError(f"port must be a whole number from 0 to 65535, got {port}")
    if out is not None:
        _write(out, make_page(), force, quiet)
        return
    with LessonServer(make_page(), port) as server:
        address = f"{server.address}#/{chapter}" + (f"?lang={lang}" if lang else "")
        if not quiet:
            tell(f"The lesson is at {address}  (Ctrl-C ends it)")
        signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # also where a shell started us in the background
        try:
            if browser:
                _open(address)
            server.serve_forever()
        except KeyboardInterrupt:
            if not quiet:
                tell("\nThe lesson is over.")


def _write(out: Path, page: str, force: bool, quiet: bool) -> None:
    from triceptron.files import write_file

    if out.is_dir():
        raise IsADirectoryError(f"--out {out} is a folder; name a file, such as {out / 'lesson.html'}")
    with not_written_over(out, force):
        try:
            write_file(out, page.encode(), new=not force)
        except FileExistsError:
            raise
        except OSError as error:
            raise OSError(f"--out {out} cannot be written: {error.strerror}") from error
    if not quiet:
        tell(f"written to {out}: open it in any browser")


def _open(address: str) -> None:
    """Show the page where there is a browser; elsewhere the printed address has to do."""
    import webbrowser

    with suppress(webbrowser.Error):
        webbrowser.open(address)
