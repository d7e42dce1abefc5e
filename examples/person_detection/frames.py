"""Frames of a small camera, 48 by 48 grey pixels: those with a face, and those without.

They are scikit-image's selection of "Labeled Faces in the Wild", 100 of each of 25 by 25 pixels,
which comes with the package; the camera has a pixel between any two. Every fourth is held out.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.data import lfw_subset

SIZE, CROP = 48, 24
FACES = 100

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def held_out() -> tuple[Floats, Labels]:
    """Give frames [50, 48, 48, 1] in [0, 1] that no training has seen; 1 is a face."""
    images, labels = _all()
    return _magnified(images[::4, :CROP, :CROP]), labels[::4]


def varied(times: int, rng: np.random.Generator) -> tuple[Floats, Labels]:
    """Give the other frames `times` over: moved, mirrored, in other light, each time another."""
    images, labels = _all()
    kept = np.arange(len(images)) % 4 != 0
    images, labels = np.tile(images[kept], (times, 1, 1, 1)), np.tile(labels[kept], times)
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    frames = np.empty((len(images), CROP, CROP, 1), np.float32)
    for index, image in enumerate(padded):
        top, left = rng.integers(0, image.shape[0] - CROP + 1, 2)
        frame = image[top : top + CROP, left : left + CROP]
        frame = frame[:, ::-1] if rng.random() < 0.5 else frame
        light, contrast = rng.uniform(-0.15, 0.15), rng.uniform(0.7, 1.3)
        frames[index] = np.clip((frame - 0.5) * contrast + 0.5 + light, 0, 1)
    return _magnified(frames), labels


def pixels_of(frames: Floats) -> NDArray[np.uint8]:
    """Give frames as a camera has them: bytes."""
    return np.round(frames * 255).astype(np.uint8)


def _magnified(images: Floats) -> Floats:
    """Give a pixel more after each, half-way to the next one."""
    for axis in (1, 2):
        following = np.roll(images, -1, axis)
        last = [np.s_[:]] * 4
        last[axis] = np.s_[-1:]
        following[tuple(last)] = images[tuple(last)]
        pairs = np.stack([images, (images + following) / 2], axis=axis + 1)
        shape = list(images.shape)
        shape[axis] *= 2
        images = pairs.reshape(shape)
    return images


def _all() -> tuple[Floats, Labels]:
    images = np.asarray(lfw_subset(), np.float32)[..., np.newaxis]
    return images, (np.arange(len(images)) < FACES).astype(np.int64)
