"""Files of other formats are refused with their name and the way from there to here."""

import zipfile
from pathlib import Path

import pytest

from tests.importers.single_operators import CASES
from tinyengine.errors import ModelError
from tinyengine.importers import inspect_file, load

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(40)
PTE = b"\x20\x00\x00\x00ET12" + bytes(40)
PROTOBUF = b"\x08\x08\x12\x07pytorch" + bytes(40)


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load(path)
    with pytest.raises(ModelError):
        inspect_file(path)
    assert caught.value.exit_code == 3
    return str(caught.value)


def archive(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for member in members:
            file.writestr(member, "content")
    return path


@pytest.mark.parametrize(
    ("name", "content", "what", "way"),
    [
        ("m.h5", HDF5, "a Keras model (HDF5)", "TFLiteConverter.from_keras_model"),
        ("m.tflite", HDF5, "a Keras model (HDF5)", "TFLiteConverter.from_keras_model"),
        ("m.pte", PTE, "an ExecuTorch program", "litert_torch"),
        ("m.tflite", PTE, "an ExecuTorch program", "litert_torch"),
        ("m.pth", b"\x80\x02}q", "a file of PyTorch", "litert_torch"),
        ("m.pb", PROTOBUF, "a TensorFlow graph", "TFLiteConverter.from_saved_model"),
        ("m.safetensors", bytes(90), "a file of weights (safetensors)", "has no network"),
        ("m.bin", b"GGUF" + bytes(20), "a file of weights (GGUF)", "has no network"),
        ("m.mlmodel", PROTOBUF, "a Core ML model", "Keras or PyTorch"),
        ("M.TFLITE.GZ", b"\x1f\x8b\x08" + bytes(20), "an archive", "unpack it"),
    ],
)
def test_another_format(name: str, content: bytes, what: str, way: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    first, hint = refusal(tmp_path / name).splitlines()
    assert first == f"error: {name}: this is {what}, not a .tflite file"
    assert hint.startswith("  hint: ") and way in hint


@pytest.mark.parametrize(
    ("name", "members", "what"),
    [
        ("m.keras", ("metadata.json", "config.json", "model.weights.h5"), "a Keras model"),
        ("renamed.tflite", ("metadata.json", "config.json"), "a Keras model"),
        ("m.pt", ("m/data.pkl", "m/byteorder"), "a file of PyTorch"),
        ("m.zip", ("m/data.pkl", "m/version"), "a file of PyTorch"),
        ("m.zip", ("model.tflite",), "an archive"),
    ],
)
def test_an_archive_is_what_it_holds(
    name: str, members: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    text = refusal(archive(tmp_path / name, *members))
    assert text.splitlines()[0] == f"error: {name}: this is {what}, not a .tflite file"


def test_a_saved_model_is_a_folder_to_convert(tmp_path: Path) -> None:
    (tmp_path / "net" / "variables").mkdir(parents=True)
    (tmp_path / "net" / "saved_model.pb").write_bytes(PROTOBUF)
    first, hint = refusal(tmp_path / "net").splitlines()
    assert first == "error: net: this is a TensorFlow SavedModel, not a .tflite file"
    assert "from_saved_model" in hint


def test_a_missing_file_is_missing_whatever_its_name(tmp_path: Path) -> None:
    text = refusal(tmp_path / "no.onnx")
    assert text == f"error: {tmp_path}/no.onnx: there is no such file\n  hint: check the path"


def test_a_tflite_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(CASES[0].model())
    assert load(path).ops
