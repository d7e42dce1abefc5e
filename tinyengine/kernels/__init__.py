"""Kernels: what each C function accepts, needs and promises."""

from tinyengine.kernels.spec import Kernel, Progress, Struct

__all__ = ["Kernel", "Progress", "Struct"]
