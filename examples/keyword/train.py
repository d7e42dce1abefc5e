"""Make the speech, train the network, quantize it, and write keyword.tflite and words.npz.

python -m venv venv && venv/bin/pip install -e . -r examples/keyword/requirements.txt
venv/bin/python examples/keyword/train.py          # needs espeak-ng
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tflite_micro import runtime

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from assemble import front_end_model, keyword_model  # noqa: E402
from front_end import CHANNELS, RATE, ROWS, STEP  # noqa: E402
from small_networks import Layer, Network, accuracy, train, write_onnx  # noqa: E402
from speech import (  # noqa: E402
    HELD_OUT_VARIANTS,
    KEYWORDS,
    LABELS,
    OTHERS,
    VARIANTS,
    Sound,
    clip_of,
    noise,
    say,
    to_int16,
    voices,
)

SEED = 11
SCALE = 1 / 512
"""What one step of a logarithm is worth at the network's input: 512 is about the loudest."""

LAYERS = (
    Layer(filters=12, kernel=5, stride=2),
    Layer(filters=20, kernel=3, stride=2),
    Layer(filters=28, kernel=3, stride=2),
)
SAMPLES = 2 * RATE
HELD_OUT_STREAM = ("hello", "yes", "music", "stop", "banana", "no", "go", "paper")
Rows = NDArray[np.float32]


class FrontEnd:
    """The front end in TFLite Micro's interpreter: the integers that the board computes, too."""

    def __init__(self) -> None:
        """Build the model once."""
        self._interpreter = runtime.Interpreter.from_bytes(front_end_model(), arena_size=1 << 18)

    def rows(self, sound: Sound) -> Rows:
        """Give the network's input [49, 40, 1] at the end of `sound`, which starts afresh."""
        samples, rows = to_int16(sound), []
        self._interpreter.reset()
        for at in range(0, len(samples) - STEP + 1, STEP):
            self._interpreter.set_input(samples[None, at : at + STEP], 0)
            self._interpreter.invoke()
            rows.append(self._interpreter.get_output(0).copy())
        return (np.array(rows[-ROWS:], np.float32) * SCALE)[:, :, np.newaxis]


def spoken(
    variants: tuple[str, ...], copies: int, rng: np.random.Generator
) -> tuple[Rows, NDArray[np.int64]]:
    """Give the network's inputs and labels of all words in all voices, each `copies` times."""
    front_end, images, labels = FrontEnd(), [], []
    for voice in voices(variants):
        for word in (*KEYWORDS * 6, *OTHERS):
            label = LABELS.index(word) if word in KEYWORDS else 1
            sound = say(word, voice, int(rng.integers(110, 210)), int(rng.integers(20, 85)))
            for _ in range(copies):
                late = bool(label > 1 and rng.random() < 0.2)
                # A keyword of which the end is still to come is none yet; what is left of another
                # word in the end of the last second is no keyword either.
                furthest = 0.35 if label > 1 or rng.random() < 0.6 else 0.9
                end = -int(0.15 * RATE) if late else int(rng.uniform(0.02, furthest) * RATE)
                clip = clip_of(sound, rng, SAMPLES + max(-end, 0), max(end, 0))[:SAMPLES]
                images.append(front_end.rows(clip))
                labels.append(1 if late else label)
        for _ in range(6 * copies):
            background = noise(rng, SAMPLES) * np.float32(10 ** rng.uniform(-4, -1))
            images.append(front_end.rows(np.clip(background, -1, 0.999)))
            labels.append(0)
    return np.array(images), np.array(labels)


def stream(rng: np.random.Generator) -> NDArray[np.int16]:
    """Give ten seconds of words in a voice that no training has heard, with gaps of noise."""
    sound = noise(rng, 10 * RATE) * np.float32(0.002)
    for index, word in enumerate(HELD_OUT_STREAM):
        voice = voices(HELD_OUT_VARIANTS)[index % 4]
        said = say(word, voice)
        at = int((0.5 + 1.15 * index) * RATE)
        sound[at : at + len(said)] += said * np.float32(0.5 / np.abs(said).max())
    return to_int16(np.clip(sound, -1, 0.999))


def main() -> None:
    """Do all of it; every step says what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--work", type=Path, default=Path("build/keyword"))
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    images, labels = spoken(VARIANTS, options.copies, rng)
    held_images, held_labels = spoken(HELD_OUT_VARIANTS, 1, rng)
    print(f"{len(images)} clips to train on, {len(held_images)} in other voices")
    network = Network(1, LAYERS, len(LABELS), SEED)
    train(network, images, labels, epochs=options.epochs, seed=SEED)
    print(f"float: {accuracy(network, images, labels):.2%} of those trained on")
    print(f"float: {accuracy(network, held_images, held_labels):.2%} of the other voices")

    onnx, int8 = options.work / "network.onnx", options.work / "network.tflite"
    write_onnx(network, (ROWS, CHANNELS, 1), onnx)
    chosen = rng.permutation(len(images))[:200]
    data = options.work / "calibration.npz"
    np.savez(data, x=images[chosen])
    command = ["tinyengine", "quantize", str(onnx), "--data", str(data), "-o", str(int8)]
    subprocess.run([sys.executable, "-m", *command], check=True)
    model = keyword_model(int8.read_bytes(), SCALE)
    (options.output / "keyword.tflite").write_bytes(model)
    np.savez(options.work / "held_out.npz", x=held_images, y=held_labels)
    np.savez_compressed(options.output / "words.npz", sound=stream(rng), words=HELD_OUT_STREAM)


if __name__ == "__main__":
    main()
