"""What CI asks of a model: exact on the emulated board, and small enough for it."""

from tinyengine.pytest_plugin import CompileOnce

MODEL = "../digits/digits.tflite"  # from the folder of pytest's settings: yours here


def test_the_model_is_exact_and_fits(tinyengine_firmware: CompileOnce) -> None:
    firmware = tinyengine_firmware(MODEL, board="stm32f746")
    assert firmware.validate(samples=3).bit_exact
    assert firmware.report.sram.total <= 8 * 1024
    assert firmware.report.flash.total <= 64 * 1024
