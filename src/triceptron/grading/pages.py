"""The pages: one for the teacher, one for each learner. Each is one file with no script and no address.

Whatever came from a learner is escaped, and the page itself forbids scripts, pictures and the network.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from statistics import fmean
from typing import Any
from urllib.parse import quote

from triceptron.grading.answers import answer
from triceptron.grading.entries import printable
from triceptron.grading.hints import LEVELS, Hints
from triceptron.grading.outcome import Fault, Outcome
from triceptron.grading.points import Points
from triceptron.grading.summary import CommonFault, common_faults, line_of, median, statuses, word
from triceptron.language import current, say

__all__ = ["class_page", "learner_page"]

_MARKS = {"right": "✓", "wrong": "✗", "other": "~", "missing": "–"}
_SHOWN_WHOSE = 40


def class_page(outcomes: Sequence[Outcome], points: Points, title: str, ignored: Sequence[str]) -> bytes:
    """Return the teacher's page: the most frequent faults, the steps, and a row for each learner."""
    earned = [outcome.score.earned for outcome in outcomes]
    figures = [
        (say("submissions"), f"{len(outcomes)}"),
        (say("mean"), f"{fmean(earned):.2f}"),
        (say("median"), f"{median(earned):.2f}"),
        (say("out of"), f"{points.total:g}"),
        (say("with nothing wrong"), f"{sum(outcome.full for outcome in outcomes)}"),
        (say("could not be read"), f"{sum(bool(outcome.error) for outcome in outcomes)}"),
    ]
    common = common_faults(outcomes)
    rows = "".join(_row(outcome) for outcome in outcomes)
    heads = "".join(
        f"<th{kind}>{_text(head)}</th>"
        for head, kind in (
            (say("name"), ""),
            (say("points"), ' class="number"'),
            (say("steps"), ""),
            (say("what is wrong"), ""),
        )
    )
    body = [
        f"<h1>{_text(title)}</h1>",
        _figures(figures),
        f"<h2>{_text(say('Most frequent faults'))}</h2>",
        _common(common, len(outcomes)) if common else f"<p>{_text(say('Nothing is wrong.'))}</p>",
        f"<h2>{_text(say('Steps'))}</h2>",
        _steps(outcomes, points),
        f"<h2>{_text(say('Learners'))}</h2>",
        f'<p class="soft">{_legend()}<br>{_text(", ".join(points.weights))}</p>',
        f'<table class="cards"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>',
    ]
    if ignored:
        body += [f"<h2>{_text(say('Not read'))}</h2>", _list(ignored)]
    return _page(title, "".join(body))


def learner_page(outcome: Outcome, hints: Hints) -> bytes:
    """Return a learner's page, with hints up to a level: each unfolds the next."""
    score = outcome.score
    title = outcome.who
    body = [f"<h1>{_text(title)}</h1>"]
    if outcome.file:
        body.append(f'<p class="soft"><code>{_text(outcome.file)}</code></p>')
    figures = [(say("points"), f"{score.earned:.2f} / {score.total:g}")]
    figures += [
        (word(status), str(sum(found == status for found, _, _ in score.steps.values())))
        for status in ("right", "wrong", "other", "missing")
    ]
    body.append(_figures(figures))
    if outcome.error:
        body.append(f'<section class="fault"><p>{_text(outcome.error)}</p></section>')
    faults = list(outcome.faults())
    if faults:
        body.append(f"<h2>{_text(say('What is wrong'))}</h2>")
        body += [_fault(fault, hints) for fault in faults]
    names, places = _names(outcome.report), _places(outcome.report)
    rows = "".join(
        f"<tr><td><code>{_text(names.get(key, key))}</code></td>"
        f'<td class="verdict {status}">{_MARKS[status]} {_text(word(status))}</td>'
        f'<td class="number" data-is="{_text(say("line"))}">{_text(places.get(key, ""))}</td>'
        f'<td class="number">{got:.2f} / {most:.2f}</td></tr>'
        for key, (status, got, most) in score.steps.items()
    )
    heads = "".join(
        f"<th{kind}>{_text(head)}</th>"
        for head, kind in (
            (say("step"), ""),
            (say("verdict"), ""),
            (say("line"), ' class="number"'),
            (say("points"), ' class="number"'),
        )
    )
    body += [
        f"<h2>{_text(say('Steps'))}</h2>",
        f'<table class="cards"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>',
    ]
    notes = outcome.notes()
    if notes:
        body += [f"<h2>{_text(say('Remarks'))}</h2>", _list(notes)]
    return _page(title, "".join(body), narrow=True)


