"""Runs a program as its author would, or as its author might have gone on, and says what its run shows."""

import ast
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import prod
from time import process_time

from triceptron.checking.closed.dialects import python
from triceptron.checking.closed.process import LostError, Process
from triceptron.checking.closed.repository import sources
from triceptron.checking.closed.stand_ins import FEATURES, KINDS
from triceptron.checking.names import role_of
from triceptron.checking.program.driving import UPDATE, Driven, drivers
from triceptron.checking.program.passes import Pass, Reading, read_tape
from triceptron.checking.program.run import UNKNOWN, Flaw, Verdict, fails_anyhow, judge_run
from triceptron.checking.program.tape import PRODUCTS, Stop, Tape, nodes_in
from triceptron.checking.source import Source, split_source

__all__ = ["Part", "Run", "run_whole"]

_TIMES = 4
"""How many times as long as a step's check a whole run may take: it imports libraries, and it trains."""

_TRYING_SECONDS, _MOST_TRIES = 10.0, 80
"""Of processor time, for the ways in which a class, or functions, may be called; then nothing is wrong."""

_TRIALS, _MOST_FEATURES = 2, 10_000
"""How often a run is made again with made-up samples of another size, and the largest one."""

_LONG = 1.0
"""A program that takes as long is not run anew with each way: its definitions alone are."""

_OF_PAIRS = ("loss_incomplete", "softmax_slope_again", "output_slope_again")
"""Faults of a loss and an output that do not belong together, where they were put together here."""

_MANY = 4000
"""Operations of a program after which what drives it could not be written down: its definitions are run."""

_AFTER = ("compute_gradient", "cross_entropy", "loss_gradient")
"""What comes when the way forward has been gone."""

_CLASHES = ("transpose_missing", "transposed", "elementwise_product", "keepdims_missing", "relu_maximum")

Part = tuple[str, str, list[int] | None]
"""A block's name and text, and which of its statements are run; None for all."""


@dataclass(frozen=True)
class Run:
    """What one run shows: a verdict, whether it shows a training, where it stopped before its end."""

    verdict: Verdict | None = None
    trained: bool = False
    stop: Stop | None = None
    revived: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    raised: bool = False
    seconds: float = 0.0
    """Of processor time, so that what else the machine does changes no verdict."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    """How many features, or classes, made-up samples should have had: what they met was of this size."""

    sampled: bool = False
    """Whether it comes to the making up of samples."""
    paired: bool = False
    """Whether outputs meet labels that fit."""
    met: bool = False
    """Whether it comes to a product of matrices."""
    filled: bool = False
    """Whether little more than it has done could be written down."""
    driven: bool = False
    """Whether lines that were written for it ran in the program's place."""
    stuck: int = 0
    """Where it stopped because shapes clash on the way forward, before the labels are looked at."""

    @property
    def clashed(self) -> bool:
        """Whether shapes that clash are what is wrong with it."""
        return self.verdict is not None and any(
            flaw.code in ("shapes_clash", *_CLASHES) for flaw in self.verdict.flaws[:1]
        )

    @property
    def shows(self) -> bool:
        """Whether a training is seen, or what keeps it from being one."""
        return self.verdict is not None and (self.trained or bool(self.verdict.flaws))


