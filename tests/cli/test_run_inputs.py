"""`run` takes inputs as people have them, says what it did with them, and shows real values."""

import importlib
import re
import wave

import numpy as np
import pytest

from tests.builders.tflite_writer import Spec, one_op_model
from tests.cli.command import refused, succeeded
from tests.support import require_module, require_tool

BOARD = ("--board", "stm32f746")
SCALE, ZERO_POINT = 0.5, -8


@pytest.fixture
def image_model(tmp_path):
    """Give a model whose output is its input, int8 [1, 4, 5, 3], under ABS of doubled scale."""
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "image.tflite"
    spec = Spec(shape=(1, 4, 5, 3), scale=SCALE, zero_point=ZERO_POINT)
    path.write_bytes(one_op_model("RELU", [spec], spec))
    return path


@pytest.fixture
def sound_model(tmp_path):
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "sound.tflite"
    spec = Spec(shape=(1, 16), scale=1 / 128, zero_point=0)
    path.write_bytes(one_op_model("ABS", [spec], spec))
    return path


def run(model, *given):
    told = succeeded("run", model, *BOARD, *given, "--json").json()
    return told["outputs"][0]


def test_real_values_are_quantized(image_model, tmp_path):
    reals = np.linspace(-20, 20, 60).astype(np.float64).reshape(1, 4, 5, 3)
    np.save(tmp_path / "x.npy", reals)
    output = run(image_model, "-i", tmp_path / "x.npy")
    quantized = np.clip(np.floor(reals / SCALE + 0.5) + ZERO_POINT, ZERO_POINT, 127)
    # Halves away from zero; there are none below zero that ReLU lets through.
    assert output["values"] == quantized.reshape(-1).astype(int).tolist()
    assert output["real"] == ((quantized - ZERO_POINT) * SCALE).reshape(-1).tolist()


@pytest.mark.parametrize("key", ["x", "operand_0"])
def test_an_archive_has_the_inputs_by_name(image_model, tmp_path, key):
    values = np.arange(-30, 30).astype(np.int8).reshape(1, 4, 5, 3)
    np.savez(tmp_path / "x.npz", **{key: values})
    output = run(image_model, "-i", tmp_path / "x.npz")
    assert output["values"] == np.maximum(values, ZERO_POINT).reshape(-1).tolist()


def test_a_batch_dimension_may_be_left_out(image_model, tmp_path):
    values = np.arange(-30, 30).astype(np.int8).reshape(4, 5, 3)
    np.save(tmp_path / "x.npy", values)
    output = run(image_model, "-i", tmp_path / "x.npy")
    assert output["values"] == np.maximum(values, ZERO_POINT).reshape(-1).tolist()


def test_an_archive_of_other_names_is_refused(image_model, tmp_path):
    np.savez(tmp_path / "x.npz", first=np.zeros(3), second=np.zeros(2))
    message = refused(2, "run", image_model, *BOARD, "-i", tmp_path / "x.npz")
    assert message.endswith("x.npz: has first, second; operand_0 or x expected")


def picture(tmp_path, size):
    require_module("PIL")
    images = importlib.import_module("PIL.Image")
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = 255, 128
    images.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_an_image_is_resized_and_spans_the_inputs_range(image_model, tmp_path):
    outcome = succeeded("run", image_model, *BOARD, "-i", picture(tmp_path, (9, 7)))
    assert "input: an image of 5x4 pixels, 0 to 255 as -128 to 127" in outcome.stdout
    output = run(image_model, "-i", tmp_path / "photo.png")
    # 255, 128 and 0 are 127, 0 and -128; ReLU lets nothing below real 0 through.
    assert output["values"] == [127, 0, ZERO_POINT] * 20


def test_pixels_are_scaled_where_that_is_said(image_model, tmp_path):
    given = ("-i", picture(tmp_path, (4, 5)), "--scale", "0.1", "--mean", "0.5", "--std", "2")
    output = run(image_model, *given)
    # (25.5 - 0.5) / 2 = 12.5 and (12.8 - 0.5) / 2 = 6.15, in steps of 0.5; -0.25 is below 0.
    assert output["values"] == [25 + ZERO_POINT, 12 + ZERO_POINT, ZERO_POINT] * 20


def test_scaling_without_an_image_is_refused(image_model, tmp_path):
    message = refused(2, "run", image_model, *BOARD, "--scale", "2")
    assert message == "error: --mean, --std, --scale: are for images: give them with --input"
    np.save(tmp_path / "x.npy", np.zeros((1, 4, 5, 3), np.int8))
    message = refused(2, "run", image_model, *BOARD, "--scale", "2", "-i", tmp_path / "x.npy")
    assert message.startswith("error: --scale, --mean, --std: are for images; ")


def sound(tmp_path, samples, width=2):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(16000)
        file.writeframes(np.asarray(samples, f"<i{width}").tobytes())
    return tmp_path / "x.wav"


def test_sound_is_real_within_one_and_padded_by_silence(sound_model, tmp_path):
    path = sound(tmp_path, [0, 16384, -16384, 32767, -256])
    output = run(sound_model, "-i", path)
    # Of 32,768, in steps of 1/128: 64, 64, 127.996 to the greatest, 1.
    assert output["values"] == [0, 64, 64, 127, 1] + [0] * 11
    outcome = succeeded("run", sound_model, *BOARD, "-i", path)
    assert "input: 5 samples at 16000 Hz, then silence" in outcome.stdout


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_a_broken_sound_is_refused(sound_model, tmp_path, content):
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert re.search(r"is no .wav file: \w+", refused(2, "run", sound_model, *BOARD, "-i", path))


def test_sound_of_another_width_is_refused(sound_model, tmp_path):
    message = refused(2, "run", sound_model, *BOARD, "-i", sound(tmp_path, [1, 2], width=4))
    assert "x.wav: has 32 bits a sample, not 16\n  hint: convert it: `ffmpeg " in message


def test_labels_name_the_best_five(sound_model, tmp_path):
    (tmp_path / "names.txt").write_text("".join(f"word {i}\n" for i in range(16)))
    path = sound(tmp_path, [100, 16384, -8192, 32767, -256, 4096, 2048])
    labels = ("--labels", tmp_path / "names.txt")
    outcome = succeeded("run", sound_model, *BOARD, "-i", path, *labels)
    best = [line.split() for line in outcome.stdout.splitlines() if line.startswith("word ")]
    assert [(name, value) for _, name, value in best] == [
        ("3", "0.99219"), ("1", "0.5"), ("2", "0.25"), ("5", "0.125"), ("6", "0.0625"),
    ]  # fmt: skip


def test_labels_of_another_number_are_refused(sound_model, tmp_path):
    (tmp_path / "names.txt").write_text("one\ntwo\n")
    message = refused(2, "run", sound_model, *BOARD, "--labels", tmp_path / "names.txt")
    assert message.endswith("names.txt: has 2 names, the output 16 values")
