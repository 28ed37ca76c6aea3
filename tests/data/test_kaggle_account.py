"""What a user is told when Kaggle refuses; kagglehub itself is faked, there is no account here."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from triceptron.data import kaggle_account as account
from triceptron.data.kaggle_account import AccountError, download, submit


@pytest.fixture
def kagglehub(monkeypatch):
    """A stand-in whose downloads raise or return what the test puts in."""
    module = ModuleType("kagglehub")
    module.outcome = None

    def competition_download(name):
        assert name == "digit-recognizer"
        if isinstance(module.outcome, Exception):
            raise module.outcome
        return module.outcome

    module.competition_download = competition_download
    monkeypatch.setitem(sys.modules, "kagglehub", module)
    return module


def error(name, status=None):
    kind = type(name, (Exception,), {})
    raised = kind("no")
    if status is not None:
        raised.response = SimpleNamespace(status_code=status)
    return raised


def test_a_download_gives_the_folder(kagglehub, tmp_path):
    kagglehub.outcome = str(tmp_path)
    assert download() == tmp_path


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (error("UnauthenticatedError"), "does not know who you are: create a token at"),
        (error("KaggleApiHTTPError", 401), "does not know who you are"),
        (
            error("KaggleApiHTTPError", 403),
            r"\(403\): the competition's rules are not accepted yet; open .*/rules",
        ),
        (error("ConnectionError"), "Kaggle cannot be reached; is there a network"),
        (OSError("disk full"), "download: disk full"),
    ],
)
def test_a_refusal_says_what_to_do(kagglehub, outcome, message):
    kagglehub.outcome = outcome
    with pytest.raises(AccountError, match=message):
        download()


def test_without_kagglehub_the_mend_is_named(monkeypatch, tmp_path):
    for name in ("kagglehub", "kagglehub.clients"):
        monkeypatch.setitem(sys.modules, name, None)
    for attempt in (download, lambda: submit(tmp_path / "submission.csv", "a try")):
        with pytest.raises(AccountError, match=r'pip install "triceptron\[kaggle\]"'):
            attempt()


def test_the_real_kagglehub_without_credentials_is_understood(monkeypatch, tmp_path):
    pytest.importorskip("kagglehub", reason="kagglehub, extra kaggle, is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AccountError, match="does not know who you are|cannot be reached|download: "):
        download()
    assert account.COMPETITION == "digit-recognizer"
