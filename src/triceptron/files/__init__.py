"""What is kept: files and folders written whole or not at all, model files without pickle, exports."""

from triceptron.files import checkpointfile, modelfile, tensorfile
from triceptron.files.export import to_onnx
from triceptron.files.locks import HeldError, locked
from triceptron.files.modelfile import Model
from triceptron.files.tensorfile import InvalidFileError
from triceptron.files.whole import (
    Writer,
    check_folder,
    check_place,
    make_folder,
    names_in,
    sync_folder,
    write_file,
    write_folder,
)

__all__ = [
    "HeldError",
    "InvalidFileError",
    "Model",
    "Writer",
    "check_folder",
    "check_place",
    "checkpointfile",
    "locked",
    "make_folder",
    "modelfile",
    "names_in",
    "sync_folder",
    "tensorfile",
    "to_onnx",
    "write_file",
    "write_folder",
]
