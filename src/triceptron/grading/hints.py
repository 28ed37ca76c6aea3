"""How much a learner is told."""

from typing import Literal, TypeAlias

__all__ = ["LEVELS", "Hints"]

Hints: TypeAlias = Literal["where", "what", "why", "answer"]
"""The line; and what came out of it; and the likely cause; and one right answer."""

LEVELS: tuple[Hints, ...] = ("where", "what", "why", "answer")
