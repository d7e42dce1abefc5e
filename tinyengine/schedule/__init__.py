"""The memory scheduler: order, kernels, blocks, lifetimes, overlaps, offsets, and their proof."""

from tinyengine.schedule.checker import PlanError, check_plan
from tinyengine.schedule.plan import Block, BlockKind, Buffer, Lifetime, Plan, Step
from tinyengine.schedule.planner import plan_layers, plan_layers_with, plan_least_sram

__all__ = [
    "Block",
    "BlockKind",
    "Buffer",
    "Lifetime",
    "Plan",
    "PlanError",
    "Step",
    "check_plan",
    "plan_layers",
    "plan_layers_with",
    "plan_least_sram",
]
