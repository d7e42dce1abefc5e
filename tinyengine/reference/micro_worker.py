"""Run TensorFlow Lite Micro's interpreter in a process of its own, which it may take down with it.

    python -P micro_worker.py GIVEN.npz RESULTS.npz OUTPUTS

GIVEN has the file as `model`, the number of steps as `steps`, and the inputs as `STEP_INDEX`;
RESULTS gets the outputs of every step by the same names. What fails is told on stderr.
"""

import sys

import numpy as np
from tflite_micro import runtime

_ARENA_NBYTES = 1 << 24


def main(given: str, results: str, outputs: int) -> None:
    """Run all steps, one after the other: what is state is never reset."""
    with np.load(given) as arrays:
        model = arrays["model"].tobytes()
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=_ARENA_NBYTES)
        found = {}
        for step in range(int(arrays["steps"])):
            for name in arrays:
                of, _, index = name.partition("_")
                if of == str(step):
                    interpreter.set_input(arrays[name], int(index))
            interpreter.invoke()
            for index in range(outputs):
                found[f"{step}_{index}"] = interpreter.get_output(index)
    np.savez(results, **found)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))
