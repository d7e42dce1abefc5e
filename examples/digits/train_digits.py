"""Train the digits network, quantize it to int8, and write digits.tflite and test_images.npz.

The images are scikit-learn's handwritten digits: 1797 grey images of 8x8 pixels. A fifth of them
is held out: no image in test_images.npz has been seen in training or calibration.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python train_digits.py
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
SEED = 7
WANTED_ACCURACY = 0.97
Images = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """The data set: images [N, 8, 8, 1] in [0, 1] and labels [N] in [0, 9]."""

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels


def load() -> Digits:
    """Give the digits with a fifth of each class held out, always the same one."""
    data = load_digits()
    images = (data.images / 16.0).astype(np.float32)[..., np.newaxis]
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, data.target, test_size=0.2, random_state=SEED, stratify=data.target
    )
    return Digits(
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def convolve(x: keras.KerasTensor, filters: int, kernel: int) -> keras.KerasTensor:
    """Add a convolution, a batch normalization and a ReLU."""
    x = keras.layers.Conv2D(filters, kernel, padding="same", use_bias=False)(x)
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))


def separate(x: keras.KerasTensor, filters: int, stride: int) -> keras.KerasTensor:
    """Add a depthwise 3x3 and a pointwise convolution, each normalized and rectified."""
    x = keras.layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    return convolve(x, filters, 1)


def build() -> keras.Model:
    """Give the untrained network: 4,634 parameters, normalization folded; one residual addition."""
    image = keras.Input((8, 8, 1))
    x = convolve(image, 16, 3)
    x = separate(x, 32, stride=2)
    x = keras.layers.Add()([x, separate(x, 32, stride=1)])
    x = separate(x, 48, stride=2)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(image, keras.layers.Dense(10, activation="softmax")(x))


def train(digits: Digits, epochs: int) -> keras.Model:
    """Give the trained network; the images are moved by up to one pixel as it learns."""
    model = build()
    batch = 64
    steps = epochs * -(-len(digits.train_images) // batch)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(),
    )
    move = keras.layers.RandomTranslation(0.125, 0.125, fill_mode="constant", seed=SEED)
    data = (
        tf.data.Dataset.from_tensor_slices((digits.train_images, digits.train_labels))
        .shuffle(len(digits.train_images), seed=SEED)
        .batch(batch)
        .map(lambda images, labels: (move(images, training=True), labels))
    )
    model.fit(data, epochs=epochs, verbose=0)
    return model


def quantize(model: keras.Model, images: Images) -> bytes:
    """Give `model` as an int8 TFLite file with int8 edges, its ranges calibrated on `images`."""
    image = keras.Input((8, 8, 1), batch_size=1)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[np.newaxis]] for image in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def quantize_images(interpreter: Interpreter, images: Images) -> NDArray[np.int8]:
    """Give `images` in the int8 of the network's input."""
    scale, zero_point = interpreter.get_input_details()[0]["quantization"]
    return np.clip(np.round(images / scale) + zero_point, -128, 127).astype(np.int8)


def classify(interpreter: Interpreter, images: NDArray[np.int8]) -> Labels:
    """Give the class [N] that the int8 network answers for each image [N, 8, 8, 1]."""
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    answers = []
    for image in images:
        interpreter.set_tensor(source["index"], image[np.newaxis])
        interpreter.invoke()
        answers.append(int(interpreter.get_tensor(target["index"]).argmax()))
    return np.array(answers, np.int64)


def main() -> None:
    """Train, quantize, measure on the held-out images, and write both files."""
    parser = argparse.ArgumentParser(description="Train and quantize the digits network.")
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write into")
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    digits = load()
    model = quantize(train(digits, arguments.epochs), digits.train_images[:300])
    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    images = quantize_images(interpreter, digits.test_images)
    accuracy = float((classify(interpreter, images) == digits.test_labels).mean())
    print(f"int8 accuracy on {len(images)} held-out images: {accuracy:.2%}")
    if accuracy < WANTED_ACCURACY:
        raise SystemExit(f"below {WANTED_ACCURACY:.0%}: nothing written")
    (arguments.output / "digits.tflite").write_bytes(model)
    np.savez_compressed(
        arguments.output / "test_images.npz",
        images=images,
        labels=digits.test_labels.astype(np.uint8),
    )


if __name__ == "__main__":
    main()
