"""Sentences in the user's language, found by their English.

A template has numbered fields: ``{1} of {2} runs``. `say` composes a sentence from a template; `translate`
takes a finished English message, such as an error's, and finds the template that it was made from.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import NamedTuple

from triceptron.language.choosing import Language

__all__ = ["current", "key_of", "say", "speak", "translate"]

_LONGEST = 4_000  # characters; no message of ours is longer
_DEEPEST = 8  # messages within messages
_COLON = ": "  # stands between a place and what is wrong there
_SEMICOLON = "; "  # stands between one thing that is wrong and the next
_QUOTED = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?!\w)""")  # what a user wrote
_FEWEST = 3  # letters that a template must have to be recognised by them

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
        return template.format(None, *values)
    sentence = _sentences(current()).get(key_of(template))
    if sentence is None or not values:
        return sentence or template.format(None, *values)
    formats = [(name, form or "") for _, name, form, _ in Formatter().parse(template) if name]
    return _fill(sentence, {name: format(values[int(name) - 1], form) for name, form in formats})


def translate(message: str) -> str:
    """Return an English message in the user's language; what has no translation stays as it is.

    The template with the most letters that fits the whole message is taken, and what fills its fields is
    translated in its turn. Time is linear in the message's length for each template.
    """
    if current() == "en" or len(message) > _LONGEST:
        return message
    return _translate(message, _DEEPEST)


def _translate(message: str, depth: int) -> str:
    sentences = _sentences(current())
    if key_of(message) in sentences:
        return sentences[key_of(message)]
    if not depth:
        return message
    if "\n" in message:
        return "\n".join(_translate(line, depth - 1) for line in message.split("\n"))
    for template in _templates(current()):
        filled = template.match(message)
        if filled is not None:
            values = [_field(value, depth - 1) for value in filled]
            return _fill(template.sentence, dict(zip(template.fields, values, strict=True)))
    places = {joint: _outside_quotes(message, joint) for joint in (_COLON, _SEMICOLON)}
    for joint, place in sorted(places.items(), key=lambda found: found[1]):
        if place >= 0:
            parts = message[:place], message[place + len(joint) :]
            return say(f"{{1}}{joint}{{2}}", *(_translate(part, depth - 1) for part in parts))
    return message


def _outside_quotes(text: str, joint: str) -> int:
    """Return where a joint first stands outside quotes, or -1."""
    return _QUOTED.sub(lambda quoted: "-" * len(quoted[0]), text).find(joint)


def _fill(sentence: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\d+)\}", lambda field: values[field[1]], sentence)


def _field(value: str, depth: int) -> str:
    """Translate a part of a sentence; one word is a name, and what is quoted was written by a user."""
    ours = _QUOTED.sub("", value)
    return _translate(value, depth) if " " in ours and re.search("[A-Za-z]", ours) else value


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
        filled.append(message[place:end])
        before = next((i for i, literal in enumerate(self.literals) if _COLON in literal), len(filled))
        if any(_outside_quotes(field, _COLON) >= 0 for field in filled[:before]):
            return None  # what stands before a message's colon is a place, no part of the sentence after it
        return filled


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
        if fields and len("".join("".join(literals).split())) >= _FEWEST:
            found.append(_Template(literals, fields, sentence))
    return sorted(found, key=lambda template: -sum(map(len, template.literals)))
