"""The same steps fused in C++, for speed."""

from triceptron._core import instruction_set, version

__all__ = ["instruction_set", "version"]
