"""Sentences in the user's language, found by their English.

A template has numbered fields: ``{1} of {2} runs``. `say` composes a sentence from a template; `translate`
takes a finished English message, such as an error's, and finds the template that it was made from.
"""

import re
import tomllib
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import NamedTuple

from triceptron.language.choosing import Language

__all__ = ["current", "key_of", "say", "speak", "translate"]

_LONGEST = 4_000  # characters; no message of ours is longer

_language: ContextVar[Language] = ContextVar("language", default="en")


def speak(language: Language) -> None:
    """Say everything in this language from here on, in this context."""
    _language.set(language)


def current() -> Language:
    """Return the language that is spoken."""
    return _language.get()


def key_of(template: str) -> str:
    """Return the name of a template in the files of sentences: one line, fields without their formats."""
    return re.sub(r"\{(\d+)[^{}]*\}", r"{\1}", " ".join(template.split()))


def say(template: str, *values: object) -> str:
    """Return a sentence in the user's language.

    Parameters
    ----------
    template : str
        In English, with fields numbered from 1, each with a format if it needs one: "{1:,} epochs".
    *values : object
        What stands in the fields.
    """
    if current() == "en":
        return template.format(None, *values) if values else template
    sentence = _sentences(current()).get(key_of(template), template)
    if not values:
        return sentence
    formats = {name: form or "" for _, name, form, _ in Formatter().parse(template) if name}
    filled = [format(value, formats.get(str(i), "")) for i, value in enumerate(values, start=1)]
    return re.sub(r"\{(\d+)[^{}]*\}", lambda field: filled[int(field[1]) - 1], sentence)


def translate(message: str) -> str:
    """Return an English message in the user's language; what has no translation stays as it is.

    The template with the most letters that fits the whole message is taken, and what fills its fields is
    translated in its turn. Time is linear in the message's length for each template.
    """
    if current() == "en" or not message or len(message) > _LONGEST:
        return message
    sentences = _sentences(current())
    if key_of(message) in sentences:
        return sentences[key_of(message)]
    for template in _templates(current()):
        filled = template.match(message)
        if filled is not None:
            values = {number: translate(value) for number, value in zip(template.fields, filled, strict=True)}
            return re.sub(r"\{(\d+)\}", lambda field: values[field[1]], template.sentence)
    return message


class _Template(NamedTuple):
    literals: Sequence[str]  # what stands before, between and after the fields
    fields: Sequence[str]
    sentence: str

    def match(self, message: str) -> list[str] | None:
        """Return what fills the fields if the message was made from this template."""
        first, *between, last = self.literals
        end = len(message) - len(last)
        if not (message.startswith(first) and message.endswith(last)) or end < len(first):
            return None
        filled, place = [], len(first)
        for literal in between:
            found = message.find(literal, place, end)
            if found < 0:
                return None
            filled.append(message[place:found])
            place = found + len(literal)
        return [*filled, message[place:end]]


@cache
def _sentences(language: Language) -> dict[str, str]:
    text = files("triceptron.language").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _templates(language: Language) -> list[_Template]:
    """Return the templates that have fields, those with the most letters first."""
    found = []
    for key, sentence in _sentences(language).items():
        literals, fields = re.split(r"\{\d+\}", key), re.findall(r"\{(\d+)\}", key)
        if fields:
            found.append(_Template(literals, fields, sentence))
    return sorted(found, key=lambda template: -sum(map(len, template.literals)))
