"""Digits as strokes, for the tests to draw: several hands, and what can befall a drawing.

Coordinates run from 0 to 1, to the right and down. A curve is smoothed through its points, a polygon is not.
"""

import math
from typing import NamedTuple

__all__ = ["ALPHABETS", "CONDITIONS", "Condition", "place"]

# The Hershey fonts' plain roman numerals (A. V. Hershey, National Bureau of Standards, 1967; public domain),
# 21 units high, y upwards.
_HERSHEY = {
    0: "9,21 6,20 4,17 3,12 3,9 4,4 6,1 9,0 11,0 14,1 16,4 17,9 17,12 16,17 14,20 11,21 9,21",
    1: "6,17 8,18 11,21 11,0",
    2: "4,16 4,17 5,19 6,20 8,21 12,21 14,20 15,19 16,17 16,15 15,13 13,10 3,0 17,0",
    3: "5,21 16,21 10,13 13,13 15,12 16,11 17,8 17,6 16,3 14,1 11,0 8,0 5,1 4,2 3,4",
    4: "13,21 3,7 18,7|13,21 13,0",
    5: "15,21 5,21 4,12 5,13 8,14 11,14 14,13 16,11 17,8 17,6 16,3 14,1 11,0 8,0 5,1 4,2 3,4",
    6: "16,18 15,20 12,21 10,21 7,20 5,17 4,12 4,7 5,3 7,1 10,0 11,0 14,1 16,3 17,6 17,7 16,10 14,12 11,13 "
    "10,13 7,12 5,10 4,7",
    7: "17,21 7,0|3,21 17,21",
    8: "8,21 5,20 4,18 4,16 5,14 7,13 11,12 14,11 16,9 17,7 17,4 16,2 15,1 12,0 8,0 5,1 4,2 3,4 3,7 4,9 6,11 "
    "9,12 13,13 15,14 16,16 16,18 15,20 12,21 8,21",
    9: "16,14 15,11 13,9 10,8 9,8 6,9 4,11 3,14 3,15 4,18 6,20 9,21 10,21 13,20 15,18 16,14 16,9 15,4 13,1 "
    "10,0 8,0 5,1 4,3",
}

# Round, as taught at school: a bare 1, an open 4, a 7 without a bar, a 9 with a straight leg.
_SCHOOL = {
    0: "~.5,0 .2,.12 .08,.5 .2,.88 .5,1 .8,.88 .92,.5 .8,.12 .5,0",
    1: ".5,0 .5,1",
    2: "~.12,.25 .25,.05 .55,0 .8,.15 .8,.38 .55,.62 .3,.82 .1,1|.1,1 .9,1",
    3: "~.15,.1 .5,0 .8,.12 .78,.35 .45,.47|~.45,.47 .8,.55 .88,.78 .65,.97 .35,1 .1,.86",
    4: ".25,0 .12,.6 .88,.6|.72,.15 .72,1",
    5: ".82,0 .25,0 .18,.42|~.18,.42 .5,.36 .82,.5 .86,.76 .6,.98 .3,1 .1,.86",
    6: "~.72,0 .4,.2 .16,.55 .16,.82 .4,1 .7,.95 .84,.74 .68,.52 .4,.52 .17,.7",
    7: ".1,0 .9,0 .4,1",
    8: "~.5,.46 .22,.34 .2,.12 .5,0 .8,.12 .78,.34 .5,.46 .16,.64 .14,.88 .5,1 .86,.88 .84,.64 .5,.46",
    9: "~.84,.25 .65,.04 .35,.02 .16,.2 .2,.42 .45,.52 .72,.42 .84,.25|.84,.25 .8,1",
}

# Of the Continent: a 1 with a long upstroke, a 7 with a bar, a closed 4 without lifting the pen, round tails.
_CONTINENTAL = {
    0: "~.6,.02 .3,.08 .12,.4 .16,.8 .4,1 .72,.88 .88,.5 .78,.14 .52,0 .4,.06",
    1: ".15,.38 .58,0 .58,1",
    2: "~.14,.28 .2,.06 .5,0 .78,.14 .76,.4 .5,.66 .16,.96 .34,.94 .6,1 .92,.94",
    3: ".14,0 .84,0 .44,.4|~.44,.4 .78,.46 .88,.72 .68,.97 .34,1 .1,.88",
    4: ".62,0 .08,.68 .94,.68|.64,.42 .64,1",
    5: "~.2,.02 .17,.44 .48,.36 .8,.48 .84,.78 .58,1 .26,.98 .1,.88|.2,.02 .84,0",
    6: "~.8,.06 .5,0 .24,.26 .12,.62 .24,.94 .54,1 .8,.86 .78,.62 .52,.5 .26,.6 .14,.74",
    7: ".12,.06 .88,.04 .42,1|.24,.5 .78,.48",
    8: "~.78,.12 .5,0 .24,.1 .24,.3 .5,.46 .8,.64 .82,.88 .5,1 .18,.88 .2,.64 .5,.46 .74,.3 .78,.12",
    9: "~.8,.14 .5,0 .22,.12 .18,.36 .42,.52 .7,.42 .82,.14 .84,.5 .72,.86 .44,1 .18,.9",
}

