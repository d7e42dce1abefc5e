"""The memory scheduler: order, kernels, blocks, lifetimes, overlaps, offsets, and their proof."""

from tinyengine.schedule.blocks.search import Watcher
from tinyengine.schedule.objectives import Objective
from tinyengine.schedule.offers import Terms
from tinyengine.schedule.plan import (
    Block,
    BlockKind,
    Buffer,
    Lifetime,
    Plan,
    PlanError,
    Step,
    describe_peak,
)
from tinyengine.schedule.planner import (
    Choice,
    Room,
    find_plan,
    layer_choice,
    make_plan,
    plan_choices,
)
from tinyengine.schedule.prove.checker import check_plan
from tinyengine.schedule.suited import suit_core
from tinyengine.schedule.tiles import tile_weights

__all__ = [
    "Block",
    "BlockKind",
    "Buffer",
    "Choice",
    "Lifetime",
    "Objective",
    "Plan",
    "PlanError",
    "Room",
    "Step",
    "Terms",
    "Watcher",
    "check_plan",
    "describe_peak",
    "find_plan",
    "layer_choice",
    "make_plan",
    "plan_choices",
    "suit_core",
    "tile_weights",
]
