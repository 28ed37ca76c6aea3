"""The teacher's table as CSV: a line a learner. No cell can be taken for a formula."""

import csv
import io
from collections.abc import Sequence

from triceptron.grading.entries import printable
from triceptron.grading.outcome import Outcome
from triceptron.grading.points import Points
from triceptron.grading.summary import line_of, word
from triceptron.language import say

__all__ = ["guarded", "table_csv"]


def guarded(text: str) -> str:
    """Write a text so that no spreadsheet runs it: without controls, a sign that begins a formula quoted."""
    shown = printable(text)
    return f"'{shown}" if shown.lstrip()[:1] in ("=", "+", "-", "@", "|", "%") and shown else shown


def table_csv(outcomes: Sequence[Outcome], points: Points) -> bytes:
    """Return the table; it begins with a mark by which spreadsheets know that it is UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    headings = [say("name"), say("number"), say("points"), say("out of")]
    more = [say("faults"), say("remarks"), say("file"), say("report")]
    writer.writerow([*headings, *points.weights, *more])
    for outcome in outcomes:
        steps = outcome.score.steps
        faults = [outcome.error] if outcome.error else []
        for fault in outcome.faults():
            line = line_of(fault.finding)
            faults.append(f"{fault.step}{f' ({line})' if line else ''}: {fault.words}")
        row = [
            outcome.who,
            outcome.identity,
            f"{outcome.score.earned:.2f}",
            f"{outcome.score.total:g}",
            *(word(steps[key][0]) if key in steps else "" for key in points.weights),
            "; ".join(faults),
            "; ".join(outcome.notes()),
            outcome.file,
            f"learners/{outcome.slug}.html",
        ]
        writer.writerow(map(guarded, row))
    return out.getvalue().encode("utf-8-sig", "replace")
