"""Let a tool look at every mutant and every harmless rewrite, and count what it finds."""

import argparse
import json
import shlex
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.faults.catalogue import FAULTS
from benchmarks.faults.mutants import SPLITS, Mutant, harmless, mutants, programs, steps

__all__ = ["Answer", "Finding", "main", "read_answer", "verdict"]

_NO_CAUSE = {"culprit", "signature", "name_unknown", "key_unknown"}
"""Our checker's codes that tell where to look next, not what is wrong."""


class Finding(NamedTuple):
    """What a tool says is wrong."""

    step: str | None
    cause: str | None
    line: int | None


class Answer(NamedTuple):
    """What a tool says of a program; an error instead where it gave no answer."""

    findings: tuple[Finding, ...] = ()
    error: str = ""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks faults", description="How well a tool finds the faults of learners."
    )
    parser.add_argument("--split", choices=SPLITS, help="both when not given")
    parser.add_argument("--tool", help="what to run, with {file} for the program; our checker when not given")
    parser.add_argument("--jobs", type=int, default=2, help="programs at a time")
    parser.add_argument("--limit", type=float, default=60, help="seconds for one program")
    parser.add_argument(
        "--only", default="", help="only where the program's or the fault's name contains this"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth case only: quicker")
    parser.add_argument("--details", type=Path, help="write every answer to this JSON file")
    chosen = parser.parse_args(arguments)
    if chosen.tool and shutil.which(shlex.split(chosen.tool)[0]) is None:
        parser.error(f"{shlex.split(chosen.tool)[0]} is no command here")
    details = []
    for split in [chosen.split] if chosen.split else SPLITS:
        own = harmless(split)[: len(programs(split))]
        told = zip(own, _run(chosen.tool, own, chosen.jobs, chosen.limit), strict=True)
        anyway = {case.program: set(map(_what, answer.findings)) for case, answer in told}
        for kind, cases in (("faults", mutants(split)), ("harmless", harmless(split))):
            cases = tuple(case for case in cases if chosen.only in f"{case.program} {case.fault}")[
                :: chosen.every
            ]
            answers = list(_run(chosen.tool, cases, chosen.jobs, chosen.limit))
            if kind == "faults":
                answers = [
                    _new(answer, anyway[case.program]) for case, answer in zip(cases, answers, strict=True)
                ]
            print(f"{split}, {kind}: {len(cases)} programs")
            (_tell_faults if kind == "faults" else _tell_harmless)(cases, answers)
            details += [
                {
                    "split": split,
                    "kind": kind,
                    **case._asdict(),
                    "verdict": verdict(case, answer),
                    **_plain(answer),
                }
                for case, answer in zip(cases, answers, strict=True)
            ]
    if chosen.details:
        chosen.details.write_text(json.dumps(details, indent=1), encoding="utf-8")


def verdict(case: Mutant, answer: Answer) -> dict[str, bool]:
    """Judge an answer: was the fault detected, its step, line and cause told, or a wrong cause."""
    fault = FAULTS.get(case.fault)
    if fault is None:
        return {"alarm": bool(answer.findings)}
    told = {finding.step for finding in answer.findings}
    causes = {finding.cause for finding in answer.findings} - {None, *_NO_CAUSE}
    right = bool(causes & {case.fault, *fault.causes})
    return {
        "detected": bool(answer.findings),
        "step": bool(told & steps(case.program, fault.step)),
        "line": any(finding.line == case.line for finding in answer.findings),
        "cause": right,
        "wrong cause": bool(causes) and not right,
    }


def _what(finding: Finding) -> tuple[str | None, str | None]:
    return finding.step, finding.cause


def _new(answer: Answer, anyway: Container[tuple[str | None, str | None]]) -> Answer:
    """Leave out what the tool says of the program without the fault as well."""
    return answer._replace(
        findings=tuple(finding for finding in answer.findings if _what(finding) not in anyway)
    )


def read_answer(text: str) -> Answer:
    """Read what a tool printed: ``{"findings": [{"step", "cause", "line"}, …]}``, or our checker's report."""
    try:
        told = json.loads(text)
        if "findings" in told:
            return Answer(tuple(_finding(found, found.get("step")) for found in told["findings"]))
        steps = [*told["steps"], {"step": "together", **told["together"]}]
        wrong = [step for step in steps if step["status"] == "wrong"]
        return Answer(
            tuple(_finding(found, step["step"]) for step in wrong for found in step["findings"] or [{}])
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Answer(error=f"not understood ({error!r}): {text[-200:]}")


def _finding(told: Mapping[str, Any], step: str | None) -> Finding:
    cause, place = told.get("cause"), told.get("place") or told
    return Finding(step, cause.get("code") if isinstance(cause, dict) else cause, place.get("line"))


def _run(tool: str | None, cases: Sequence[Mutant], jobs: int, limit: float) -> Iterator[Answer]:
    """Yield the answers in the cases' order; each case lies in a folder of its own as network.py."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) / "network.py" for number in range(len(cases))]
        for file, case in zip(files, cases, strict=True):
            file.parent.mkdir()
            file.write_text(case.text, encoding="utf-8")
        if tool is None:
            with ProcessPoolExecutor(jobs) as processes:
                yield from processes.map(_ask_ours, files)
        else:
            with ThreadPoolExecutor(jobs) as threads:
                yield from threads.map(lambda file: _ask(tool, file, limit), files)


def _ask_ours(file: Path) -> Answer:
    from triceptron import checking

    try:
        return read_answer(checking.check(file, lang="en").to_json())
    except ValueError as error:  # nothing in it is recognised
        return Answer(error=str(error))


def _ask(tool: str, file: Path, limit: float) -> Answer:
    command = [part.replace("{file}", str(file)) for part in shlex.split(tool)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        return Answer(error="time-out")
    answer = read_answer(done.stdout)
    return Answer(error=done.stderr.strip()[-200:] or answer.error) if answer.error else answer


def _tell_faults(cases: Sequence[Mutant], answers: Sequence[Answer]) -> None:
    counted: Counter[str] = Counter()
    missed: dict[str, list[str]] = defaultdict(list)
    for case, answer in zip(cases, answers, strict=True):
        told = verdict(case, answer)
        counted.update(name for name, held in told.items() if held)
        if not told["detected"]:
            missed[case.fault].append(case.program)
    for name in ("detected", "step", "line", "cause", "wrong cause"):
        print(f"  {name:<12}{counted[name]:>5}  {counted[name] / max(len(cases), 1):.1%}")
    print(f"  {'no answer':<12}{sum(bool(answer.error) for answer in answers):>5}")
    for fault, missing in sorted(missed.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"  missed: {fault} in {', '.join(missing)}")


def _tell_harmless(cases: Sequence[Mutant], answers: Sequence[Answer]) -> None:
    alarms = [(case, answer) for case, answer in zip(cases, answers, strict=True) if answer.findings]
    print(f"  {'false alarms':<12}{len(alarms):>5}  {len(alarms) / max(len(cases), 1):.1%}")
    print(f"  {'no answer':<12}{sum(bool(answer.error) for answer in answers):>5}")
    for case, answer in alarms:
        print(f"  alarmed: {case.fault} in {case.program}: {answer.findings[0]}")


def _plain(answer: Answer) -> dict[str, Any]:
    return {"findings": [finding._asdict() for finding in answer.findings], "error": answer.error}
