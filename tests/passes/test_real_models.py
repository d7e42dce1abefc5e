"""The passes on real networks: all padding goes into the operators, and the bits stay."""

import pytest

from tests.passes.support import assert_same_bits, op_names
from tests.support import FindModel
from tinyengine.importers import load
from tinyengine.passes import run_passes

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("name", "pads"),
    [
        ("mcunet_in3", 54),
        ("mcunet_in4", 51),
        ("mcunet_vww0", 42),
        ("mcunet_vww1", 4),
        ("mcunet_vww2", 66),
        ("mcunet_detection", 5),
        ("mcunetv2_large", 5),
    ],
)
def test_all_pads_of_a_real_network_fold(name: str, pads: int, shared_model: FindModel) -> None:
    graph = load(shared_model(name))
    assert op_names(graph).count("Pad") == pads
    after = run_passes(graph)
    assert "Pad" not in op_names(after)
    assert len(after.ops) == len(graph.ops) - pads


@pytest.mark.parametrize("name", ["mcunet_vww0", "mcunet_vww1", "mcunet_in3"])
def test_the_pipeline_keeps_the_bits_of_a_real_network(name: str, shared_model: FindModel) -> None:
    graph = load(shared_model(name))
    assert_same_bits(graph, run_passes(graph), seeds=(0,))
