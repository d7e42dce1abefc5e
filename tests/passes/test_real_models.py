"""The passes on real networks: pads and transposes go, tables merge, the bits stay."""

import pytest

from tests.passes.support import assert_same_bits, op_names
from tests.support import FindModel
from tinyengine.importers import load
from tinyengine.ir import Conv2D, DepthwiseConv2D, FullyConnected, Graph, count_graph_macs
from tinyengine.passes import run_passes

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("name", "pads", "merged"),
    [
        ("mcunet_in3", 54, 0),
        ("mcunet_in4", 51, 0),
        ("mcunet_vww0", 42, 0),
        ("mcunet_vww1", 4, 0),
        ("mcunet_vww2", 66, 0),
        ("mcunet_detection", 5, 0),
        ("mcunetv2_large", 5, 13),
    ],
)
def test_all_pads_and_hard_sigmoids_of_a_real_network_fold(
    name: str, pads: int, merged: int, shared_model: FindModel
) -> None:
    graph = load(shared_model(name))
    assert op_names(graph).count("Pad") == pads
    after = run_passes(graph)
    transposes = op_names(graph).count("Transpose")
    assert not {"Pad", "Transpose"} & set(op_names(after))
    assert len(after.ops) == len(graph.ops) - pads - merged - transposes


def weight_nbytes(graph: Graph) -> int:
    weighted = (Conv2D, DepthwiseConv2D, FullyConnected)
    return sum(op.weight.nbytes for op in graph.ops if isinstance(op, weighted))


@pytest.mark.parametrize(
    ("name", "macs", "nbytes"),
    [
        # Half the work of this model is on channels that are always 0; all but 14 % of its weights.
        ("mlperf_vww_mobilenet96", 3_730_000, 29_500),
        ("mcunet_vww1", 11_000_000, 400_000),
        ("mcunetv2_large", 216_500_000, 1_700_000),
    ],
)
def test_dead_channels_of_real_networks_go(
    name: str, macs: int, nbytes: int, shared_model: FindModel
) -> None:
    after = run_passes(load(shared_model(name)))
    assert count_graph_macs(after) <= macs
    assert weight_nbytes(after) <= nbytes


@pytest.mark.slow
def test_the_pipeline_keeps_the_bits_of_a_large_network(shared_model: FindModel) -> None:
    graph = load(shared_model("mcunetv2_large"))
    assert_same_bits(graph, run_passes(graph), seeds=(0,))


@pytest.mark.parametrize(
    "name", ["mlperf_vww_mobilenet96", "mcunet_vww0", "mcunet_vww1", "mcunet_in3"]
)
def test_the_pipeline_keeps_the_bits_of_a_real_network(name: str, shared_model: FindModel) -> None:
    graph = load(shared_model(name))
    assert_same_bits(graph, run_passes(graph), seeds=(0,))
