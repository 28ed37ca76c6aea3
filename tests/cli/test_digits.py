"""The command as a process: what a user types and sees."""

import json
import os
import re
import struct
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import entry_points

import pytest

from tests import reference
from triceptron.cli import console
from triceptron.jobs import DIGITS, reserved, run_digits
from triceptron.training import Epoch


def triceptron(*words, cwd=None):
    command = [sys.executable, "-c", "from triceptron.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("job") / "run"
    return triceptron("digits", "--out", folder), folder


def test_the_job_as_described_gets_680_of_719(job):
    done, _ = job
    assert done.returncode == 0, done.stderr
    assert "680 of 719 = 94.58%" in done.stdout
    assert "0.147865" in done.stdout
    assert "0.191742" in done.stdout


def test_the_end_says_both_losses_of_the_trained_network_and_which_is_which(job, tmp_path):
    done, folder = job
    assert re.search(r"training loss +0\.147663 after the last update, 0\.147865 before\s", done.stdout)
    assert re.search(r"test loss +0\.191543 after the last update, 0\.191742 before\s", done.stdout)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["recorded"] == {"train_loss": "before", "test_loss": "before"}
    one_more = train_the_digits(epochs=1001).history
    assert metrics["final_train_loss"] == pytest.approx(one_more.train_loss[-1], abs=1e-9)
    assert metrics["final_test_loss"] == pytest.approx(one_more.test_loss[-1], abs=1e-9)

    done = triceptron("digits", "--batch-size", 32, "--epochs", 3, "--out", tmp_path / "run")
    assert re.search(
        r"training loss +[\d.]+ after the last update, [\d.]+ during the last epoch", done.stdout
    )
    assert re.search(r"test loss +[\d.]+ after the last update\s", done.stdout)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["recorded"] == {"train_loss": "during", "test_loss": "after"}
    assert metrics["final_test_loss"] == pytest.approx(metrics["test_loss"][-1], abs=1e-12)
    assert metrics["final_train_loss"] < metrics["train_loss"][-1]


def train_the_digits(**changes):
    return run_digits(replace(DIGITS, **changes))


def test_the_job_writes_its_figures(job):
    _, folder = job
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["correct"] == reference.CORRECT
    assert metrics["train_loss"][-1] == pytest.approx(reference.LOSSES[1000][0], abs=1e-9)
    for picture in ("loss_curve", "hidden_units", "confusion_matrix", "mistakes"):
        assert (folder / f"{picture}.png").read_bytes().startswith(b"\x89PNG")


def test_the_job_again_says_that_the_folder_is_used(job):
    _, folder = job
    again = triceptron("digits", "--epochs", 2, "--out", folder)
    assert (again.returncode, again.stdout) == (1, "")
    assert "already holds files" in again.stderr
    assert "--force" in again.stderr
    assert json.loads((folder / "metrics.json").read_text())["epochs_done"] == 1000


def test_quiet_prints_nothing(tmp_path):
    done = triceptron("digits", "--epochs", 2, "--quiet", "--out", tmp_path / "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_both_engines_and_thread_counts_are_at_hand(tmp_path):
    fingerprints = set()
    for threads in (1, 2):
        done = triceptron("digits", "--epochs", 20, "--n-threads", threads, "--out", tmp_path / str(threads))
        fingerprints.add(re.search(r"fingerprint\s+(\w{8})", done.stdout).group(1))
    assert len(fingerprints) == 1
    assert triceptron("digits", "--epochs", 2, "--engine", "steps", "--out", tmp_path / "s").returncode == 0


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--hidden", "0"], 1, "hidden must be a whole number of at least 1, got 0"),
        (["--learning-rate", "-1"], 1, "learning_rate must be a finite number greater than 0, got -1"),
        (["--learning-rate", "nan"], 1, "learning_rate must be"),
        (["--n-threads", "0"], 1, "n_threads must be a whole number of at least 1, got 0"),
        (["--batch-size", "0"], 1, "batch_size must be"),
        (["--hidden", "many"], 2, "--hidden"),
        (["--dtype", "float16"], 2, "float64"),
        (["--hiden", "3"], 2, "Did you mean"),
    ],
)
def test_bad_words_get_one_message_and_leave_nothing(tmp_path, words, status, message):
    done = triceptron("digits", *words, "--out", tmp_path / "run")
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_said_before_training(tmp_path):
    tmp_path.chmod(0o500)
    done = triceptron("digits", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "not writable" in done.stderr


def test_a_folder_that_another_run_has_is_refused_before_training(tmp_path):
    out = tmp_path / "run"
    with reserved(out, force=False):
        done = triceptron("digits", "--out", out, "--force")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"--out {out} is in use by process {os.getpid()}; wait for it" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_divergence_is_said_and_the_curve_up_to_there_is_kept(tmp_path):
    done = triceptron("digits", "--learning-rate", "1e9", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert re.search(r"epoch \d+: training diverged", done.stderr)
    assert "Traceback" not in done.stderr
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"loss_curve.png", "metrics.json"}
    assert "diverged" in json.loads((tmp_path / "run" / "metrics.json").read_text())


@pytest.mark.parametrize("rate", ["5", "1e9", "1e300"])
def test_a_run_on_its_way_to_infinity_is_drawn_without_a_word_of_matplotlibs(tmp_path, rate):
    done = triceptron(
        "digits", "--learning-rate", rate, "--epochs", 200, "--quiet", "--out", tmp_path / "run"
    )
    assert done.stderr.count("\n") == done.returncode
    width, height = struct.unpack(">II", (tmp_path / "run" / "loss_curve.png").read_bytes()[16:24])
    assert (width, height) == (960, 576)


in_a_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no terminal to press Ctrl-C in"
)
# A job started in the background inherits a SIGINT that is ignored; a user's terminal does not.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


