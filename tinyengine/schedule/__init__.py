"""The memory scheduler: order, kernels, lifetimes, overlaps, offsets, and their proof."""

from tinyengine.schedule.checker import PlanFault, check_plan
from tinyengine.schedule.plan import Block, BlockKind, Buffer, Lifetime, Plan, Step
from tinyengine.schedule.planner import plan_layers

__all__ = [
    "Block",
    "BlockKind",
    "Buffer",
    "Lifetime",
    "Plan",
    "PlanFault",
    "Step",
    "check_plan",
    "plan_layers",
]
