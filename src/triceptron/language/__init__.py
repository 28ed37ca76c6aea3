"""The user's language: one way from the English in the code to what is read.

The English sentences stand in the code; each other language is one file of them, ``zh.toml``. Libraries stay
English; a command speaks the user's language, as `choose` finds it.
"""

from triceptron.language.choosing import Language, choose
from triceptron.language.sentences import current, say, speak, translate

__all__ = ["Language", "choose", "current", "say", "speak", "translate"]