def run_whole(
    process: Process,
    program: Sequence[Part],
    defined: Sequence[Part],
    folder: str,
    flags: int = 0,
    file: str = "",
    users: Iterable[Source] = (),
    scratch: str = ".",
) -> Run:
    """Run a program as its author would, and say what its run shows.

    A file that only defines functions or a class is run by a program beside it that imports it; where there
    is none, with lines that make a network of it and train it. `defined` are its definitions alone, for
    where the whole of it takes long or does not come to its end; `scratch` is where it may write.
    """
    began = process_time()
    first = _run(process, program, folder, flags, scratch)
    for _ in range(_TRIALS):
        if first.sizes:
            first = _run(process, program, folder, flags, scratch, first.sizes)
    if first.shows:
        return first
    until, own = process_time() + _TRYING_SECONDS, os.path.join(folder, file)
    for user in users if first.stop is None else ():
        whole = split_source(user)
        parts: list[Part] = [(name, text, None) for name, text, _ in whole.blocks]
        used = _run(process, parts, user.folder, whole.flags, scratch, of=own)
        theirs = any(flaw.block < len(parts) for flaw in used.verdict.flaws[:1]) if used.verdict else True
        if used.shows and own in used.blocks and not theirs:
            return used
        until -= used.seconds
        if process_time() > until:
            break
    long = first.seconds + process_time() - began > _LONG or first.filled
    defined = defined if long or first.stop is not None else program
    choice = _Choice(len(defined))
    texts = [sources(folder).get(of["file"], "") for of in process.found if of["own"]] if file else []
    text = "\n".join([*map(python, dict.fromkeys(texts)), _text(defined)])
    ways = (way for way in drivers(process.found, text) if way.network not in choice.done)
    for way in islice(ways, _MOST_TRIES):
        tried = _run(process, [*defined, ("<driver>", way.text, None)], folder, flags, scratch)
        if UPDATE in way.text and tried.verdict:  # the update is ours
            tried.verdict.right.pop("update", None)
            tried.verdict.flaws[:] = [each for each in tried.verdict.flaws if each.code != "update_some"]
        if choice.settles(tried, way):
            others = way.others if tried.verdict and not tried.verdict.flaws else ()
            more = (
                _run(process, [*defined, ("<driver>", text, None)], folder, flags, scratch) for text in others
            )
            wrong = (run for run in more if run.verdict and run.verdict.flaws and not run.raised)
            return replace(next(wrong, tried), stop=first.stop, driven=True)
        until -= tried.seconds
        if process_time() > until:
            choice.doubt()
            break
    best = choice.best(first)
    return replace(best, stop=first.stop, driven=best is not first)


class _Choice:
    """Which of the runs that drive a file in one way after another tells how it is meant."""

    def __init__(self, driver: int) -> None:
        self.driver = driver
        self.runs: dict[str, Run] = {}
        self.done: set[str] = set()
        """Networks that cannot be made, or were handed samples and labels as they want them."""
        self.misses: Counter[str] = Counter()
        self.network, self.farthest = "", Run()
        self.everywhere = True
        self.networks: dict[tuple[str, str, int], set[str]] = {}
        """In which networks a fault that has a name is seen."""

    def settles(self, run: Run, way: Driven) -> bool:
        """Look at one more run; tell whether it is called as it wants to be."""
        self.misses[way.network] += not run.met
        if (run.stop is not None and not run.sampled and not way.own) or self.misses[way.network] > 6:
            self.done.add(way.network)
        if run.paired and not run.raised and run.trained and run.stop is None:
            self.done.add(way.network)
        self._look_at_clash(run, way.network if way.sure else "")
        verdict = run.verdict
        if run.stop is not None and "unsupported operand type" in run.stop.error:
            return False  # it was handed an object where it wants numbers
        if way.assembled and verdict and any(flaw.code in _OF_PAIRS for flaw in verdict.flaws):
            return False  # the loss is meant for another output than it was given
        shown = run.trained or (run.shows and run.stop is not None)
        if verdict is None or not shown or any(flaw.block == self.driver for flaw in verdict.flaws):
            return False
        found = verdict.explanation
        explained = found is not None and not found.wrong and abs(found.factor) > 1e-12
        of_data = way.own and verdict.flaws[:1] and verdict.flaws[0].step in ("data", "one_hot")
        wrong = self.runs.keys() & {"known", "flawed"}
        if wrong and not way.sure and verdict.flaws[:1] and verdict.flaws[0].step == "train":
            return False  # it is the way that does not fit, where a likelier one has trained
        if not run.raised and (explained or of_data):
            return True
        named = any(flaw.code for flaw in verdict.flaws[:1])
        if not run.raised and found is not None and found.factor and named:
            kind = "known"
        elif not verdict.flaws:
            kind = "sound" if run.paired else "loose"
        else:
            kind = "flawed" if not run.raised else "ended" if way.own else ""
        self.runs.setdefault(kind, run)
        if kind and named:
            self.networks.setdefault(_key(verdict.flaws[0]), set()).add(way.network)
        return kind == "known" and self._is_seen_again(run)

    def _is_seen_again(self, run: Run) -> bool:
        """Tell whether the same fault is seen in a network of another size: no way to call it makes that."""
        flaws = run.verdict.flaws if run.verdict else []
        if run.raised and not any(
            (f.step, f.code) == ("compute_gradient", "transpose_missing") for f in flaws
        ):
            return False  # samples that stand the wrong way clash in every network
        return any(len(self.networks.get(_key(flaw), ())) > 1 for flaw in flaws[:1])

    def _look_at_clash(self, run: Run, network: str) -> None:
        """See whether no samples can be handed to the likeliest network, and no other comes to its end."""
        self.network = self.network or network
        if run.met and network == self.network != "":
            self.everywhere = self.everywhere and run.stuck > 0
            if run.stuck > self.farthest.stuck and run.verdict and run.verdict.flaws[0].code in _CLASHES:
                self.farthest = run
        self.everywhere = self.everywhere and (run.stuck > 0 or not run.met)

    def doubt(self) -> None:
        """Call nothing wrong: what was not tried may be how it is meant."""
        self.runs = {
            kind: run
            for kind, run in self.runs.items()
            if kind in ("sound", "loose") or self._is_seen_again(run)
        }
        self.everywhere = False

    def best(self, first: Run) -> Run:
        """Return the run that tells most: a fault of a known network, no fault, any other fault."""
        if first.met and first.stop is None:
            self.runs.pop("ended", None)  # what the program itself calls rightly
        elif self.everywhere and self.farthest.stuck:
            self.runs.setdefault("ended", self.farthest)
        self.runs |= {"first": first} if first.verdict else {}
        order = ("known", "sound", "first", "flawed", "ended", "loose")
        return next((self.runs[kind] for kind in order if kind in self.runs), first)


