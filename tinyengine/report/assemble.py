"""Make the report of a compiled and measured model."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyengine.compiler import Compiled
from tinyengine.ir import Op, count_graph_macs, count_macs
from tinyengine.lower import Port
from tinyengine.report.report import (
    SCHEMA,
    BlockEntry,
    BudgetEntry,
    BufferEntry,
    BufferKind,
    FirmwareEntry,
    FlashUse,
    LiveEntry,
    MeasuredEntry,
    ModelEntry,
    OperatorEntry,
    PeakEntry,
    PlacementEntry,
    PortEntry,
    Report,
    SearchEntry,
    SramUse,
    Thoroughness,
)
from tinyengine.schedule.plan import Block, Buffer, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What only the built firmware tells, in bytes.

    `code`, `weights` and `other_constants` are the model's flash, with its runtime; `static` are
    its .data and .bss, `stack` what NAME_run used on the emulated board. `firmware_flash` and
    `firmware_ram` are the test firmware's own.
    """

    code: int
    weights: int
    other_constants: int
    firmware_flash: int
    firmware_ram: int
    static: int
    stack: int
    instructions: int | None
    emulator: str
    placement: PlacementEntry

    @property
    def flash(self) -> FlashUse:
        """What the model takes in flash."""
        parts = (self.code, self.weights, self.other_constants)
        return FlashUse(
            code=self.code,
            weights=self.weights,
            other_constants=self.other_constants,
            total=sum(parts),
        )


def assemble(
    compiled: Compiled, measured: Measured, files: Sequence[str], digests: Sequence[str]
) -> Report:
    """Give the report; `files` are those of the output directory, with their digests."""
    plan, identity, options = compiled.plan, compiled.identity, compiled.options
    return Report(
        schema=SCHEMA,
        model=ModelEntry(
            name=identity.name,
            file=identity.file,
            sha256=identity.sha256,
            macs=count_graph_macs(plan.graph) - plan.recompute_macs,
        ),
        board=options.board.name,
        isa=options.board.target.isa,
        objective=options.objective,
        budget=BudgetEntry(sram=options.sram, flash=options.flash),
        sram=_sram_use(plan, measured),
        flash=measured.flash,
        operators=_operators(plan),
        blocks=_blocks(plan),
        peak=_peak(plan),
        search=_search(plan),
        buffers=tuple(_buffer(plan, buffer) for buffer in plan.buffers),
        inputs=tuple(_port(port) for port in compiled.program.inputs),
        outputs=tuple(_port(port) for port in compiled.program.outputs),
        measured=MeasuredEntry(emulator=measured.emulator, instructions=measured.instructions),
        firmware=FirmwareEntry(flash=measured.firmware_flash, ram=measured.firmware_ram),
        placement=measured.placement,
        files=tuple(files),
        digests=tuple(digests),
    )


def _sram_use(plan: Plan, measured: Measured) -> SramUse:
    """Give the SRAM of inference; inputs and outputs have their place in the arena."""
    return SramUse(
        arena=plan.arena_nbytes,
        banks=plan.bank_nbytes,
        io=0,
        scratch_in_arena=plan.scratch_nbytes,
        static=measured.static,
        stack=measured.stack,
        total=plan.arena_nbytes + measured.static + measured.stack,
    )


def _operators(plan: Plan) -> tuple[OperatorEntry, ...]:
    block_of = {step: index for index, block in enumerate(plan.blocks) for step in block.steps}
    buffer_of = plan.buffer_of
    entries = []
    for index, step in enumerate(plan.steps):
        op, buffer = step.op, buffer_of[step.op.output]
        entries.append(
            OperatorEntry(
                index=index,
                name=op.output.name,
                op=type(op).__name__,
                source=str(op.source),
                kernel=step.kernel.function,
                block=block_of[step],
                macs=count_macs(op),
                input_shapes=tuple(tensor.shape for tensor in op.activations),
                output_shape=op.output.shape,
                weights_nbytes=_weights_nbytes(op),
                offset=plan.offsets[buffer],
                nbytes=buffer.nbytes,
                first=buffer.lifetime.first,
                last=buffer.lifetime.last,
            )
        )
    return tuple(entries)


def _weights_nbytes(op: Op) -> int:
    return sum(tensor.nbytes for tensor in op.inputs if tensor.is_const)


def _blocks(plan: Plan) -> tuple[BlockEntry, ...]:
    index_of = {step: index for index, step in enumerate(plan.steps)}

    def entry(block: Block) -> BlockEntry:
        """Give what the report says of a block."""
        return BlockEntry(
            kind=block.kind,
            operators=tuple(index_of[step] for step in block.steps),
            recompute_macs=block.recompute_macs,
        )

    return tuple(entry(block) for block in plan.blocks)


def _peak(plan: Plan) -> PeakEntry:
    block = plan.peak_block
    live = tuple(
        LiveEntry(name=buffer.name, offset=plan.offsets[buffer], nbytes=buffer.nbytes)
        for buffer in plan.live_at(block)
    )
    return PeakEntry(step=block, nbytes=plan.taken_at(block), live=live)


def _search(plan: Plan) -> SearchEntry:
    """Say what was searched for in full."""

    def thoroughness(is_exact: bool) -> Thoroughness:
        """Say whether a search was exact or bounded."""
        return Thoroughness.EXACT if is_exact else Thoroughness.BOUNDED

    return SearchEntry(
        order=thoroughness(plan.searched.order),
        blocks=thoroughness(plan.searched.blocks),
        placement=thoroughness(plan.searched.placement),
    )


def _buffer(plan: Plan, buffer: Buffer) -> BufferEntry:
    kind = BufferKind.TENSOR if buffer.rows is None else BufferKind.RING
    if buffer.is_scratch:
        kind = BufferKind.SCRATCH
    elif buffer.persistent:
        kind = BufferKind.STATE
    elif set(plan.graph.input_tensors) & set(buffer.tensors):
        kind = BufferKind.INPUT
    return BufferEntry(
        name=buffer.name,
        offset=plan.offsets[buffer],
        nbytes=buffer.nbytes,
        kind=kind,
        first=buffer.lifetime.first,
        last=buffer.lifetime.last,
    )


def _port(port: Port) -> PortEntry:
    tensor = port.edge.tensor
    is_quantized = tensor.quant is not None
    return PortEntry(
        name=port.edge.name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        model_dtype=port.edge.dtype,
        scale=tensor.scale if is_quantized else None,
        zero_point=tensor.zero_point if is_quantized else None,
        offset=port.offset,
        bank=port.bank,
        nbytes=port.nbytes,
        counts=port.counts,
    )
