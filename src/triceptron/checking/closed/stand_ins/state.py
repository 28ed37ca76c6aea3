"""What a run with stand-ins knows: what has been replaced so far, and the numbers that are chosen for it."""

from typing import Any

SCALE = 200
"""Rows of the real data for one of ours."""

used: list[str] = []
"""What has been replaced in this run."""

asked: list[str] = []
"""What the program has asked its user, who is not there."""

FEATURES, KINDS = 8, 2
"""Columns of a table of which nothing is known, but for its labels', and classes."""

sizes: dict[str, int] = {}
"""Other such numbers for this run: one that has met a shape that wants others is made again."""

revived: list[str] = []
"""Names of an older NumPy, or Python, that the program uses."""


class Program:
    """The program that runs: its text, with what it has loaded since, tells which data it expects."""

    text = ""

    def elsewhere(self, module: str, name: str) -> Any:
        """Take from another file of the program's repository what a module that is not there would have."""
        return None


program = Program()