def _key(flaw: Flaw) -> tuple[str, str, int]:
    """Tell what makes one fault like another."""
    return flaw.step, flaw.code, flaw.line


def _text(program: Sequence[Part]) -> str:
    """Return what of a program is run."""
    texts = []
    for _, text, kept in program:
        body = ast.parse(text).body if kept is not None else []
        texts.append(text if kept is None else "\n".join(ast.unparse(body[position]) for position in kept))
    return "\n".join(texts)


_UNFIT = {
    "features": (
        rf"not aligned: {FEATURES} \(dim \d\) != (\d+) \(dim",
        rf"not aligned: (\d+) \(dim \d\) != {FEATURES} \(dim",
        rf"\(size {FEATURES} is different from (\d+)\)",
        rf"\(size (\d+) is different from {FEATURES}\)",
        rf"cannot reshape array of size {FEATURES} into shape \((\d+), ?(\d+)\)",
    ),
    "pixels": (
        r"not aligned: 784 \(dim \d\) != (\d+) \(dim",
        r"not aligned: (\d+) \(dim \d\) != 784 \(dim",
        r"\(size 784 is different from (\d+)\)",
        r"\(size (\d+) is different from 784\)",
    ),
    "side": (r"could not broadcast input array from shape \((?:28|64),.* into shape \((\d+),",),
    "kinds": (
        rf"broadcast together with shapes \((?:\d+,)?{KINDS}\) \((?:\d+,)?(\d+)\)",
        rf"broadcast together with shapes \((?:\d+,)?(\d+)\) \((?:\d+,)?{KINDS}\)",
    ),
}
"""What NumPy says of made-up samples, or their labels, that meet arrays of other sizes."""


_ARGUMENTS = re.compile(r"len\(sys\.argv\) *(?:<|!=) *([2-9])"), re.compile(r"sys\.argv\[(\d)\]")
"""What tells how many arguments a program is called with."""


