"""Networks of the kinds that people run, quantized, with random weights, by name."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.builders import int16_networks, onnx_networks
from tests.builders.streams import STREAMS
from tests.builders.transformers import keyword_transformer
from tinyengine import quantize_model
from tinyengine.importers.onnx import parse_float

SAMPLES = 32


def images(count: int, file: bytes, seed: int = 0) -> np.ndarray:
    """Give random images of 8x8 blocks for an ONNX file with one input, [count, C, H, W]."""
    shape = parse_float(file, "net.onnx").inputs[0].tensor.shape
    coarse = np.random.default_rng(seed).normal(0, 1, (count, shape[1], 8, 8))
    step = shape[2] // 8
    return np.repeat(np.repeat(coarse, step, 2), step, 3).astype(np.float32)


@cache
def quantized(network: Callable[[], bytes]) -> bytes:
    """Give the int8 .tflite file that `quantize` makes of an ONNX file."""
    file = network()
    with TemporaryDirectory() as folder:
        model, data = Path(folder, "net.onnx"), Path(folder, "x.npy")
        model.write_bytes(file)
        np.save(data, images(SAMPLES, file))
        made = quantize_model(model, data)
    assert made.score.sqnr is not None and made.score.sqnr > 10
    return made.tflite


IMAGES: Mapping[str, Callable[[], bytes]] = {
    "mobilenet_v3_small": lambda: quantized(onnx_networks.mobilenet_v3_small),
    "ghostnet_v2": lambda: quantized(onnx_networks.ghostnet_v2),
    "unet_int8": lambda: quantized(onnx_networks.unet),
}
"""What builds each network that `quantize` has made of an ONNX file."""

ZOO: Mapping[str, Callable[[], bytes]] = {
    **IMAGES,
    "unet_int16": int16_networks.unet,
    "keyword_transformer": keyword_transformer,
    **STREAMS,
}
"""What builds each network."""
