"""Measure a kernel: all its sample operators in one firmware, each with what it cost."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyengine.board import Isa, load_board
from tinyengine.compiler import Compiled, ModelIdentity, Options
from tinyengine.ir import DType, Edge, Graph, Op, State
from tinyengine.kernels.registry import accepts
from tinyengine.kernels.spec import Kernel
from tinyengine.lower import lower
from tinyengine.product.make import make_product
from tinyengine.product.profile import measure_profile
from tinyengine.progress import Progress, silent
from tinyengine.render import Origin, one_line_banner, render_model
from tinyengine.run.profile import Cost
from tinyengine.schedule.plan import ALIGNMENT, Block, Buffer, Lifetime, Plan, Step
from tinyengine.tune.samples import samples_for

BOARDS: Mapping[Isa, str] = {
    Isa.BASE: "mps2-an385",
    Isa.DSP: "mps2-an386",
    Isa.MVE: "mps3-an547",
}
"""Where the kernels of each instruction set are measured."""

TIMED_ON: Mapping[Isa, str] = {Isa.DSP: "mps2-an500"}
"""Where their cycles are modelled, if that is elsewhere: loops for the Cortex-M7 take more
instructions and fewer cycles than those for other cores."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One operator on one kernel, what it cost, and its cycles on the core that these count for."""

    op: Op
    kernel: Kernel
    cost: Cost
    cycles: float | None


def measure_kernel(kernel: Kernel, board: str, progress: Progress = silent) -> tuple[Sample, ...]:
    """Run `kernel` on every sample operator that it accepts, in one firmware for `board`.

    Raises what `make_product` does.
    """
    ops = [op for op in samples_for(kernel) if accepts(kernel, op)]
    if not ops:
        return ()
    costs = _costs(ops, kernel, board, progress)
    timed_on = TIMED_ON.get(kernel.isa, board)
    timed = costs if timed_on == board else _costs(ops, kernel, timed_on, progress)
    return tuple(
        Sample(op=op, kernel=kernel, cost=cost, cycles=times.cycles)
        for op, cost, times in zip(ops, costs, timed, strict=True)
    )


def _costs(ops: Sequence[Op], kernel: Kernel, board: str, progress: Progress) -> tuple[Cost, ...]:
    """Give what each operator costs on `kernel`, in one firmware for `board`."""
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        product = make_product(_compiled(ops, kernel, board), Path(scratch), progress)
        return tuple(measure_profile(product, progress).operators)


def _compiled(ops: Sequence[Op], kernel: Kernel, board: str) -> Compiled:
    """Give the sources of a network whose operators all run on `kernel`, one after the other."""
    plan, name = _plan(ops, kernel), "samples"
    identity = ModelIdentity(name=name, file=name, sha256=hashlib.sha256(b"").hexdigest())
    origin = Origin(model=name, sha256=identity.sha256, command="tinyengine tune")
    target = load_board(board).target
    program = lower(plan, name, issues=target.issues)
    return Compiled(
        identity=identity,
        options=Options(board=load_board(board)),
        graph=plan.graph,
        plan=plan,
        program=program,
        tree=render_model(program, origin),
        banner=one_line_banner(origin),
    )


def _plan(ops: Sequence[Op], kernel: Kernel) -> Plan:
    """Give a plan in which all operators use the same places: what they compute is of no matter.

    States have places of their own, where they begin as zeros: counts are among them.
    """
    life = Lifetime(first=0, last=len(ops) + 1)
    offsets: dict[Buffer, int] = {}
    scratch: dict[Op, Buffer] = {}
    end = 0
    for op in ops:
        nbytes = kernel.scratch_nbytes(op) if kernel.scratch_nbytes else 0
        operands = [tensor for tensor in dict.fromkeys(op.activations) if not tensor.is_const]
        at = 0
        for tensor in (*op.outputs, *operands):
            buffer = Buffer(name="", tensors=(tensor,), nbytes=tensor.nbytes, lifetime=life)
            offsets[buffer], at = at, _aligned(at + tensor.nbytes)
        if nbytes:
            scratch[op] = Buffer(name="scratch", tensors=(), nbytes=nbytes, lifetime=life)
            offsets[scratch[op]], at = at, _aligned(at + nbytes)
        end = max(end, at)
    states = tuple(State(tensor=state) for op in ops for state in op.states)
    for tensor in (state.tensor for state in states):
        buffer = Buffer(name="", tensors=(tensor,), nbytes=tensor.nbytes, lifetime=life)
        offsets[buffer], end = end, _aligned(end + tensor.nbytes)
    first, last = ops[0].activations[0], ops[-1].output
    return Plan(
        graph=Graph(
            name="samples",
            inputs=(Edge(name="input", tensor=first, dtype=DType.INT8),),
            outputs=(Edge(name="output", tensor=last, dtype=DType.INT8),),
            ops=tuple(ops),
            states=states,
        ),
        blocks=tuple(Block(steps=(Step(op=op, kernel=kernel),)) for op in ops),
        buffers=tuple(offsets),
        offsets=offsets,
        scratch=scratch,
        arena_nbytes=end,
    )


def _aligned(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
