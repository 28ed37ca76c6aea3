"""The competition through a Kaggle account: fetch its files, hand a submission in (extra ``kaggle``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["COMPETITION", "AccountError", "download", "submit"]

COMPETITION = "digit-recognizer"
_PAGE = f"https://www.kaggle.com/c/{COMPETITION}"

_NO_CREDENTIALS = (
    "Kaggle does not know who you are: create a token at https://www.kaggle.com/settings/api, save it as "
    "~/.kaggle/kaggle.json or set KAGGLE_API_TOKEN, and try again"
)
_NOT_ACCEPTED = (
    f"Kaggle refused (403): the competition's rules are not accepted yet; open {_PAGE}/rules in a browser, "
    "accept them with the same account, and try again"
)


class AccountError(OSError):
    """Kaggle did not do what it was asked; the message says what to do."""


def download() -> Path:
    """Fetch the competition's files into kagglehub's cache, once.

    Returns
    -------
    Path
        Their folder.

    Raises
    ------
    AccountError
        Without kagglehub, without a network, without credentials, or before the rules were accepted.
    """
    kagglehub = _kagglehub("kagglehub")
    with _explained("download"):
        return Path(kagglehub.competition_download(COMPETITION))


def submit(path: Path, message: str) -> str:
    """Hand a submission in.

    Parameters
    ----------
    path : Path
        The submission.csv.
    message : str
        What your list of submissions on Kaggle shows beside it.

    Returns
    -------
    str
        Kaggle's answer.

    Raises
    ------
    AccountError
        As `download` does.
    """
    clients = _kagglehub("kagglehub.clients")
    types = _kagglehub("kagglesdk.competitions.types.competition_api_service")
    requests = _kagglehub("requests")
    _kagglehub("kagglehub")
    size, changed = path.stat().st_size, int(path.stat().st_mtime)
    with _explained("submit"), clients.build_kaggle_client() as client:
        api = client.competitions.competition_api_client
        place = api.start_submission_upload(
            _fill(
                types.ApiStartSubmissionUploadRequest(),
                competition_name=COMPETITION,
                content_length=size,
                last_modified_epoch_seconds=changed,
                file_name=path.name,
            )
        )
        with open(path, "rb") as file:
            requests.put(place.create_url, data=file, timeout=60).raise_for_status()
        answer = api.create_submission(
            _fill(
                types.ApiCreateSubmissionRequest(),
                competition_name=COMPETITION,
                blob_file_tokens=place.token,
                submission_description=message,
            )
        )
    return str(answer.message)


def _kagglehub(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise AccountError(
            'kagglehub is not installed: pip install "triceptron[kaggle]", or download the files from '
            f"{_PAGE}/data in a browser"
        ) from None


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn what kagglehub and its peers raise into what to do."""
    try:
        yield
    except Exception as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        names = {kind.__name__ for kind in type(error).__mro__}
        if status == 401 or names & {"UnauthenticatedError", "CredentialError"}:
            raise AccountError(_NO_CREDENTIALS) from error
        if status == 403:
            raise AccountError(_NOT_ACCEPTED) from error
        if names & {"ConnectionError", "Timeout"}:
            raise AccountError(f"{what}: Kaggle cannot be reached; is there a network?") from error
        if isinstance(error, OSError) or names & {"BackendError", "NotFoundError", "DataCorruptionError"}:
            raise AccountError(f"{what}: {error}") from error
        raise


def _fill(request: Any, **values: object) -> Any:
    for name, value in values.items():
        setattr(request, name, value)
    return request
