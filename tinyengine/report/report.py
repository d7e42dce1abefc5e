"""The report of a compilation: what `report.json` holds, by the contract of schema 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinyengine.board.types import Board
from tinyengine.ir import Edge, Op, Tensor, count_graph_macs, count_macs
from tinyengine.lower import Port, Program
from tinyengine.schedule.plan import Buffer, Plan

SCHEMA = 1

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashUse:
    """Bytes of flash that the model takes, from the linked ELF; the test firmware is apart."""

    code: int
    weights: int
    other_constants: int
    firmware: int

    @property
    def total(self) -> int:
        """What the model and its runtime need, without the test firmware."""
        return self.code + self.weights + self.other_constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What only the built firmware tells.

    `static` are the .data and .bss bytes of the model and its runtime, `stack` the bytes that
    NAME_run used on the emulated board, `firmware_ram` the test firmware's own buffers.
    """

    flash: FlashUse
    static: int
    stack: int
    instructions: int | None
    emulator: str
    firmware_ram: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """Which model file a report speaks of."""

    name: str
    file: str
    sha256: str


def build_report(
    *,
    model: ModelIdentity,
    board: Board,
    objective: str,
    plan: Plan,
    program: Program,
    measured: Measured,
) -> Json:
    """Give the report as a JSON object."""
    flash = measured.flash
    return {
        "schema": SCHEMA,
        "model": {
            "name": model.name,
            "file": model.file,
            "sha256": model.sha256,
            "macs": count_graph_macs(plan.graph) - plan.recompute_macs,
        },
        "board": board.name,
        "isa": board.target.isa.value,
        "objective": objective,
        "sram": sram_use(plan, measured.static, measured.stack),
        "flash": {
            "code": flash.code,
            "weights": flash.weights,
            "other_constants": flash.other_constants,
            "total": flash.total,
        },
        "operators": _operators(plan),
        "blocks": _blocks(plan),
        "peak": _peak(plan),
        "buffers": [_buffer(plan, buffer) for buffer in plan.buffers],
        "inputs": [_port(port) for port in program.inputs],
        "outputs": [_port(port) for port in program.outputs],
        "measured": {
            "emulator": measured.emulator,
            "instructions": measured.instructions,
        },
        "firmware": {"flash": flash.firmware, "ram": measured.firmware_ram},
    }


def sram_use(plan: Plan, static: int, stack: int) -> Json:
    """Give the SRAM of inference, in bytes; inputs and outputs have their place in the arena."""
    return {
        "arena": plan.arena_nbytes,
        "banks": list(plan.bank_nbytes),
        "io": 0,
        "scratch_in_arena": plan.scratch_nbytes,
        "static": static,
        "stack": stack,
        "total": plan.arena_nbytes + static + stack,
    }


def _operators(plan: Plan) -> list[Json]:
    block_of = {step: index for index, block in enumerate(plan.blocks) for step in block.steps}
    buffer_of = plan.buffer_of
    rows = []
    for index, step in enumerate(plan.steps):
        op, buffer = step.op, buffer_of[step.op.output]
        rows.append(
            {
                "index": index,
                "name": op.output.name,
                "op": type(op).__name__,
                "source": str(op.source),
                "kernel": step.kernel.function,
                "block": block_of[step],
                "macs": count_macs(op),
                "input_shapes": [list(tensor.shape) for tensor in op.activations],
                "output_shape": list(op.output.shape),
                "weights_bytes": _weights_nbytes(op),
                "offset": plan.offsets[buffer],
                "bytes": buffer.nbytes,
                "first": buffer.lifetime.first,
                "last": buffer.lifetime.last,
            }
        )
    return rows


def _weights_nbytes(op: Op) -> int:
    return sum(tensor.nbytes for tensor in op.inputs if tensor.is_const)


def _blocks(plan: Plan) -> list[Json]:
    index_of = {step: index for index, step in enumerate(plan.steps)}
    return [
        {
            "kind": block.kind.value,
            "operators": [index_of[step] for step in block.steps],
            "recompute_macs": block.recompute_macs,
        }
        for block in plan.blocks
    ]


def _peak(plan: Plan) -> Json:
    block = plan.peak_block
    return {
        "step": block,
        "bytes": plan.taken_at(block),
        "live": [_live(plan, buffer) for buffer in plan.live_at(block)],
    }


def _buffer(plan: Plan, buffer: Buffer) -> Json:
    """Give a buffer of the arena; it is live during the blocks [first, last)."""
    inputs = set(plan.graph.input_tensors)
    kind = "tensor" if buffer.rows is None else "ring"
    if buffer.is_scratch:
        kind = "scratch"
    elif inputs & set(buffer.tensors):
        kind = "input"
    return {
        **_live(plan, buffer),
        "kind": kind,
        "first": buffer.lifetime.first,
        "last": buffer.lifetime.last,
    }


def _live(plan: Plan, buffer: Buffer) -> Json:
    return {"name": buffer.name, "offset": plan.offsets[buffer], "bytes": buffer.nbytes}


def _port(port: Port) -> Json:
    edge: Edge = port.edge
    tensor: Tensor = edge.tensor
    quant: Mapping[str, Any] = {"scale": None, "zero_point": None}
    if tensor.quant is not None:
        quant = {"scale": tensor.scale, "zero_point": tensor.zero_point}
    return {
        "name": edge.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype.value,
        "model_dtype": edge.dtype.value,
        **quant,
        "offset": port.offset,
        "bank": port.bank,
        "bytes": port.nbytes,
    }
