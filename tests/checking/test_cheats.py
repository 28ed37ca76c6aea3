"""Ways to be called right without being right, and to harm whoever checks: none works."""

import os
import sys
import time

import pytest

from tests.checking.exercise import RIGHT, put
from triceptron import check
from triceptron.checking import ANSWERS, UnreadableFileError

SHELL = """\
import numpy as np
import os, sys, gc, json, struct
{before}

def ReLU(X):
    {inside}
    return X

def softmax(O):
    return O

def log_softmax(x):
    return x

def linear_combination(X, W, b):
    return X

def cross_entropy_with_softmax(y_true, O):
    return 0.0

def compute_gradient(y_true, y_pred, H, Z, X, parameters):
    return dict(dW1=0, db1=0, dW2=0, db2=0)
"""

FAKE = """\
FAKE = json.dumps({"outcome": {"value": None}, "found": [], "ended": 0, "ready": True}).encode()
FRAME = struct.pack("<I", len(FAKE) + 4) + struct.pack("<I", len(FAKE)) + FAKE
"""
EVERYWHERE = "for fd in range(40):\n    try:\n        os.write(fd, FRAME)\n    except OSError:\n        pass"

CHEATS = {
    "the caller's class is patched": ("import __main__\n__main__.Learner.call = lambda self, request: {'value': 0, 'after': [], 'printed': 0, 'trace': None}", "pass"),
    "the caller's watch is patched": ("import __main__\n__main__.Learner.watched = lambda self, *a: {'value': True, 'printed': 0}", "pass"),
    "the packer is patched": ("import __main__\n__main__._Packer.array = lambda self, value: {'a': ['<f8', [], 0, 0]}", "pass"),
    "the channel is patched": ("import __main__\n__main__.Channel.send = lambda self, message: None", "pass"),
    "a class body reaches for the caller": ("class Evil:\n    import __main__\n    __main__.serve = lambda *a, **k: None", "pass"),
    "np.allclose says yes": ("np.allclose = np.array_equal = np.isclose = lambda *a, **k: True", "pass"),
    "a default argument patches NumPy": ("def f(x=setattr(np, 'allclose', lambda *a, **k: True)):\n    pass", "pass"),
    "np.ndarray is replaced": ("np.ndarray = object\nnp.array = lambda *a, **k: 0", "pass"),
    "numpy is another module": ("class Fake:\n    def __getattr__(self, name):\n        return lambda *a, **k: True\nsys.modules['numpy'] = Fake()", "pass"),
    "builtins are patched": ("import builtins\nbuiltins.all = builtins.any = lambda *a: True", "pass"),
    "json is patched": ("json.dumps = lambda *a, **k: '{}'", "pass"),
    "struct is patched": ("struct.pack = lambda *a: b'0000'", "pass"),
    "answers are written at import": (FAKE + EVERYWHERE, "pass"),
    "answers are written inside": (FAKE, EVERYWHERE.replace("\n", "\n    ")),
    "answers are written, then the end": (FAKE, EVERYWHERE.replace("\n", "\n    ") + "\n    os._exit(0)"),
    "it ends the process": ("", "os._exit(0)"),
    "it exits": ("", "sys.exit(0)"),
    "it looks into its callers": ("", "frame = sys._getframe()\n    while frame:\n        for value in list(frame.f_locals.values()):\n            if isinstance(value, dict) and 'expected' in value:\n                return value['expected']\n            if hasattr(value, 'expected'):\n                return value.expected\n        frame = frame.f_back"),
    "it looks through memory": ("", "for thing in gc.get_objects():\n        if isinstance(thing, dict) and 'H' in thing and getattr(thing['H'], 'shape', None) == X.shape:\n            return thing['H']"),
    "it returns what equals everything": ("class Equal:\n    def __eq__(self, other):\n        return True\n    def __array__(self, *a, **k):\n        return np.zeros(3)", "return Equal()"),
    "a subclass of arrays that equals everything": ("class Equal(np.ndarray):\n    def __eq__(self, other):\n        return True\n    def __array_function__(self, *a, **k):\n        return True\n    def __array_ufunc__(self, *a, **k):\n        return True", "return X.view(Equal)"),
    "a dict that equals everything": ("class Equal(dict):\n    def __eq__(self, other):\n        return True", "return Equal(H=X)"),
    "a float that equals everything": ("class Equal(float):\n    def __eq__(self, other):\n        return True", "return Equal(0)"),
    "not a number": ("", "return np.full(X.shape, np.nan)"),
    "masked arrays": ("", "return np.ma.masked_all(X.shape)"),
    "it kills its parent": ("import signal", "os.kill(os.getppid(), signal.SIGKILL)"),
    "it kills whom it can": ("import signal", "[os.kill(pid, 9) for pid in range(2, 400) if pid != os.getpid() and not os.path.exists(f'/proc/{pid}/exe')]"),
    "it writes into its parent's output": ("", "try:\n        open(f'/proc/{os.getppid()}/fd/1', 'w').write('{}')\n    except OSError:\n        pass"),
    "it asks for the step itself": ("", "import __main__\n    return __main__.Learner.stand_in"),
    "it calls a later step's stand-in": ("", "try:\n        return backward(X)\n    except NameError:\n        pass"),
    "atexit": ("import atexit\natexit.register(print, '{}')", "pass"),
    "a thread writes on": (FAKE + "import threading", "threading.Thread(target=lambda: [os.write(fd, FRAME) for fd in (3, 4, 5)], daemon=True).start()"),
    "a child writes on": (FAKE, "if os.fork() == 0:\n        " + EVERYWHERE.replace("\n", "\n        ") + "\n        os._exit(0)"),
    "recursion limit": ("sys.setrecursionlimit(10**9)", "return ReLU(X)"),
    "a trace function": ("sys.settrace(lambda *a: None)", "pass"),
}  # fmt: skip

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux limits these")


