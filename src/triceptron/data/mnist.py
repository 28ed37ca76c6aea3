"""MNIST: read from Keras's file, or downloaded once, and checked against its published hashes."""

import hashlib
import os
from pathlib import Path

import numpy as np

from triceptron.data.dataset import Split
from triceptron.data.errors import DataError
from triceptron.data.imagefiles import read_npz, split_of

__all__ = ["load_mnist"]

_MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_MNIST_FILE = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"  # SHA-256, as Keras has it
_MNIST_ARRAYS = {  # the SHA-256 of each array's bytes
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
_MNIST_BY_HAND = f"download {_MNIST_URL} by hand and set TRICEPTRON_DATA to its folder"


def load_mnist() -> Split:
    """Return MNIST: 60,000 handwritten digits to learn from and 10,000 to be tested on.

    ``mnist.npz``, Keras's file, is read from the folder that the environment variable ``TRICEPTRON_DATA``
    names. Where it is not set, the file is downloaded once, through pooch (extra ``mnist``), into the user's
    cache. Either way every array is checked against its known SHA-256.

    Returns
    -------
    Split
        Images of 28 × 28 pixels as bytes: X is uint8, shapes (60000, 784) and (10000, 784).

    Raises
    ------
    DataError
        If the file is not there and cannot be downloaded, or is not MNIST.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. Proceedings of
    the IEEE 86 (1998).
    """
    folder = os.environ.get("TRICEPTRON_DATA")
    path = Path(folder) / "mnist.npz" if folder else _download_mnist()
    try:
        arrays = read_npz(path)
    except FileNotFoundError:
        raise DataError(f"{path}, where TRICEPTRON_DATA points, is not there; {_MNIST_BY_HAND}") from None
    except Exception as error:  # NumPy and zipfile raise a dozen kinds for a file that is no archive
        raise DataError(f"{path} cannot be read as mnist.npz: {error}") from error
    for name, array in arrays.items():
        if hashlib.sha256(array.tobytes()).hexdigest() != _MNIST_ARRAYS[name]:
            raise DataError(f"{path} is not MNIST: {name} has another SHA-256; {_MNIST_BY_HAND}")
    return split_of(path, arrays, np.arange(10))


def _download_mnist() -> Path:
    """Return the file in the user's cache; fetch it there the first time."""
    try:
        import pooch
    except ModuleNotFoundError:
        raise DataError(
            f'downloading MNIST needs pooch: pip install "triceptron[mnist]", or {_MNIST_BY_HAND}'
        ) from None
    pooch.get_logger().setLevel("ERROR")
    try:
        return Path(
            pooch.retrieve(
                _MNIST_URL, f"sha256:{_MNIST_FILE}", fname="mnist.npz", path=pooch.os_cache("triceptron")
            )
        )
    except ValueError as error:  # pooch's word for another hash
        raise DataError(f"what came from {_MNIST_URL} is not the published file: {error}") from error
    except Exception as error:  # requests' and urllib3's kinds, and the disk's
        raise DataError(f"MNIST could not be downloaded ({_short(error)}); {_MNIST_BY_HAND}") from error


def _short(error: BaseException) -> str:
    return "no network?" if "resolve" in str(error) else str(error)[:200]
