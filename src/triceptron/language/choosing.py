"""Which language the user reads."""

import locale
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

__all__ = ["Language", "choose"]

Language: TypeAlias = Literal["en", "zh"]


def choose(asked: str | None = None, environment: Mapping[str, str] | None = None) -> Language:
    """Return the language asked for, or the one that the environment or the system names.

    Parameters
    ----------
    asked : {"en", "zh"}, optional
        What a user asked for; it wins.
    environment : mapping, optional
        LC_ALL, LC_MESSAGES, LANG and the list LANGUAGE, by gettext's rules; the process's own when not given.

    Raises
    ------
    ValueError
        If what is asked for is no language of ours.
    """
    if asked is not None:
        if asked not in ("en", "zh"):
            raise ValueError(f"lang must be en or zh, got {asked!r}")
        return "zh" if asked == "zh" else "en"
    for name in _wished(os.environ if environment is None else environment):
        if name.startswith(("zh", "chinese")):
            return "zh"
        if name.startswith(("en", "c.", "posix")) or name == "c":
            return "en"
    return "en"


def _wished(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the user's languages, the dearest first."""
    set_to = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), ""
    )
    if set_to and set_to.split(".")[0] not in ("C", "POSIX"):  # gettext heeds LANGUAGE in no plain C locale
        yield from filter(None, environment.get("LANGUAGE", "").lower().split(":"))
    yield set_to.lower() if set_to else _of_the_system().lower()


def _of_the_system() -> str:
    """Ask the system where the environment says nothing, as on Windows and in macOS's windows."""
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return locale.getlocale()[0] or ""