def _unfit(tape: Tape, program: str) -> dict[str, int]:
    """Return what size of made-up samples, or number of arguments, a program that stopped wants, if any."""
    ended = tape.stopped.error if tape.stopped is not None else ""
    if "sys.argv" in program and ended.startswith(("SystemExit", "IndexError: list index out of range")):
        asked, taken = ([int(number) for number in each.findall(program)] for each in _ARGUMENTS)
        return {"arguments": max(asked) - 1 if asked else max(taken, default=1)}
    text = ended if tape.stand_ins else ""
    for name, patterns in _UNFIT.items():
        found = next(filter(None, (re.search(pattern, text) for pattern in patterns)), None)
        wanted = prod(map(int, found.groups())) if found is not None else 0
        if 1 < wanted < _MOST_FEATURES:
            return {name: wanted}
    return {}


def _run(
    process: Process,
    program: Sequence[Part],
    folder: str,
    flags: int,
    scratch: str,
    sizes: Mapping[str, int] | None = None,
    of: str = "",
) -> Run:
    """Make one run; of several networks, those of one file are judged if they are known."""
    sizes = sizes or {}
    request = {"program": program, "flags": flags, "folder": folder, "scratch": scratch, "sizes": {**sizes}}
    try:
        with process.step(_TIMES):
            outcome = process.call(request)
    except LostError as lost:
        why = "TimeoutError" if lost.args[0] == "time" else "SystemExit"
        return Run(stop=Stop(0, 0, "", why), seconds=process.limits.seconds * _TIMES)
    stop, seconds = None, process.limits.seconds * _TIMES
    try:
        told = float(outcome["value"]["seconds"])  # a learner's process may tell anything
        seconds = told if 0 < told < seconds else seconds
        tape = Tape(outcome["value"])
        stop = tape.stopped
        reading = read_tape(tape)
        if of in tape.files:
            _keep_own(reading, len(program) + tape.files.index(of))
        verdict = judge_run(reading)
    except UNKNOWN:
        return Run(stop=stop, seconds=seconds, sampled=True)
    wanted = _unfit(tape, "\n".join(text for _, text, _ in program))
    if wanted.keys() - sizes.keys():
        return Run(stop=stop, sizes={**sizes, **wanted})
    trained = any(len(passed.layers) > 1 for step in reading.steps for passed in step.passes)
    shown = verdict if verdict.flaws or verdict.right else None
    blocks = (*(name for name, *_ in program), *tape.files)
    raised = tape.raised is not None and not fails_anyhow(reading)
    sampled = any("other_X" in names for names in tape.named.values())
    paired = any(passed.Y is not None for step in reading.steps for passed in step.passes)
    stuck = len(tape.nodes) if _is_stuck(tape, verdict, len(program) - 1) else 0
    met = stuck > 0 or any(
        op in PRODUCTS for op in (*(node.op for node in tape.nodes), tape.raised and tape.raised.op)
    )
    return Run(
        verdict=shown,
        trained=trained,
        stop=stop,
        revived=tape.revived,
        blocks=blocks,
        raised=raised,
        seconds=seconds,
        sampled=sampled,
        paired=paired,
        met=met,
        filled=len(tape.nodes) > _MANY,
        stuck=stuck,
    )


def _keep_own(reading: Reading, block: int) -> None:
    """Keep the networks of one file, where a program trains others as well."""

    def is_own(passed: Pass) -> bool:
        return any(reading.tape.nodes[layer.product].block == block for layer in passed.layers)

    steps = [step for step in reading.steps if any(map(is_own, step.passes))]
    if 0 < len(steps) < len(reading.steps):
        reading.steps[:] = steps
        reading.passes[:] = filter(is_own, reading.passes)


def _is_stuck(tape: Tape, verdict: Verdict, driver: int) -> bool:
    """Tell whether a run stopped by shapes that clash for any samples, however they are handed over."""
    raised = tape.raised
    there = raised is not None and raised.error == "ValueError" and role_of(raised.inside) not in _AFTER
    if raised is None or not there or not verdict.flaws or raised.block == driver:
        return False
    labels = {at for at, names in tape.named.items() if "y" in names and tape.nodes[at].block == driver}
    return not any(tape.depends(ref, at) for ref in nodes_in(raised.operands) for at in labels)
