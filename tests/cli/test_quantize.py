"""`quantize`, `evaluate` and `compare` on the command line."""

from pathlib import Path

import numpy as np
import pytest

from tests.builders.float_networks import small_network
from tests.cli.command import refused, tinyengine


@pytest.fixture
def work(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    (tmp_path / "net.tflite").write_bytes(small_network())
    x = rng.normal(0, 1, (40, 16, 16, 3)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=rng.integers(0, 10, 40))
    np.save(tmp_path / "plain.npy", x)
    return tmp_path


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
    assert "the network is not float throughout" in message


def test_samples_like_pixels_are_remarked(work: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3)).astype(np.uint8)
    np.save(work / "pixels.npy", pixels)
    made = tinyengine(
        "quantize", work / "net.tflite", "--data", work / "pixels.npy", "-o", work / "q.tflite"
    )
    assert made.code == 0, made.stderr
    assert "are whole numbers up to 255, like pixels" in made.stderr