def checked(folder, text, **options):
    file = folder / "cheat.py"
    file.write_text(text, encoding="utf-8")
    return check(file, **{"lang": "en", "time_limit": 1, **options})


@linux
@pytest.mark.parametrize("cheat", CHEATS)
def test_what_is_wrong_is_never_called_right(cheat, tmp_path):
    before, inside = CHEATS[cheat]
    try:
        report = checked(tmp_path, SHELL.format(before=before, inside=inside))
    except UnreadableFileError:
        return  # no verdict at all
    assert not report.ok
    assert [step.key for step in report.steps if step.status == "right"] == []


OURS = {
    "imported": "from triceptron.steps import *",
    "imported inside": "def ReLU(X):\n    from triceptron.steps import relu\n    return relu(X)",
    "by importlib": "import importlib\nReLU = lambda X: importlib.import_module('triceptron.steps').relu(X)",
    "past the finder": "import sys\nsys.meta_path[:] = [f for f in sys.meta_path if 'Stub' not in type(f).__name__]\nfrom triceptron.steps import relu",
}


@linux
@pytest.mark.parametrize("way", OURS)
def test_our_own_steps_can_be_forbidden(way, tmp_path):
    text = OURS[way] + "\ndef log_softmax(x):\n    return x\n"
    assert "relu" not in _right(checked(tmp_path, text, forbidden=ANSWERS))


def test_that_ours_are_imported_is_told(tmp_path):
    report = checked(tmp_path, OURS["imported"])
    assert report.answers == ("triceptron",)
    assert "It imports triceptron" in str(report)


def _right(report):
    return [step.key for step in report.steps if step.status == "right"]


def test_steps_that_are_required_and_missing_make_a_report_not_ok(tmp_path):
    report = checked(
        tmp_path,
        "import numpy as np\ndef relu(Z):\n    return np.maximum(Z, 0)\n",
        require=("relu", "softmax"),
    )
    assert (_right(report), report.ok, report.lacking) == (["relu"], False, ("softmax",))


@linux
def test_the_network_the_disk_and_the_environment_are_out_of_reach(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "1234")
    probe = (
        "import os, socket\nfound = [name for name in os.environ if 'SECRET' in name]\n"
        f"try:\n    open({str(tmp_path / 'left.txt')!r}, 'w')\nexcept OSError:\n    pass\n"
        "return np.maximum(X, 0) + len(found)"
    )
    assert checked(tmp_path, put("return np.maximum(X, 0)", probe)).ok
    probe_disk = tmp_path / "left.txt"
    assert not probe_disk.exists() or not _can_isolate()


def _can_isolate():
    child = os.fork()
    if child == 0:
        import ctypes

        os._exit(1 if ctypes.CDLL(None).unshare(0x10000000 | 0x20000 | 0x20000000) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@linux
def test_a_child_in_a_session_of_its_own_holds_nothing_up(tmp_path):
    inside = "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '60'])\nreturn np.maximum(X, 0)"
    began = time.monotonic()
    assert checked(tmp_path, put("return np.maximum(X, 0)", inside)).ok
    assert time.monotonic() - began < 50


@linux
def test_a_pipe_or_a_device_named_py_is_one_error(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    for name in ("pipe.py", "zero.py"):
        with pytest.raises(UnreadableFileError, match="not a regular file"):
            check(tmp_path / name, lang="en")


def test_escapes_and_lone_surrogates_reach_no_terminal(tmp_path):
    text = put("return np.maximum(X, 0)", 'raise ValueError("\\x1b[2J\\ud800")')
    shown = checked(tmp_path, text).text()
    assert "\x1b" not in shown
    shown.encode("utf-8")


@linux
def test_a_flood_of_output_and_a_huge_result_stay_in_bounds(tmp_path):
    flood = 'print("x" * 10**7)\nreturn [np.zeros(10**7)] * 9'
    assert checked(tmp_path, put("return np.maximum(X, 0)", flood)).wrong == ("relu",)


def test_a_file_of_megabytes_of_code_is_one_error(tmp_path):
    with pytest.raises(UnreadableFileError, match="too large"):
        checked(tmp_path, RIGHT + "x = 1\n" * 200_000)
