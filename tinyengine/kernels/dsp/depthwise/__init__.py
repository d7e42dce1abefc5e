"""Kernels of DepthwiseConv2D for the DSP extension."""

from tinyengine.kernels.dsp.depthwise.column import KERNELS as COLUMN
from tinyengine.kernels.dsp.depthwise.rows import KERNELS as ROWS
from tinyengine.kernels.dsp.depthwise.strips import KERNELS as STRIPS
from tinyengine.kernels.spec import Kernel

KERNELS: tuple[Kernel, ...] = (*STRIPS, *ROWS, *COLUMN)
"""Strips of a row for most shapes; rows of a channel for 3x3; columns one pixel wide."""