def begin(*words, columns=160):
    """Start a command in a terminal."""
    pexpect = pytest.importorskip("pexpect")
    run = ["-c", f"{LISTEN}; from triceptron.cli import main; main()", *map(str, words)]
    return pexpect.spawn(sys.executable, run, timeout=60, encoding="utf-8", dimensions=(24, columns))


def stop(running, sign):
    """Press Ctrl-C once the command shows `sign`; return all that it says."""
    running.expect(sign)
    running.sendintr()
    said = running.before + running.read()
    running.close()
    assert running.exitstatus == 1
    assert "Traceback" not in said
    return said


LONG = ("digits", "--hidden", 5, "--batch-size", 64, "--learning-rate", 0.01)
CHANGING = ("--schedule", "one_cycle", "--dropout", 0.2, "--solver", "nesterov")


@in_a_terminal
@pytest.mark.parametrize("engine", ["core", "steps"])
def test_ctrl_c_keeps_what_there_is_and_resume_goes_on_to_the_same_bits(tmp_path, engine):
    epochs = 3000 if engine == "core" else 60
    words = (*LONG, *CHANGING, "--engine", engine, "--epochs", epochs)
    said = stop(begin(*words, "--out", tmp_path / "run"), r"training loss \d")
    told = re.search(r"interrupted after ([\d,]+) of [\d,]+ epochs; what there is is in", said)
    assert told, said
    assert "--resume" in said
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["stopped"] == f"after {told[1]} of {epochs:,} epochs"
    assert metrics["epochs_done"] == int(told[1].replace(",", "")) == len(metrics["train_loss"])
    assert {"checkpoint.safetensors", "model.safetensors", "loss_curve.png"} <= set(
        os.listdir(tmp_path / "run")
    )

    other = triceptron(*words, "--alpha", 0.5, "--resume", "--out", tmp_path / "run")
    assert other.returncode == 1
    assert "alpha was 0.0 there and is 0.5 here" in other.stderr
    assert "checkpoint.safetensors" in os.listdir(tmp_path / "run")

    went_on = triceptron(*words, "--resume", "--quiet", "--out", tmp_path / "run")
    assert (went_on.returncode, went_on.stdout, went_on.stderr) == (0, "", "")
    assert triceptron(*words, "--quiet", "--out", tmp_path / "whole").returncode == 0
    resumed, whole = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("run", "whole"))
    for fact in ("fingerprint", "train_loss", "test_loss", "final_test_loss", "epochs_done"):
        assert resumed[fact] == whole[fact]
    assert "stopped" not in resumed
    assert set(os.listdir(tmp_path / "run")) == set(os.listdir(tmp_path / "whole"))


