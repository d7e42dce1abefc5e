"""All kernels, and the choice among those that accept an operator."""

from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError, Problem
from tinyengine.ir import Graph, Op, Reshape
from tinyengine.kernels.accumulating import ACCUMULATING
from tinyengine.kernels.arithmetic import KERNELS as ARITHMETIC
from tinyengine.kernels.convolution import KERNELS as CONVOLUTION
from tinyengine.kernels.lookup import KERNELS as LOOKUP
from tinyengine.kernels.movement import KERNELS as MOVEMENT
from tinyengine.kernels.pooling import KERNELS as POOLING
from tinyengine.kernels.reduction import KERNELS as REDUCTION
from tinyengine.kernels.resize import KERNELS as RESIZE
from tinyengine.kernels.spec import Kernel

KERNELS: tuple[Kernel, ...] = (
    *CONVOLUTION,
    *POOLING,
    *ARITHMETIC,
    *REDUCTION,
    *LOOKUP,
    *MOVEMENT,
    *RESIZE,
)
"""Every kernel of the runtime; where several accept an operator, the last one is preferred."""


def candidates(op: Op, isa: Isa) -> tuple[Kernel, ...]:
    """Give the kernels that accept `op` on `isa`, most specialised last."""
    return tuple(
        kernel for kernel in KERNELS if kernel.isa in isa.includes and _accepts(kernel, op)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kernels:
    """The kernels of a graph: for whole layers, and those that consume their input by rows."""

    whole: Mapping[Op, Kernel]
    consuming: Mapping[Op, Kernel]

    def streamed(self, op: Op) -> Kernel:
        """Give the kernel of `op` in a streamed block."""
        return self.consuming.get(op, self.whole[op])

    def with_kernel(self, op: Op, kernel: Kernel) -> "Kernels":
        """Give the same kernels, and `kernel` for one more operator."""
        return Kernels(whole={**self.whole, op: kernel}, consuming=self.consuming)


def select_kernels(graph: Graph, isa: Isa) -> Kernels:
    """Give a kernel for every operator that runs.

    Raises ModelError that lists every operator that no kernel accepts, and why each declined.
    """
    chosen: dict[Op, Kernel] = {}
    problems: list[Problem] = []
    for op in graph.ops:
        if isinstance(op, Reshape):
            continue
        accepted = candidates(op, isa)
        if accepted:
            chosen[op] = accepted[-1]
        else:
            problems.append(_declined(op, isa, f"{graph.name}: {op.source}"))
    if problems:
        raise ModelError.from_problems(problems)
    consuming = {op: kernel for op in chosen for kernel in ACCUMULATING if _accepts(kernel, op)}
    return Kernels(whole=chosen, consuming=consuming)


def _accepts(kernel: Kernel, op: Op) -> bool:
    return type(op) is kernel.op and not kernel.declines(op)


def _declined(op: Op, isa: Isa, where: str) -> Problem:
    details = []
    for kernel in KERNELS:
        if type(op) is not kernel.op:
            continue
        if kernel.isa in isa.includes:
            reasons = "; ".join(kernel.declines(op))
        else:
            reasons = f"needs {kernel.isa.value.upper()}, the board has {isa.value.upper()}"
        details.append(f"{kernel.name} declined: {reasons}")
    return Problem(
        where=where,
        problem=f"no kernel for this {type(op).__name__}",
        details=tuple(details),
        hint="`tinyengine ops` lists what each kernel accepts",
    )
