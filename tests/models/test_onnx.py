"""Real networks that onnxruntime's quantizer has quantized are exact on emulated boards."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cli.command import succeeded
from tests.support import require_module, require_tool

pytestmark = [pytest.mark.models, pytest.mark.slow]

SHAPES = {"pnet": (1, 24, 24, 3), "rnet": (1, 24, 24, 3), "blazeface_front128": (1, 128, 128, 3)}
BOARDS = {"pnet": "mps2-an385", "rnet": "mps3-an547", "blazeface_front128": "mps2-an500"}


def quantized(source: Path, folder: Path, way: str, kind: str, *, per_channel: bool) -> Path:
    """Give the network quantized by onnxruntime from eight images of noise."""
    require_module("onnxruntime")
    require_module("onnx")
    onnx = importlib.import_module("onnx")
    tools = importlib.import_module("onnxruntime.quantization")
    network = importlib.import_module("onnx.version_converter").convert_version(
        fixed(onnx.load(source), SHAPES[source.stem]), 17
    )
    name, shape = network.graph.input[0].name, SHAPES[source.stem]
    ready, result = folder / "ready.onnx", folder / f"{source.stem}.onnx"
    onnx.save(network, ready)
    preprocess = importlib.import_module("onnxruntime.quantization.shape_inference")
    preprocess.quant_pre_process(str(ready), str(ready), skip_symbolic_shape=True)

    class Samples(tools.CalibrationDataReader):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            rng = np.random.default_rng(0)
            images = [rng.normal(0, 1, shape).astype(np.float32) for _ in range(8)]
            self.left: Iterator[dict[str, np.ndarray]] = iter([{name: x} for x in images])

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.left, None)

    tools.quantize_static(
        str(ready), str(result), Samples(), quant_format=tools.QuantFormat[way],
        activation_type=tools.QuantType[kind], weight_type=tools.QuantType.QInt8,
        per_channel=per_channel,
    )  # fmt: skip
    return result


def fixed(network, shape):
    """Give the network for images of `shape`."""
    for dim, size in zip(network.graph.input[0].type.tensor_type.shape.dim, shape, strict=True):
        dim.dim_value = size
    del network.graph.value_info[:]
    for output in network.graph.output:
        output.type.tensor_type.ClearField("shape")
    return network


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("kind", ["QInt8", "QUInt8"])
@pytest.mark.parametrize("way", ["QDQ", "QOperator"])
@pytest.mark.parametrize("name", SHAPES)
def test_every_byte_is_that_of_the_named_reference(
    name: str, way: str, kind: str, per_channel: bool, shared_models_dir: Path, tmp_path: Path
) -> None:
    require_tool("arm-none-eabi-gcc")
    source = shared_models_dir / "float" / f"{name}.onnx"
    if not source.is_file():
        pytest.skip(f"no real model {source.name} in {source.parent}")
    file = quantized(source, tmp_path, way, kind, per_channel=per_channel)
    told = succeeded("validate", file, "--board", BOARDS[name], "--samples", 2, "--json").json()
    assert told["bit_exact"] is True
    assert told["onnxruntime"]["values"] > 0
    share = told["onnxruntime"]["equal"] / told["onnxruntime"]["values"]
    # QOperator is one operator here and there; QDQ leaves onnxruntime the choice what to fuse.
    assert share >= (1.0 if way == "QOperator" else 0.8)
