"""Train the network, quantize it, and write person.tflite.

python -m venv venv && venv/bin/pip install -e . -r examples/person_detection/requirements.txt
venv/bin/python examples/person_detection/train.py
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from frames import SIZE, held_out, varied  # noqa: E402
from small_networks import Layer, Network, accuracy, train, write_onnx  # noqa: E402

SEED = 3
LAYERS = (
    Layer(filters=8, kernel=3, stride=2),
    Layer(filters=12, kernel=3, stride=2),
    Layer(filters=20, kernel=3, stride=2),
    Layer(filters=32, kernel=3, stride=2),
)


def main() -> None:
    """Do all of it; every step says what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--work", type=Path, default=Path("build/person_detection"))
    parser.add_argument("--times", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    images, labels = varied(options.times, rng)
    network = Network(1, LAYERS, 2, SEED)
    train(network, images, labels, epochs=options.epochs, seed=SEED)
    print(f"float: {accuracy(network, images, labels):.2%} of those trained on")
    print(f"float: {accuracy(network, *held_out()):.2%} of those held out")

    onnx, data = options.work / "person.onnx", options.work / "calibration.npz"
    write_onnx(network, (SIZE, SIZE, 1), onnx)
    # A byte of the camera less 128 is the input: the scale is 1/255.
    ends = np.stack([np.zeros_like(images[0]), np.ones_like(images[0])])
    chosen = np.concatenate([ends, images[rng.permutation(len(images))[:198]]])
    np.savez(data, x=chosen)
    model = str(options.output / "person.tflite")
    command = ["tinyengine", "quantize", str(onnx), "--data", str(data), "-o", model]
    subprocess.run([sys.executable, "-m", *command], check=True)


if __name__ == "__main__":
    main()
