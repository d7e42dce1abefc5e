"""Rewrite graphs into cheaper ones that compute the same bits, pass by pass."""

from collections.abc import Callable

from tinyengine.ir import Graph, verify
from tinyengine.passes.absorb_transposes import absorb_transposes
from tinyengine.passes.convolve_single_channels import convolve_single_channels
from tinyengine.passes.copy_constant_outputs import copy_constant_outputs
from tinyengine.passes.drop_identities import drop_identities
from tinyengine.passes.eliminate_dead import eliminate_dead
from tinyengine.passes.fold_constant_channels import fold_constant_channels
from tinyengine.passes.fold_constants import fold_constants
from tinyengine.passes.fold_pads import fold_pads
from tinyengine.passes.fuse_clamps import fuse_clamps
from tinyengine.passes.remove_unread_channels import remove_unread_channels
from tinyengine.passes.settle_rounding import settle_rounding
from tinyengine.passes.sink_transposes import sink_transposes
from tinyengine.passes.split_batches import split_batches
from tinyengine.passes.split_groups import split_groups
from tinyengine.passes.tabulate_constants import tabulate_constants
from tinyengine.passes.write_states import write_states

__all__ = ["PIPELINE", "Pass", "run_passes"]

Pass = Callable[[Graph], Graph]

PIPELINE: tuple[Pass, ...] = (
    settle_rounding,
    eliminate_dead,
    fold_constants,
    sink_transposes,
    drop_identities,
    absorb_transposes,
    fold_pads,
    split_batches,
    split_groups,
    tabulate_constants,
    fuse_clamps,
    fold_constant_channels,
    remove_unread_channels,
    convolve_single_channels,
    write_states,
    copy_constant_outputs,
)
"""All passes in the order in which they run."""


def run_passes(graph: Graph, *, observe: Callable[[str, Graph], None] | None = None) -> Graph:
    """Give what PIPELINE makes of `graph`, which is verified before, between and after.

    `observe` is called after every pass with its name and the graph that it gave.
    """
    verify(graph)
    for step in PIPELINE:
        before, graph = graph, step(graph)
        verify(graph, before=before)
        if observe is not None:
            observe(step.__name__, graph)
    return graph
