"""The passes on real networks: padding goes into the operators, tables merge, the bits stay."""

import pytest

from tests.passes.support import assert_same_bits, op_names
from tests.support import FindModel
from tinyengine.importers import load
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
    assert "Pad" not in op_names(after)
    assert len(after.ops) == len(graph.ops) - pads - merged


@pytest.mark.parametrize("name", ["mcunet_vww0", "mcunet_vww1", "mcunet_in3"])
def test_the_pipeline_keeps_the_bits_of_a_real_network(name: str, shared_model: FindModel) -> None:
    graph = load(shared_model(name))
    assert_same_bits(graph, run_passes(graph), seeds=(0,))
