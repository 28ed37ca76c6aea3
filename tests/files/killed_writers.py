"""``python -m tests.files.killed_writers [RACES]``: writers killed at every step, and writers that race.

Each step is what Python's audit hooks see of a writing: opening, making, renaming, removing. After each kill
the old or the new must be there, whole, and the next writer must leave nothing beside it.
"""

import os
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

from triceptron.files import whole

STEPS = ("open", "os.", "shutil.", "ctypes.dlsym", "fcntl.flock")
NAMES = ("a", "b", "c")


def write_folder(out, letter):
    files = {name: partial(Path.write_text, data=letter * 5000) for name in NAMES}
    whole.write_folder(
        out, {name: lambda path, w=w: w(path) for name, w in files.items()}, ours=NAMES, force=True
    )


def in_a_child(action, kill_at=None):
    """Run an action in a forked process, killed at its step of that number; return whether it was killed."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    left = kill_at

    def step(event, _):
        nonlocal left
        if left is not None and event.startswith(STEPS):
            left -= 1
            if left < 0:
                left = None  # a signal is a step of its own
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
    action()
    os._exit(0)


def kill_folder_writers(exchanged):
    """Kill a replacement at every step; return how many kills there were."""
    if not exchanged:
        whole.exchange = lambda *_: False
    kills = 0
    for existing in (True, False):
        for kill_at in range(10_000):
            with tempfile.TemporaryDirectory() as scratch:
                out = Path(scratch) / "out"
                if existing:
                    write_folder(out, "o")
                if not in_a_child(partial(write_folder, out, "n"), kill_at):
                    break
                kills += 1
                if out.exists():
                    contents = {(out / name).read_text() for name in NAMES}
                    assert contents in ({"o" * 5000}, {"n" * 5000}), kill_at
                else:
                    assert not existing or not exchanged, kill_at
                in_a_child(lambda out=out: whole._recover(out))
                assert not existing or out.exists(), kill_at
                write_folder(out, "x")
                assert os.listdir(scratch) == ["out"], kill_at
                assert {(out / name).read_text() for name in NAMES} == {"x" * 5000}
    return kills


def kill_file_writers():
    """Kill a file's writer at every step; return how many kills there were."""
    kills, killed = 0, True
    while killed:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "file"
            path.write_bytes(b"o" * 5000)
            killed = in_a_child(lambda path=path: whole.write_file(path, b"n" * 5000), kills)
            kills += killed
            assert path.read_bytes() in (b"o" * 5000, b"n" * 5000)
    return kills


def race(rounds):
    """Let four writers at a time replace a file and a folder; return how many races there were."""
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            file, folder = Path(scratch) / "file", Path(scratch) / "out"
            children = []
            for letter in "abcd":
                child = os.fork()
                if not child:
                    whole.write_file(file, letter.encode() * 5000)
                    write_folder(folder, letter)
                    os._exit(0)
                children.append(child)
            assert {os.waitpid(child, 0)[1] for child in children} == {0}
            assert len(set(file.read_bytes())) == 1
            assert len({(folder / name).read_text() for name in NAMES}) == 1
            assert sorted(os.listdir(scratch)) == ["file", "out"]
    return rounds


if __name__ == "__main__":
    races = race(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    kills = kill_file_writers() + kill_folder_writers(True) + kill_folder_writers(False)
    print(f"{kills} kills: nothing lost, nothing left behind; {races} races of four writers: nothing mixed")
