"""Every sentence of the checker, in English and in Chinese: ``words.json`` holds them side by side."""

import json
import locale
import os
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

__all__ = ["Language", "cause_sentence", "choose_language", "say", "words"]

Language: TypeAlias = Literal["en", "zh"]


@cache
def words() -> dict[str, Any]:
    """Return the tables "sentences" and "causes" (from a code to English and Chinese), and "template"."""
    tables: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    return tables


def say(lang: Language, code: str, **values: object) -> str:
    """Return a sentence."""
    return str(words()["sentences"][code][lang == "zh"]).format(**values)


def cause_sentence(lang: Language, code: str, **values: object) -> str:
    """Return the sentence of a likely cause."""
    return str(words()["causes"][code][lang == "zh"]).format(**values)


def choose_language(lang: str | None = None) -> Language:
    """Return the language asked for, or the locale's.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if lang is not None:
        if lang not in ("en", "zh"):
            raise ValueError(f"lang must be en or zh, got {lang!r}")
        return "zh" if lang == "zh" else "en"
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return "zh" if os.environ[variable].lower().startswith("zh") else "en"
    name = (locale.getlocale()[0] or "").lower()
    return "zh" if name.startswith(("zh", "chinese")) else "en"
