"""``python -m benchmarks [PART …] [--turns N] [--quick]``: every figure of the docs that is about speed.

``python -m benchmarks faults [--split …] [--tool …]``: how well a tool finds the faults of learners.
``python -m benchmarks grading [--count N]``: how long a class takes, and whether two runs agree to the byte.
"""

import argparse
import sys

from benchmarks import prediction, training
from benchmarks.estimator import estimator
from benchmarks.faults.score import main as faults
from benchmarks.grading import grading
from benchmarks.kaggle import kaggle
from benchmarks.many import many
from benchmarks.measure import header
from benchmarks.sparse import sparse
from benchmarks.tables import tables

PARTS = {
    "digits": training.digits,
    "full-batch": training.full_batch,
    "minibatch": training.minibatch,
    "prediction": prediction.prediction,
    "estimator": estimator,
    "many": many,
    "sparse": sparse,
    "kaggle": kaggle,
    "tables": tables,
}


def main() -> None:
    if sys.argv[1:2] == ["faults"]:
        faults(sys.argv[2:])
        return
    if sys.argv[1:2] == ["grading"]:
        grading(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Ours and every peer in the same run."
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all when none is named"
    )
    parser.add_argument("--turns", type=int, default=7, help="times that everyone runs; medians are told")
    parser.add_argument("--quick", action="store_true", help="less work: to see that it runs, not how fast")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    header()
    for name, part in PARTS.items():
        if not chosen.parts or name in chosen.parts:
            part(chosen.turns, chosen.quick)


if __name__ == "__main__":
    main()
