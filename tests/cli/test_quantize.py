"""`quantize`, `evaluate` and `compare` on the command line."""

import importlib
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders.float_networks import small_network
from tests.builders.onnx_models import model, node
from tests.builders.onnx_networks import gated_network
from tests.cli.command import refused, tinyengine
from tests.support import require_module
from tinyengine.importers import load_float
from tinyengine.quantize.data import Resizing, Samples, Scaling, load_samples
from tinyengine.quantize.tune import outputs_of


@pytest.fixture
def work(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    (tmp_path / "net.tflite").write_bytes(small_network())
    x = rng.normal(0, 1, (40, 16, 16, 3)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=rng.integers(0, 10, 40))
    np.save(tmp_path / "plain.npy", x)
    return tmp_path


def quantized_by_onnxruntime(work: Path, form: str) -> tuple[Path, Path, Path]:
    """Give a float file, what onnxruntime's static quantization makes of it, and samples."""
    require_module("onnxruntime")
    tool: Any = importlib.import_module("onnxruntime.quantization")
    exact, integer, data = (work / name for name in ("net.onnx", f"{form}.onnx", "x.npy"))
    exact.write_bytes(gated_network())
    x = np.random.default_rng(0).normal(0, 1, (12, 3, 16, 16)).astype(np.float32)
    np.save(data, x)

    class Reader(tool.CalibrationDataReader):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            self._left: Iterator[dict[str, Any]] = iter([{"image": each[None]} for each in x])

        def get_next(self) -> dict[str, Any] | None:
            return next(self._left, None)

    tool.quantize_static(
        exact, integer, Reader(), quant_format=tool.QuantFormat[form],
        activation_type=tool.QuantType.QInt8, weight_type=tool.QuantType.QInt8,
    )  # fmt: skip
    return exact, integer, data


def quantized(work: Path, *more: object) -> dict[str, object]:
    made = tinyengine(
        "quantize", work / "net.tflite", "--data", work / "data.npz", "-o", work / "q.tflite",
        "--json", *more,
    )  # fmt: skip
    assert made.code == 0, made.stderr
    return made.json()


def test_two_commands_lead_from_a_float_network_to_proven_firmware(work: Path) -> None:
    quantized(work)
    verdict = tinyengine("validate", work / "q.tflite", "--board", "stm32f746", "--json")
    assert verdict.code == 0, verdict.stderr
    assert verdict.json()["bit_exact"] is True


def test_evaluate_tells_of_the_float_network_the_int8_one_and_its_firmware(work: Path) -> None:
    quantized(work)
    told = tinyengine(
        "evaluate", work / "net.tflite", work / "q.tflite", "--data", work / "data.npz",
        "--board", "stm32f746", "--samples", 6, "--json",
    )  # fmt: skip
    assert told.code == 0, told.stderr
    rows = told.json()["models"]
    assert [row["kind"] for row in rows] == ["float", "int8", "firmware"]
    assert rows[2]["bit_exact"] is True
    assert rows[1]["score"] == rows[2]["score"]
    assert rows[1]["score"]["sqnr"] > 15


def test_compare_names_every_operator_in_network_order(work: Path) -> None:
    quantized(work)
    told = tinyengine(
        "compare", work / "net.tflite", work / "q.tflite", "--data", work / "plain.npy", "--json"
    )
    assert told.code == 0, told.stderr
    rows = told.json()["operators"]
    assert rows[0]["source"].startswith("op 0 CONV_2D")
    assert all(row["sqnr"] > 5 for row in rows)
    assert not told.json()["unmatched"]


def test_tune_prints_what_it_tried_the_best_first(work: Path) -> None:
    trials = quantized(work, "--tune")["trials"]
    assert isinstance(trials, list)
    assert len(trials) > 5
    scores = [trial["accuracy"] for trial in trials]
    assert scores[0] == max(scores)


def test_without_data_synthetic_samples_are_said(work: Path) -> None:
    made = tinyengine(
        "quantize", work / "net.tflite", "--no-data", "-o", work / "q.tflite", "--json"
    )
    assert made.code == 0, made.stderr
    assert made.json()["source"] == "synthetic"
    assert "synthetic" in made.stderr


def test_a_score_of_the_users_own_is_told(work: Path) -> None:
    (work / "mine.py").write_text("def best(outputs, labels):\n    return 4.5\n")
    made = quantized(work, "--score", f"{work / 'mine.py'}:best")
    assert made["score"]["custom"] == 4.5  # type: ignore[index]


@pytest.mark.parametrize("name", ["net.tflite", "data.npz", "link.tflite"])
def test_what_is_read_is_never_overwritten(work: Path, name: str) -> None:
    (work / "link.tflite").symlink_to("net.tflite")
    before = (work / name).read_bytes()
    given = ("quantize", work / "net.tflite", "--data", work / "data.npz")
    message = refused(2, *given, "-o", work / name)
    assert message.startswith("error: --output: ")
    assert "would be overwritten" in message
    assert (work / name).read_bytes() == before


def test_neither_data_nor_no_data_is_a_usage_error(work: Path) -> None:
    message = refused(2, "quantize", work / "net.tflite")
    assert message == "error: quantize: takes either --data F or --no-data"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.npz", None, "there is no such file"),
        ("text.npy", b"hello", "is no .npy array"),
        ("text.npz", b"hello", "is no .npz archive"),
    ],
)
def test_data_that_cannot_be_read_is_one_message(
    work: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (work / name).write_bytes(content)
    assert said in refused(2, "quantize", work / "net.tflite", "--data", work / name)


def test_pickled_arrays_are_refused(work: Path) -> None:
    np.save(work / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    message = refused(2, "quantize", work / "net.tflite", "--data", work / "objects.npy")
    assert "is no .npy array" in message


def test_an_archive_without_the_input_names_what_it_has(work: Path) -> None:
    np.savez(work / "other.npz", pictures=np.zeros((2, 16, 16, 3)))
    message = refused(2, "quantize", work / "net.tflite", "--data", work / "other.npz")
    assert "has pictures; image or x expected" in message


def test_a_quantized_model_is_refused_with_the_reason(work: Path) -> None:
    quantized(work)
    message = refused(3, "quantize", work / "q.tflite", "--data", work / "data.npz")
    assert "the network is quantized already" in message


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (255, "samples of 'image' lie in [0, 255], q.tflite takes [-"),
        (0.001, "samples of 'image' lie in [0, 0.001], q.tflite takes [-"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_samples_far_from_the_range_of_a_model_are_remarked_with_both(
    work: Path, command: str, factor: float, said: str
) -> None:
    quantized(work)
    x = np.linspace(0, factor, 3 * 16 * 16 * 3, dtype=np.float32).reshape(3, 16, 16, 3)
    np.save(work / "x.npy", x)
    told = tinyengine(
        command, work / "net.tflite", work / "q.tflite", "--data", work / "x.npy"
    )  # fmt: skip
    assert told.code == 0, told.stderr
    assert f"note: {said}" in told.stderr


def test_samples_that_are_hardly_inputs_are_remarked(work: Path) -> None:
    np.save(work / "x.npy", np.linspace(-5000, 5000, 8 * 768).reshape(8, 16, 16, 3))
    made = tinyengine(
        "quantize", work / "net.tflite", "--data", work / "x.npy", "-o", work / "q.tflite"
    )
    assert made.code == 0, made.stderr
    assert "note: samples of input 0 lie in [-5000, 5000]: networks usually take" in made.stderr


def test_missing_labels_and_few_samples_are_remarked(work: Path) -> None:
    np.save(work / "few.npy", np.load(work / "plain.npy")[:3])
    made = tinyengine(
        "quantize", work / "net.tflite", "--data", work / "few.npy", "-o", work / "q.tflite"
    )
    assert "note: only 3 samples: ranges are guesses; a hundred are good" in made.stderr
    told = tinyengine("evaluate", work / "net.tflite", "--data", work / "few.npy")
    assert "note: no labels (y in an .npz): accuracy cannot be told" in told.stderr


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.arange(40), "labels (y) go from 0 to 39, the output has 10 classes"),
        (np.arange(40) - 3, "labels (y) go from -3 to 36, the output has 10 classes"),
        (np.zeros((40, 3), np.float32), "labels (y) are [40, 3], the output is [40, 10]"),
        (np.zeros(12, int), "has 40 samples and 12 labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(work: Path, labels: np.ndarray, said: str) -> None:
    np.savez(work / "bad.npz", x=np.load(work / "plain.npy"), y=labels)
    assert said in refused(2, "evaluate", work / "net.tflite", "--data", work / "bad.npz")


def test_the_mean_squared_error_is_that_of_labels_that_are_outputs(work: Path) -> None:
    x = np.load(work / "plain.npy")
    graph = load_float(work / "net.tflite")
    y = outputs_of(graph, Samples(inputs=(x,)))[0] + np.float32(0.5)
    np.savez(work / "mse.npz", x=x, y=y)
    told = tinyengine("evaluate", work / "net.tflite", "--data", work / "mse.npz", "--json")
    assert told.json()["models"][0]["score"]["mse"] == pytest.approx(0.25, rel=1e-4)


def test_samples_of_another_shape_are_shown_against_what_is_expected(work: Path) -> None:
    np.save(work / "first.npy", np.zeros((4, 3, 16, 16), np.float32))
    assert refused(2, "quantize", work / "net.tflite", "--data", work / "first.npy") == (
        f"error: {work / 'first.npy'}: input 'image' takes samples of [16, 16, 3], "
        "these are [3, 16, 16]\n"
        "  hint: the axes stand in another order: x.transpose(0, 2, 3, 1) puts them right"
    )
    np.save(work / "small.npy", np.zeros((4, 8, 8, 3), np.float32))
    assert "takes samples of [16, 16, 3], these are [8, 8, 3]" in refused(
        2, "quantize", work / "net.tflite", "--data", work / "small.npy"
    )
    np.save(work / "text.npy", np.array(["a", "b"]))
    assert "holds <U1, not numbers" in refused(
        2, "quantize", work / "net.tflite", "--data", work / "text.npy"
    )


def test_compare_writes_a_page_of_its_own(work: Path) -> None:
    quantized(work)
    told = tinyengine(
        "compare", work / "net.tflite", work / "q.tflite", "--data", work / "plain.npy",
        "-o", work / "page.html", "--json",
    )  # fmt: skip
    assert told.code == 0, told.stderr
    page = unescape((work / "page.html").read_text())
    assert "<h1>q.tflite against net.tflite</h1>" in page
    places = [page.index(row["source"]) for row in told.json()["operators"]]
    assert places == sorted(places)
    assert f'<td class="number">{told.json()["operators"][0]["sqnr"]:.1f}</td>' in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_compare_takes_what_onnxruntime_has_quantized(work: Path, form: str) -> None:
    exact, integer, data = quantized_by_onnxruntime(work, form)
    told = tinyengine("compare", exact, integer, "--data", data, "--json")
    assert told.code == 0, told.stderr
    rows = told.json()["operators"]
    assert len(rows) >= 12
    assert all(row["sqnr"] > 25 for row in rows)
    assert len(told.json()["unmatched"]) <= 2  # the transpose at the input has none


# -- forms of data --------------------------------------------------------------------------------


def same_as_whole(work: Path, model: Path, data: Path, *more: object) -> None:
    """Compare the file made of `data` with that made of whole.npz."""
    files = []
    for each, options in ((data, more), (work / "whole.npz", ())):
        made = tinyengine("quantize", model, "--data", each, "-o", work / "made.tflite", *options)
        assert made.code == 0, made.stderr
        files.append((work / "made.tflite").read_bytes())
    assert files[0] == files[1]


def test_a_folder_of_arrays_is_read_in_the_order_of_names(work: Path) -> None:
    x = np.load(work / "plain.npy")[:9]
    np.savez(work / "whole.npz", x=x)
    (work / "folder").mkdir()
    for index, each in enumerate(x):
        np.save(work / "folder" / f"{index}.npy", each)
    same_as_whole(work, work / "net.tflite", work / "folder")


def images(folder: Path, size: tuple[int, int] = (16, 16)) -> np.ndarray:
    """Write nine images; give their pixels [9, H, W, 3]."""
    require_module("PIL")
    image = importlib.import_module("PIL.Image")
    pixels = np.random.default_rng(5).integers(0, 256, (9, *size, 3)).astype(np.uint8)
    folder.mkdir()
    for index, each in enumerate(pixels):
        image.fromarray(each).save(folder / f"{index}.png")
    return pixels


def test_a_folder_of_images_is_scaled_as_told(work: Path) -> None:
    pixels = images(work / "folder").astype(np.float32)
    mean, std = np.array([0.5, 0.4, 0.3], np.float32), np.array([0.2, 0.3, 0.4], np.float32)
    np.savez(work / "whole.npz", x=(pixels * np.float32(1 / 255) - mean) / std)
    same_as_whole(
        work, work / "net.tflite", work / "folder", "--scale", repr(1 / 255),
        "--mean", "0.5,0.4,0.3", "--std", "0.2,0.3,0.4",
    )  # fmt: skip


def test_images_for_an_input_whose_channels_stand_first(work: Path) -> None:
    require_module("onnx")
    pixels = images(work / "folder").astype(np.float32)
    (work / "net.onnx").write_bytes(gated_network())
    np.savez(work / "whole.npz", x=pixels.transpose(0, 3, 1, 2) / np.float32(128) - 1)
    same_as_whole(
        work, work / "net.onnx", work / "folder", "--scale", 1 / 128, "--mean", 1
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "inside"),
    [
        # 16 rows of 32 pixels for 16 x 16: the middle is cut out; or 8 rows, with 4 black ones
        # on either side.
        ("crop", lambda x: x[:, :, 8:24]),
        ("pad", None),
    ],
)
def test_images_are_cropped_or_padded_where_that_is_asked_for(
    work: Path, how: str, inside: Callable[[np.ndarray], np.ndarray] | None
) -> None:
    pixels = images(work / "folder", (16, 32)).astype(np.float32)
    graph = load_float(work / "net.tflite")
    scaling = Scaling(resizing=Resizing(how))
    (found,) = load_samples(work / "folder", graph, scaling).inputs
    assert found.shape == (9, 16, 16, 3)
    if inside is None:
        assert not found[:, :4].any() and not found[:, 12:].any() and found[:, 4:12].any()
    else:
        np.testing.assert_array_equal(found, inside(pixels))


def test_several_inputs_have_an_array_each_under_its_name(work: Path) -> None:
    require_module("onnx")
    x, y = (np.random.default_rng(n).normal(0, 1, (12, 5)).astype(np.float32) for n in (1, 2))
    edges = {"left": ("float32", (1, 5)), "right": ("float32", (1, 5))}
    file = model([node("Add", "left right", "sum")], edges, {"sum": ("float32", None)}, {})
    (work / "two.onnx").write_bytes(file)
    np.savez(work / "two.npz", left=x, right=y)
    made = tinyengine(
        "quantize", work / "two.onnx", "--data", work / "two.npz", "-o", work / "q.tflite"
    )
    assert made.code == 0, made.stderr
    np.savez(work / "one.npz", left=x)
    assert "has left; left, right expected" in refused(
        2, "quantize", work / "two.onnx", "--data", work / "one.npz"
    )
    assert "holds samples for one input, the network has 2" in refused(
        2, "quantize", work / "two.onnx", "--data", work / "plain.npy"
    )


def test_samples_like_pixels_are_remarked(work: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3)).astype(np.uint8)
    np.save(work / "pixels.npy", pixels)
    made = tinyengine(
        "quantize", work / "net.tflite", "--data", work / "pixels.npy", "-o", work / "q.tflite"
    )
    assert made.code == 0, made.stderr
    assert "are whole numbers up to 255, like pixels" in made.stderr
