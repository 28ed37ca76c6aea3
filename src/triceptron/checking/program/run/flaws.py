"""What is found wrong in a run, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from triceptron.checking.names import loss_class, role_of
from triceptron.checking.program.network import Explanation
from triceptron.checking.program.passes import kind_of, last_name
from triceptron.checking.program.tape import Node, Raised, Tape

__all__ = [
    "UNSAFE",
    "Flaw",
    "Verdict",
    "begun_as_zeros",
    "flaw_at",
    "is_activation",
    "is_test",
    "maker_of",
    "names_behind",
    "step_of",
]


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong: in which step, why (a code, or empty), and where."""

    step: str
    code: str
    block: int
    line: int
    inside: str
    what: str = ""
    got: str = ""


UNSAFE = frozenset({"no_max_subtracted", "max_whole_matrix"})
"""Codes of what is wrong only for numbers that are larger than those of a run."""


@dataclass
class Verdict:
    """What the run shows: flaws, the steps that are right, and the network that it is.

    It is known whether each way forward is of one sample; of a right gradient, whether it is averaged over
    the samples, and where its error is made.
    """

    flaws: list[Flaw] = field(default_factory=list)
    right: dict[str, str] = field(default_factory=dict)
    explanation: Explanation | None = None
    convention: dict[str, str] = field(default_factory=dict)
    stand_ins: tuple[str, ...] = ()
    one_sample: bool = False
    averaged: bool = False
    error: Node | None = None


_STEPS = {
    "sigmoid": "relu",
    "sigmoid_derivative": "relu_derivative",
    **{key: key for key in (
        "relu", "relu_derivative", "softmax", "cross_entropy", "predict", "compute_gradient", "update",
        "forward", "initialize",
    )},
}  # fmt: skip


def is_activation(inside: str) -> bool:
    """Tell whether a method's class is an activation."""
    of = inside.rpartition(".")[0].lower()
    return any(word in of for word in ("relu", "sigmoid", "tanh", "activation"))


def step_of(inside: str, default: str, allowed: Sequence[str] = ()) -> str:
    """Tell which step a function is, by its name; the default where that is not among those that fit."""
    step = _STEPS.get(role_of(inside), "")
    of = inside.rpartition(".")[0].lower()
    if step == "forward" and of:  # of a layer it is the class that tells
        loss, squash = loss_class(of), "softmax" in of
        step = "cross_entropy" if loss else "softmax" if squash else "relu" if is_activation(inside) else step
    return step if step and (not allowed or step in allowed) else default


def flaw_at(node: Node | Raised, step: str, code: str, what: str = "", got: str = "") -> Flaw:
    """Make a flaw of an operation."""
    return Flaw(step, code, node.block, node.line, node.inside, what, got)


_APART = re.compile(
    "val|valid(acion|acao|azione|ation|ierung)?|dev|exam|eval|holdout|unseen|checking|pru|prueba|prova|essai"
    "|pruef(ung)?|kontrolle?|ceshi|yanzheng|pariksha|tesuto|kensho|proverka|verif"
)
"""Words for a part that is kept apart, in several languages; most have "test" in them."""


def is_test(name: str) -> bool:
    """Tell whether a name is that of samples, or of a loss of samples, that are kept apart."""
    words = last_name(name).lower().split("_")
    return kind_of(name) == "testX" or "test" in name.lower() or any(map(_APART.fullmatch, words))


def names_behind(tape: Tape, at: int) -> set[str]:
    """Return the names of samples, and of those that they were taken from or made of."""
    found: set[str] = set()
    while True:
        found |= {last_name(name).lower() for name in tape.names_of(at)}
        before = tape.varied(tape.nodes[at].inputs)[:1]
        if not before or np.ndim(tape.nodes[before[0]].value) != 2:
            return found
        at = before[0]


def begun_as_zeros(tape: Tape, at: int) -> Node:
    """Go back from zeros to the operation that made them of other numbers, or of none."""
    while tape.nodes[at].op not in ("zeros_like", "zeros"):
        zeros = [
            entry for entry in tape.nodes[at].inputs
            if np.size(tape.nodes[entry].value) and not np.any(tape.nodes[entry].value)
        ]  # fmt: skip
        if not zeros:
            break
        at = max(zeros)
    return maker_of(tape, at)


def maker_of(tape: Tape, at: int) -> Node:
    """Return the operation that an array was made by, where it is known."""
    node = tape.nodes[at]
    while node.line == 0 and tape.users[node.at]:
        node = tape.nodes[tape.users[node.at][0]]
    return node