def _figures(figures: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<li><b>{_text(figure)}</b><span>{_text(what)}</span></li>" for what, figure in figures)
    return f'<ul class="figures">{items}</ul>'


def _link(outcome: Outcome) -> str:
    return f'<a href="learners/{_text(quote(outcome.slug))}.html">{_text(outcome.who)}</a>'


def _row(outcome: Outcome) -> str:
    marks = "".join(
        f'<span class="mark {status}" role="img" title="{_text(key)}: {_text(word(status))}"'
        f' aria-label="{_text(key)}: {_text(word(status))}">{_MARKS[status]}</span>'
        for key, (status, _, _) in outcome.score.steps.items()
    )
    told = [f"<li>{_text(outcome.error)}</li>"] if outcome.error else []
    for fault in outcome.faults():
        line = line_of(fault.finding)
        where = f' <span class="soft">{_text(say("line {1}", line))}</span>' if line else ""
        told.append(f"<li><code>{_text(fault.step)}</code>{where} {_text(fault.words)}</li>")
    told += [f'<li class="soft">{_text(note)}</li>' for note in outcome.notes()]
    number = f'<span class="soft">{_text(outcome.identity)}</span>' if outcome.identity else ""
    return (
        f'<tr><td class="who">{_link(outcome)}{number}</td>'
        f'<td class="number" data-is="{_text(say("points"))}">{outcome.score.earned:.2f}</td>'
        f'<td><span class="marks">{marks}</span></td><td><ul class="plain">{"".join(told)}</ul></td></tr>'
    )


def _common(common: Sequence[CommonFault], learners: int) -> str:
    rows = []
    for fault in common:
        whose = "".join(
            f"<li>{_link(outcome)} {_line(own.finding)}</li>" for outcome, own in fault.whose[:_SHOWN_WHOSE]
        )
        if len(fault.whose) > _SHOWN_WHOSE:
            whose += f"<li>{_text(say('and {1} more', len(fault.whose) - _SHOWN_WHOSE))}</li>"
        first = _line(fault.whose[0][1].finding)
        rows.append(
            f'<tr><td class="number" data-is="{_text(say("learners"))}">{len(fault.whose)}</td>'
            f'<td class="number">{len(fault.whose) / learners:.0%}</td>'
            f"<td><code>{_text(fault.step)}</code></td><td>{_text(fault.words)}"
            f"<details><summary>{first or _text(say('whose'))}</summary>"
            f'<ul class="plain">{whose}</ul></details></td></tr>'
        )
    heads = (
        f'<th class="number">{_text(say("learners"))}</th><th></th><th>{_text(say("step"))}</th>'
        f"<th>{_text(say('fault, and an example of its line'))}</th>"
    )
    return f'<table class="cards"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _steps(outcomes: Sequence[Outcome], points: Points) -> str:
    rows = []
    for key in points.weights:
        counted = statuses(outcomes, key)
        bar = "".join(
            f'<i class="{status}" style="width:{count / len(outcomes):.2%}"></i>'
            for status, count in counted.items()
            if count and status != "missing"
        )
        numbers = "".join(
            f'<td class="number" data-is="{_text(word(status))}">{count}</td>'
            for status, count in counted.items()
        )
        rows.append(
            f'<tr><td><code>{_text(key)}</code></td><td><div class="bar">{bar}</div></td>{numbers}</tr>'
        )
    heads = "".join(
        f'<th class="number">{_text(word(status))}</th>' for status in ("right", "wrong", "other", "missing")
    )
    return (
        f'<table class="cards"><thead><tr><th>{_text(say("step"))}</th><th></th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _fault(fault: Fault, hints: Hints) -> str:
    """Return a fault with a hint inside a hint: whoever wants to think first leaves the next one shut."""
    finding = fault.finding
    levels = LEVELS[: LEVELS.index(hints) + 1]
    inner = ""
    for level in reversed(levels[1:]):
        inner = _level(level, fault, inner)
    name = f"<code>{_text(fault.name or fault.step)}</code>"
    where = _line(finding)
    return (
        f'<section class="fault"><h3>{name}</h3>'
        f"<p>{where or _text(say('Somewhere in this step.'))}</p>{inner}</section>"
    )


def _level(level: str, fault: Fault, inner: str) -> str:
    finding = fault.finding
    if level == "what":
        rows = [
            (say("fed in"), finding["fed"]),
            (say("came out"), finding["got"]),
            (say("expected"), finding["expected"]),
        ]
        shown = "".join(
            f"<dt>{_text(label)}</dt><dd><code>{_text(text)}</code></dd>" for label, text in rows if text
        )
        told = f"<p>{_text(finding['text'])}</p>{f'<dl>{shown}</dl>' if shown else ''}"
        return f"<details><summary>{_text(say('What'))}</summary>{told}{inner}</details>"
    if level == "why":
        cause = finding["cause"]
        told = _text(cause["text"]) if cause else _text(say("The cause is none that is known."))
        return f"<details><summary>{_text(say('Why'))}</summary><p>{told}</p>{inner}</details>"
    ours = answer(fault.step)
    if not ours:
        return ""
    return f"<details><summary>{_text(say('One right answer'))}</summary><pre>{_text(ours)}</pre></details>"


def _line(finding: Mapping[str, Any]) -> str:
    place = finding["place"]
    if place is None:
        return ""
    line = say("line {1}", line_of(finding))
    text = f" <code>{_text(place['text'][:200])}</code>" if place["text"] else ""
    return f'<span class="soft">{_text(line)}</span>{text}'


def _names(report: Mapping[str, Any]) -> dict[str, str]:
    return {step["step"]: step["name"] for step in report.get("steps", ())}


def _places(report: Mapping[str, Any]) -> dict[str, str]:
    return {step["step"]: line_of(step) for step in report.get("steps", ())}


def _legend() -> str:
    return " ".join(
        f'<span class="mark {status}">{mark}</span> {_text(word(status))}' for status, mark in _MARKS.items()
    )


def _list(texts: Iterable[str]) -> str:
    return f'<ul class="plain">{"".join(f"<li>{_text(text)}</li>" for text in texts)}</ul>'


def _text(text: str) -> str:
    return html.escape("".join(line if line == "\n" else printable(line) for line in str(text)))


def _page(title: str, body: str, *, narrow: bool = False) -> bytes:
    style = files("triceptron.grading").joinpath("style.css").read_text(encoding="utf-8")
    language = "zh-CN" if current() == "zh" else "en"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<main class="{"narrow" if narrow else "wide"}">{body}</main>\n</body>\n</html>\n'
    ).encode("utf-8", "replace")
