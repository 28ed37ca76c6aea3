"""The native extension: arguments are checked, arrays must be C-contiguous and of the exact dtype."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

_Array: TypeAlias = npt.NDArray[Any]
_Four: TypeAlias = tuple[_Array, _Array, _Array, _Array]
_Compressed: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], _Array]
_Features: TypeAlias = _Array | _Compressed

def leave() -> None: ...
def version() -> str: ...
def instruction_set() -> str: ...
def distort(
    *,
    X: npt.NDArray[np.uint8],
    height: int,
    width: int,
    maps: npt.NDArray[np.int32],
    windows: npt.NDArray[np.int64] | None,
    field: npt.NDArray[np.int32] | None,
    n_threads: int,
) -> npt.NDArray[np.uint8]: ...
def threefry2x32(key0: int, key1: int, counter0: int, counter1: int, /) -> tuple[int, int]: ...

class Method:
    def __init__(
        self,
        *,
        output: str = "softmax",
        rule: str = "descent",
        momentum: float = 0.0,
        beta_1: float = 0.0,
        beta_2: float = 0.0,
        epsilon: float = 1e-8,
        alpha: float = 0.0,
        input_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        dropout_seed: int = 0,
    ) -> None: ...

class _Training:
    def __init__(
        self,
        *,
        parameters: _Four,
        moments: tuple[_Four, ...],
        step: int,
        X: _Features | None,
        y: _Array | None,
        sample_weight: npt.NDArray[np.float64] | None,
        test_X: _Features | None,
        test_y: _Array | None,
        mean: npt.NDArray[np.float64] | None,
        scale: npt.NDArray[np.float64] | None,
        method: Method,
        n_threads: int,
    ) -> None: ...
    def epoch(
        self,
        order: npt.NDArray[np.int64] | None,
        batch_size: int,
        learning_rates: npt.NDArray[np.float64],
    ) -> tuple[float, float]: ...
    def renewed(self) -> None: ...
    def load(self, parameters: _Four) -> None: ...
    def parameters(self) -> _Four: ...
    def moments(self) -> tuple[_Four, ...]: ...
    def step(self) -> int: ...

class TrainingFloat32(_Training): ...
class TrainingFloat64(_Training): ...

class _Predictor:
    def __init__(
        self,
        *,
        parameters: _Four,
        mean: npt.NDArray[np.float64] | None,
        scale: npt.NDArray[np.float64] | None,
        n_threads: int,
    ) -> None: ...
    def logits(self, X: _Features) -> _Array: ...
    def probabilities(self, X: _Features) -> _Array: ...
    def classes(self, X: _Features) -> Any: ...

class PredictorFloat32(_Predictor): ...
class PredictorFloat64(_Predictor): ...
