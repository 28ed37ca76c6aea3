"""Let writers race: ``python -m tests.races [RACES]``.

In each race two processes replace the same file and the same folder at the same time; what is there in the
end, and whatever a reader sees meanwhile, must be one writer's, whole.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.writers import LETTERS, Writing, writings

_ROUNDS = 25  # of two processes that were started once


def race(races: int) -> int:
    """Hold so many races, the kinds in turns; a mixed file or anything left behind is an `AssertionError`."""
    kinds = [
        writing for writing in writings() if writing.name != "a ledger"
    ]  # it has one writer, by its lock
    done = turn = 0
    while done < races:
        rounds = min(_ROUNDS, races - done)
        _race(kinds[turn % len(kinds)], rounds)
        done, turn = done + rounds, turn + 1
        if done % 1000 == 0:
            print(f"{done:,} races", file=sys.stderr)
    return done


def _race(writing: Writing, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        writing.write(place, LETTERS[2])
        writers = []
        for letter in LETTERS[:2]:
            go, start = os.pipe()
            told, tell = os.pipe()
            child = os.fork()
            if not child:
                while os.read(go, 1):
                    writing.write(place, letter)
                    os.write(tell, b"d")
                os._exit(0)
            os.close(go)
            os.close(tell)
            writers.append((child, start, told))
        try:
            for _ in range(rounds):
                for _, start, _ in writers:
                    os.write(start, b"g")
                one_file = "folder" not in writing.name  # which is replaced in one step
                seen = writing.read(place) if one_file else ""
                finished = [os.read(told, 1) for *_, told in writers]
                assert finished == [b"d", b"d"], f"{writing.name}: a writer failed"
                assert seen in ("", *LETTERS)
                assert writing.read(place) in [*LETTERS[:2]]
                assert writing.left_behind(place) == []
        finally:
            for child, start, told in writers:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                os.close(start)
                os.close(told)


if __name__ == "__main__":
    races = race(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    print(f"{races:,} races of two writers: nothing mixed, nothing lost, nothing left behind")
