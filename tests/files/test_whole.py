"""Files and folders are there whole or not at all."""

import os
import stat
import sys
import threading

import numpy as np
import pytest

from triceptron import initialize
from triceptron.checking import write_template
from triceptron.files import Model, modelfile, write_file, write_folder
from triceptron.jobs.kaggle import Submission
from triceptron.jobs.labelled import Predictions


def test_a_write_that_fails_leaves_the_old_file_and_no_scratch(tmp_path, monkeypatch):
    path = tmp_path / "it"
    write_file(path, b"old")

    def full(_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_never_mix(tmp_path):
    path, contents = tmp_path / "it", [bytes([65 + i]) * 100_000 for i in range(8)]
    writers = [threading.Thread(target=write_file, args=(path, data)) for data in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def _template(path):
    write_template(path.with_suffix(".py"))


def _folder(path):
    write_folder(path, {"it": lambda it: it.write_bytes(bytes(100_000))}, ours={"it"})


def _predictions(path):
    Predictions(np.arange(2), np.ones((9000, 2)), None).save(path)


def _submission(path):
    Submission(None, None, np.zeros(9000, int), {}).write(path)


def _model(path):
    modelfile.write(Model(initialize(100, 100, 2), np.arange(2)), path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("write", [_template, _folder, _predictions, _submission, _model])
def test_a_full_disk_leaves_nothing_is_told_by_name_and_does_not_block_the_next_try(tmp_path, write):
    import resource  # not on Windows

    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            write(tmp_path / "it")
        except OSError as error:
            (tmp_path / "said").write_text(str(error))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["said"]
    assert "File too large" in (said := (tmp_path / "said").read_text())
    assert str(tmp_path / "it") in said
    write(tmp_path / "it")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_new_file_replaces_nothing(tmp_path):
    path = tmp_path / "it"
    write_file(path, b"old", new=True)
    with pytest.raises(FileExistsError):
        write_file(path, b"new", new=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_links_takes_new_files_too(tmp_path, monkeypatch):
    def without(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", without)
    write_file(tmp_path / "it", b"data", new=True)
    assert (tmp_path / "it").read_bytes() == b"data"
    assert list(tmp_path.iterdir()) == [tmp_path / "it"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_followed_and_the_files_permissions_stay(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_file(link, b"new")
    assert link.is_symlink()
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o640)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_written_into_and_never_replaced(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"data")
    reader.join()
    assert read == [b"data"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
