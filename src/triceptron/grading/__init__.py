"""A class's work: every submission checked, points, a table for the teacher, a report for each learner.

One idea a file: ``entries`` (what folders and zips hold), ``collecting`` (who handed in what), ``worker``
and ``running`` (the checks, in parallel, kept and gone on with), ``points`` (what a step is worth),
``outcome`` (a submission and its verdict), ``summary`` (what the class got wrong), ``table`` (CSV), ``pages``
(HTML), ``markdown``, ``hints`` and ``answers`` (how much is told), ``formats`` (for other programs), and
``grade`` (all of it).
"""

from triceptron.grading.formats import FILES, Format, rendered
from triceptron.grading.grade import Graded, grade
from triceptron.grading.hints import Hints
from triceptron.grading.outcome import Outcome
from triceptron.grading.points import Points, Score, read_points, score

__all__ = [
    "FILES",
    "Format",
    "Graded",
    "Hints",
    "Outcome",
    "Points",
    "Score",
    "grade",
    "read_points",
    "rendered",
    "score",
]
