"""Hear keywords on an emulated board: ten seconds of sound, step by step, and what is made of it.

Every step gives 20 ms of sound to the firmware, which has the frames, the front end, the ring of
rows and the network in it. All outputs are compared with the reference, and with TFLite Micro's
interpreter where that is installed. Exits with 6 when a single byte is wrong.
"""

import argparse
import importlib.util
import sys
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tinyengine
from tinyengine.errors import TinyEngineError, UsageError, WrongResultError

HERE = Path(__file__).resolve().parent
LABELS = ("nothing", "something", "yes", "no", "stop", "go")
FIRST_KEYWORD = 2
RATE, STEP = 16_000, 320
SMOOTHED, MARGIN, PAUSE = 6, 4.0, 40
"""A keyword is heard where the mean of so many scores beats all others by so much; then not again
for so many steps."""

Sound = NDArray[np.int16]
Scores = NDArray[np.int8]


def read_sound(path: Path | None) -> Sound:
    """Give the samples of a .wav file, or of the words that come with the example."""
    if path is None:
        with np.load(HERE / "words.npz") as data:
            words: Sound = data["sound"]
        return words
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (RATE, 2, 1):
            raise UsageError(str(path), "is not 16-bit sound of one channel at 16 kHz")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def heard(scores: Sequence[Scores]) -> Iterator[tuple[float, str]]:
    """Give the second and the name of every keyword that the scores of all steps tell of."""
    rows = np.array(scores, np.float32)
    again = 0
    for step in range(SMOOTHED, len(rows) + 1):
        mean = rows[step - SMOOTHED : step].mean(axis=0)
        best = int(mean.argmax())
        second = np.partition(mean, -2)[-2]
        if best >= FIRST_KEYWORD and mean[best] - second >= MARGIN and step >= again:
            again = step + PAUSE
            yield step * STEP / RATE, LABELS[best]


def interpreted(model: bytes, steps: Sequence[Sound]) -> list[Scores] | None:
    """Give the scores of TFLite Micro's interpreter; None where it is not installed."""
    if importlib.util.find_spec("tflite_micro") is None:
        return None
    runtime = importlib.import_module("tflite_micro").runtime
    interpreter, scores = runtime.Interpreter.from_bytes(model, arena_size=1 << 18), []
    for step in steps:
        interpreter.set_input(step, 0)
        interpreter.invoke()
        scores.append(interpreter.get_output(0)[0].copy())
    return scores


def listen(sound: Sound, board: str, output: Path) -> None:
    """Compile the model for `board`, let it hear `sound`, and print what it understood."""
    model = HERE / "keyword.tflite"
    firmware = tinyengine.compile(model, board=board, output=output)
    whole = len(sound) // STEP
    steps = list(sound[: whole * STEP].reshape(whole, 1, STEP))
    made = firmware.infer_all([[step] for step in steps], steps=True, compare=True)
    scores = [each.outputs[0][0] for each in made]
    for second, word in heard(scores):
        print(f"{second:6.2f} s  {word}")
    expected = interpreted(model.read_bytes(), steps)
    agreeing = sum(bool(each.bit_exact) for each in made)
    print(f"steps of 20 ms   {whole}, {agreeing} of them as the numpy reference")
    if expected is not None:
        same = sum(np.array_equal(*pair) for pair in zip(scores, expected, strict=True))
        print(f"                 {same} of them as TFLite Micro's interpreter")
        agreeing = min(agreeing, same)
    sram = firmware.report.sram.total
    print(f"SRAM             {sram:,} bytes, the sound's frames and rows included")
    print(f"flash            {firmware.report.flash.total:,} bytes")
    if made[-1].instructions is not None:
        print(f"instructions     {made[-1].instructions:,} for a step")
    if agreeing < whole:
        raise WrongResultError(str(model), f"{whole - agreeing} of {whole} steps are wrong")


def main() -> int:
    """Run the demo; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", type=Path, help=".wav: 16 bits, one channel, 16 kHz")
    parser.add_argument("--board", default="stm32f746")
    parser.add_argument("--seconds", type=float, default=10.0, help="how much of it to hear")
    parser.add_argument("--output", type=Path, default=Path("build/keyword"))
    options = parser.parse_args()
    try:
        sound = read_sound(options.sound)[: int(options.seconds * RATE)]
        listen(sound, options.board, options.output)
    except TinyEngineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
