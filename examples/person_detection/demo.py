"""Show a small camera's frames to an emulated board, row by row, and tell which have a face.

The firmware takes its input as a camera delivers it: the network reads a row when it comes, and no
frame is ever held. All outputs are compared with the reference. Exits with 6 when a byte is wrong.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import tinyengine
from tinyengine.errors import TinyEngineError, WrongResultError

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from frames import held_out, pixels_of  # noqa: E402

SHADES = " .:-=+*#%@"


def picture(frame: np.ndarray) -> list[str]:
    """Give every second pixel of a frame of bytes as lines of characters."""
    small = frame[::2, ::2]
    return ["".join(SHADES[int(value) * len(SHADES) // 256] for value in row) for row in small]


def watch(board: str, count: int, output: Path) -> None:
    """Compile the model for `board`, show it `count` frames, and print what it saw."""
    model = HERE / "person.tflite"
    held = tinyengine.compile(model, board=board, output=output / "held")
    firmware = tinyengine.compile(model, board=board, output=output / "streamed", stream_input=True)
    frames, labels = held_out()
    # Faces and others by turns: the first half of those held out are faces.
    order = np.arange(len(frames)).reshape(2, -1).T.reshape(-1)[:count]
    pixels = pixels_of(frames[order, :, :, 0])
    shown = [(pixel.astype(np.int16) - 128).astype(np.int8)[None, ..., None] for pixel in pixels]
    made = firmware.infer_all([[frame] for frame in shown], compare=True)
    answers = [int(np.argmax(each.outputs[0])) for each in made]
    for left, right in zip(*(picture(pixels[index]) for index in (0, 1)), strict=True):
        print(f"    {left}    {right}")
    names = ("nobody", "a face")
    print(f"    {names[answers[0]]:24}    {names[answers[1]]}")
    right_ones = int(np.sum(np.array(answers) == labels[order]))
    exact = sum(bool(each.bit_exact) for each in made)
    print(f"frames           {count}, {right_ones} of them told rightly")
    print(f"bit-exact        {exact} of {count}")
    whole, streamed = (each.report.sram.total for each in (held, firmware))
    print(f"SRAM             {streamed:,} bytes, {whole:,} where the frame is held")
    print(f"flash            {firmware.report.flash.total:,} bytes")
    if made[-1].instructions is not None:
        print(f"instructions     {made[-1].instructions:,} for a frame")
    if exact < count:
        raise WrongResultError(str(model), f"{count - exact} of {count} frames are wrong")


def main() -> int:
    """Run the demo; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", default="stm32f746")
    parser.add_argument("--frames", type=int, default=50, choices=range(2, 51), metavar="2..50")
    parser.add_argument("--output", type=Path, default=Path("build/person_detection"))
    options = parser.parse_args()
    try:
        watch(options.board, options.frames, options.output)
    except TinyEngineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