def test_a_complete_run_says_that_nothing_is_left_to_do(job):
    _, folder = job
    before = (folder / "metrics.json").read_bytes()
    done = triceptron("digits", "--resume", "--out", folder)
    assert done.returncode == 0
    assert "is complete (1,000 epochs): nothing is left to do" in done.stderr
    done = triceptron("digits", "--resume", "--hidden", 51, "--out", folder)
    assert done.returncode == 1
    assert "hidden was 50 there and is 51 here" in done.stderr
    assert (folder / "metrics.json").read_bytes() == before


def test_there_must_be_a_run_to_resume(tmp_path):
    done = triceptron("digits", "--resume", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "holds no run to go on with; leave out --resume" in done.stderr
    assert not list(tmp_path.iterdir())


@in_a_terminal
def test_ctrl_c_while_the_command_loads_is_silent():
    code = (
        "import sys, builtins\n"
        "load = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name.startswith('cyclopts'):\n"
        "        raise KeyboardInterrupt\n"
        "    return load(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "from triceptron.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_the_installed_command_is_the_entry_that_is_silent():
    (entry,) = entry_points(group="console_scripts", name="triceptron")
    assert entry.value == "triceptron.__main__:main"


def test_without_a_terminal_progress_is_a_line_now_and_then(monkeypatch, capsys):
    clock = iter(range(10_000))
    monkeypatch.setattr(console, "perf_counter", lambda: float(next(clock)))
    with console.progress(2000, quiet=False) as tell:
        for number in range(1, 2001):
            tell(Epoch(number, 0.5, 0.25, 0.1, None, None))
    lines = capsys.readouterr().err.splitlines()
    line = r"[\d,]+ of 2,000 epochs, training loss 0\.5, test loss 0\.25(, [\d:]+ left)?"
    assert 20 < len(lines) < 100
    assert all(re.fullmatch(line, said) for said in lines), lines
    with console.progress(2000, quiet=True) as tell:
        assert tell is None


@in_a_terminal
@pytest.mark.parametrize("columns", [40, 60, 80, 160])
def test_the_bar_is_a_bar_at_any_width(tmp_path, columns):
    running = begin(*LONG, "--epochs", 3000, "--out", tmp_path / "run", columns=columns)
    said = stop(running, "[━╸╺]{8}.* [1-9][0-9]*/3000")
    drawn = max(re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", running.before or said)), key=len)
    assert "training loss" not in drawn or columns >= 80


def test_a_warning_is_a_message_like_any_other():
    code = (
        "import warnings\nfrom triceptron import cli\n"
        "cli.app = lambda **_: warnings.warn('no checkpoint can be kept: it is full; the training goes on')\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "triceptron: no checkpoint can be kept: it is full; the training goes on\n"


def test_help_answers_without_the_heavy_libraries():
    code = (
        "import sys\nfrom triceptron.cli import main\nsys.argv = ['triceptron', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print({'sklearn', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "digits" in done.stdout
    assert done.stdout.rstrip().endswith("set()")


@pytest.mark.parametrize("words", [["--help"], ["digits", "--help"], ["--version"]])
def test_help_and_version_exit_with_zero(words):
    assert triceptron(*words).returncode == 0


def test_help_of_the_command_shows_an_example():
    assert "Example: triceptron digits" in triceptron("digits", "--help").stdout