# In haste, with few and straight strokes: a 1 with a foot, a 4 like a lightning, corners for curves.
_ANGULAR = {
    0: ".4,0 .12,.3 .12,.7 .4,1 .7,1 .9,.7 .9,.3 .66,0 .4,0",
    1: ".28,.2 .52,0 .52,1|.22,1 .8,1",
    2: ".1,.16 .3,0 .7,0 .86,.2 .8,.42 .1,1 .92,1",
    3: ".12,.06 .7,0 .84,.2 .4,.46 .86,.66 .8,.9 .5,1 .1,.94",
    4: ".2,0 .16,.52 .86,.5|.74,.04 .66,1",
    5: ".86,0 .22,.02 .16,.44 .62,.4 .86,.6 .76,.9 .4,1 .1,.92",
    6: ".66,0 .26,.3 .12,.74 .3,1 .7,.98 .84,.72 .62,.54 .16,.7",
    7: ".14,.14 .16,0 .88,0 .46,.56 .38,1",
    8: ".8,.1 .4,0 .2,.2 .76,.7 .7,.94 .4,1 .18,.84 .3,.62 .78,.28 .8,.1",
    9: ".82,.1 .4,0 .16,.2 .26,.44 .6,.46 .82,.1 .76,.56 .6,1",
}


class Condition(NamedTuple):
    """What befalls a drawing: the pen's radius, its height and place, turn (degrees), width, slant."""

    name: str
    pen: float = 0.035
    height: float = 0.62
    x: float = 0.5
    y: float = 0.5
    turn: float = 0.0
    width: float = 1.0
    slant: float = 0.0


CONDITIONS = [
    Condition("plain"),
    Condition("thick", pen=0.065),
    Condition("thin", pen=0.014),
    Condition("small", height=0.25, pen=0.025),
    Condition("small, the same pen", height=0.3),
    Condition("large", height=0.88),
    Condition("off-centre", height=0.4, x=0.27, y=0.72),
    Condition("turned 10° left", turn=-10),
    Condition("turned 10° right", turn=10),
    Condition("slanted", slant=0.25),
    Condition("leaning back", slant=-0.15),
    Condition("narrow", width=0.7),
    Condition("wide", width=1.3),
    Condition("small, thick, in a corner, turned", height=0.3, pen=0.035, x=0.75, y=0.25, turn=10),
    Condition("thin, large, turned", pen=0.016, height=0.85, turn=-10),
]


def _parse(text, scale=1.0, flip=False):
    """Read strokes: points apart by spaces, strokes by |, a smooth one begins with ~."""
    strokes = []
    for part in text.split("|"):
        points = [tuple(float(v) / scale for v in pair.split(",")) for pair in part.lstrip("~").split()]
        points = [(x, 1 - y) for x, y in points] if flip else points
        strokes.append(_smooth(points) if part.startswith("~") else points)
    return strokes


def _smooth(points, pieces=6):
    """Put a Catmull-Rom curve through points."""
    through = [points[0], *points, points[-1]]
    curve = [points[0]]
    for a, b, c, d in zip(through, through[1:], through[2:], through[3:], strict=False):
        for i in range(1, pieces + 1):
            t = i / pieces
            curve.append(
                tuple(
                    0.5
                    * (
                        2 * q
                        + (r - p) * t
                        + (2 * p - 5 * q + 4 * r - s) * t**2
                        + (3 * q - p - 3 * r + s) * t**3
                    )
                    for p, q, r, s in zip(a, b, c, d, strict=True)
                )
            )
    return curve


ALPHABETS = {
    "Hershey": {k: _parse(text, 21, flip=True) for k, text in _HERSHEY.items()},
    "school": {k: _parse(text) for k, text in _SCHOOL.items()},
    "continental": {k: _parse(text) for k, text in _CONTINENTAL.items()},
    "angular": {k: _parse(text) for k, text in _ANGULAR.items()},
}
_WIDTH = {"Hershey": 1.0, "school": 0.66, "continental": 0.66, "angular": 0.66}


def place(alphabet, digit, condition):
    """Return a digit's strokes on the pad, as [[x, y], …] each."""
    strokes = ALPHABETS[alphabet][digit]
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    middle, high = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2), max(ys) - min(ys)
    turn = math.radians(condition.turn)

    def put(point):
        x = (point[0] - middle[0]) / high * _WIDTH[alphabet] * condition.width
        y = (point[1] - middle[1]) / high
        x -= condition.slant * y
        x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        return [condition.x + condition.height * x, condition.y + condition.height * y]

    return [[put(point) for point in stroke] for stroke in strokes]
