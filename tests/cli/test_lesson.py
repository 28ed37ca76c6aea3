"""``triceptron lesson`` as a process: what a user types and sees."""

import http.client
import re
import signal
import subprocess
import sys

import pytest

from tests.cli.test_digits import triceptron


def test_the_page_is_written_as_one_file_and_never_over_another(tmp_path):
    out = tmp_path / "lesson.html"
    done = triceptron("lesson", "--out", out)
    assert done.returncode == 0, done.stderr
    assert f"written to {out}" in done.stdout
    assert out.read_text("utf-8").startswith("<!doctype html>")
    again = triceptron("lesson", "--out", out)
    assert (again.returncode, again.stdout) == (1, "")
    assert "is already there" in again.stderr
    out.write_text("old")
    assert triceptron("lesson", "--out", out, "--force", "--quiet").stdout == ""
    assert out.stat().st_size > 100_000
    assert [path.name for path in tmp_path.iterdir()] == ["lesson.html"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    for out in (tmp_path / "no" / "folder.html", tmp_path):
        done = triceptron("lesson", "--out", out)
        assert done.returncode == 1
        assert str(out) in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "status"), [(["--port", "70000"], 1), (["--lang", "fr"], 2), (["--port", "x"], 2)]
)
def test_bad_words_get_one_message(words, status):
    done = triceptron("lesson", "--no-browser", *words)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to end a process like Ctrl-C")
def test_it_serves_until_ctrl_c_and_ends_well():
    command = [sys.executable, "-c", "from triceptron.cli import main; main()"]
    command += ["lesson", "--no-browser", "--lang", "zh", "--chapter", "step"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        address = running.stdout.readline()
        port, rest = re.search(r"http://127\.0\.0\.1:(\d+)/(\S+)", address).groups()
        assert rest == "#/step?lang=zh"
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
        connection.request("GET", "/")
        assert b"Content-Security-Policy" in connection.getresponse().read()
        connection.close()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out.strip(), err) == (0, "The lesson is over.", "")
