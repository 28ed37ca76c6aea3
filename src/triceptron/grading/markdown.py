"""A learner's report as Markdown, for wherever a page cannot go."""

import re
from collections.abc import Iterator

from triceptron.grading.answers import answer
from triceptron.grading.entries import printable
from triceptron.grading.hints import LEVELS, Hints
from triceptron.grading.outcome import Fault, Outcome
from triceptron.grading.summary import line_of, word
from triceptron.language import say

__all__ = ["fault_markdown", "learner_markdown"]


def learner_markdown(outcome: Outcome, hints: Hints) -> bytes:
    """Return a learner's report, with hints up to a level."""
    score = outcome.score
    lines = [f"# {_words(outcome.who)}", ""]
    lines += [say("{1} of {2} points", f"{score.earned:.2f}", f"{score.total:g}"), ""]
    if outcome.error:
        lines += [_words(outcome.error), ""]
    for fault in outcome.faults():
        lines += [f"## {_code(fault.name or fault.step)}", "", *fault_markdown(fault, hints), ""]
    heads = (say("step"), say("verdict"), say("points"))
    lines += [f"| {' | '.join(heads)} |", "|---|---|---:|"]
    for key, (status, got, most) in score.steps.items():
        lines.append(f"| {_code(key)} | {word(status)} | {got:.2f} / {most:.2f} |")
    if outcome.notes():
        lines += ["", *(f"- {_words(note)}" for note in outcome.notes())]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def fault_markdown(fault: Fault, hints: Hints) -> Iterator[str]:
    """Yield the lines of a list: where, what, why, one right answer, as far as the hints go."""
    finding, far = fault.finding, LEVELS.index(hints)
    place = finding["place"]
    where = say("line {1}", line_of(finding)) if place else say("Somewhere in this step.")
    text = f": {_code(place['text'][:200])}" if place and place["text"] else ""
    yield f"- {where}{text}"
    if far >= 1:
        yield f"- {_words(finding['text'])}"
        for label, shown in (
            (say("fed in"), finding["fed"]),
            (say("came out"), finding["got"]),
            (say("expected"), finding["expected"]),
        ):
            if shown:
                yield f"  - {label}: {_code(shown)}"
    if far >= 2 and finding["cause"]:
        yield f"- {_words(finding['cause']['text'])}"
    if far >= 3 and answer(fault.step):
        yield ""
        yield from (f"    {line}".rstrip() for line in answer(fault.step).splitlines())


def _words(text: str) -> str:
    """Write a text so that no letter of it is a mark."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~&$@-])", r"\\\1", printable(text))


def _code(text: str) -> str:
    """Write a text as code, in more ticks than it has itself; no bar of it ends a table's cell."""
    shown = printable(text).replace("|", "\N{BROKEN BAR}")
    ticks = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    space = " " if shown[:1] in ("`", "", " ") or shown[-1:] in ("`", " ") else ""
    return f"{ticks}{space}{shown}{space}{ticks}"
