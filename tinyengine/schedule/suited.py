"""Kernels for cores that issue one instruction at a time, in the places of those that were chosen.

Kernels are chosen by the cycles of a core that issues two. Where weights are held in registers the
instructions depend on each other: that gains only where none is issued beside another. Weights of
int8 are loaded in fewer instructions than those of int16, which gains where loads have no place
beside multiplications.
"""

from dataclasses import replace

from tinyengine.kernels.dsp.convolution import narrower
from tinyengine.kernels.dsp.held import KERNELS
from tinyengine.kernels.registry import accepts
from tinyengine.kernels.spec import Kernel
from tinyengine.schedule.arrange import lay_out
from tinyengine.schedule.plan import Block, BlockKind, Plan, Step


def suit_core(plan: Plan, issues: int) -> Plan:
    """Give `plan` with kernels that suit a core that issues so many instructions at a time.

    They read and write as those before, and need no more memory. Patches stay as they are.
    """
    if issues > 1:
        return plan
    blocks = tuple(_suited(block) for block in plan.blocks)
    if all(new is old for new, old in zip(blocks, plan.blocks, strict=True)):
        return plan
    other = lay_out(plan.graph, blocks, plan.walls)
    if other.extent > plan.extent:
        return plan
    searched = replace(plan.searched, placement=other.searched.placement)
    return replace(other, origins=plan.origins, fed=plan.fed, searched=searched)


def _suited(block: Block) -> Block:
    """Give the block with such kernels; itself where nothing changes."""
    steps = tuple(_suited_step(step) for step in block.steps)
    is_same = all(new is old for new, old in zip(steps, block.steps, strict=True))
    return block if is_same or block.kind is BlockKind.PATCH else replace(block, steps=steps)


def _suited_step(step: Step) -> Step:
    suited = (kernel for kernel in KERNELS if _stands_in(kernel, step))
    kernel = next(suited, None) or narrower(step.kernel, step.op)
    return step if kernel is None else Step(op=step.op, kernel=kernel)


def _stands_in(kernel: Kernel, step: Step) -> bool:
    """Tell whether `kernel` may take the place of the kernel of `step`."""
    old = step.kernel
    places = (old.reads, old.writes, old.progress)
    return (
        old is not kernel
        and old.op is kernel.op
        and not old.consumes
        and places == (kernel.reads, kernel.writes, kernel.progress)
        and old.isa is kernel.isa
        and accepts(kernel, step.op)
    )
