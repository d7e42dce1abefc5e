"""Weights in tiles where flash is slow: a plan whose convolutions wait less, for scratch memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinyengine.board.types import MemoryModel
from tinyengine.kernels.choose.selection import estimate_cost
from tinyengine.kernels.dsp.tiled import Offer, offers
from tinyengine.schedule.arrange import lay_out
from tinyengine.schedule.place.buffers import scratch_nbytes
from tinyengine.schedule.plan import Block, BlockKind, Plan, Step

_LEAST_SHARE = 0.02
"""The share of an operator's cycles that its tiles must save."""

_NEARLY = 0.95
"""The share of what can be saved that is enough, for less memory."""

_ATTEMPTS = 4
"""How often it is tried with less memory."""


def tile_weights(plan: Plan, memory: MemoryModel, issues: int, nbytes: int) -> Plan:
    """Give `plan` with kernels that use tiles of their weights, where that saves waits for flash.

    `memory` says how flash is waited for, `issues` how many instructions the core issues at a time.
    The arena ends at `nbytes` at most, or as before. Streamed operators stay as they are.
    """
    wishes = {
        index: found
        for index, block in enumerate(plan.blocks)
        if block.kind is BlockKind.LAYER and (found := _worth(block.steps[0], memory, issues))
    }
    limit = nbytes
    for _ in range(_ATTEMPTS if wishes else 0):
        blocks = _tiled_blocks(plan, wishes, limit)
        if blocks == plan.blocks:
            break
        other = lay_out(plan.graph, blocks, plan.walls)
        if other.extent <= nbytes:
            searched = replace(plan.searched, placement=other.searched.placement)
            return replace(other, origins=plan.origins, fed=plan.fed, searched=searched)
        limit -= other.extent - nbytes
    return plan


def _worth(step: Step, memory: MemoryModel, issues: int) -> tuple[Offer, ...]:
    """Give the tiled kernels that save enough, by ascending scratch; each saves more."""
    least = _LEAST_SHARE * estimate_cost(step.op, step.kernel)
    cache = memory.data
    if memory.is_unified:
        cache = replace(cache, nbytes=cache.nbytes // 2)  # the rest is for the code
    found: list[Offer] = []
    for offer in offers(step.op, step.kernel, cache, issues):
        if offer.saved > max(least, found[-1].saved if found else 0):
            found.append(offer)
    return tuple(found)


def _tiled_blocks(
    plan: Plan, wishes: Mapping[int, Sequence[Offer]], limit: int
) -> tuple[Block, ...]:
    """Give the blocks with the best kernels whose scratch has room below `limit`."""
    blocks = list(plan.blocks)
    for index, found in wishes.items():
        (step,) = plan.blocks[index].steps
        room = limit - plan.taken_at(index) + scratch_nbytes(step)
        fitting = [offer for offer in found if offer.nbytes <= room]
        if fitting:
            enough = _NEARLY * fitting[-1].saved
            kernel = next(offer.kernel for offer in fitting if offer.saved >= enough)
            blocks[index] = replace(blocks[index], steps=(Step(op=step.op, kernel=kernel),))
    return tuple(blocks)
