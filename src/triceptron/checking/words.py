"""Every sentence of the checker, in English and in Chinese: ``words.json`` holds them side by side."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from triceptron.language import Language

__all__ = ["cause_sentence", "say", "words"]


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
