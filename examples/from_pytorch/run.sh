#!/usr/bin/env bash
# From a PyTorch network to proven firmware: train, export, quantize, measure, compile, validate.
#
#   run.sh [FOLDER]    writes into FOLDER (build/from_pytorch); `python` and `tinyengine` are PATH's
set -euo pipefail

out=${1:-build/from_pytorch}
python "$(dirname "$0")/train.py" --output "$out"

tinyengine quantize "$out/mnist.onnx" --data "$out/calibration.npz" -o "$out/mnist_int8.tflite"
tinyengine quantize "$out/mnist.onnx" --no-data -o "$out/mnist_no_data.tflite"
tinyengine evaluate "$out/mnist.onnx" "$out/mnist_int8.tflite" "$out/mnist_no_data.tflite" \
    --data "$out/test.npz" --samples 2000
tinyengine compile "$out/mnist_int8.tflite" --board stm32f746 -o "$out/firmware"
tinyengine validate "$out/mnist_int8.tflite" --board stm32f746 --samples 5
