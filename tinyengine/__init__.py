"""Compile quantized neural networks to bit-exact, integer-only firmware for Cortex-M.

    import tinyengine

    firmware = tinyengine.compile("model.tflite", board="stm32f746")
    outputs = firmware.run(image)

`tinyengine.api` has it all; what stands here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tinyengine.version import __version__

if TYPE_CHECKING:
    from tinyengine.api import (
        Firmware,
        Inference,
        ProfileReport,
        Report,
        Verdict,
        boards,
        compile,
        explain,
        load,
        pareto,
    )
    from tinyengine.choosing import fit
    from tinyengine.delivery import export_model, flash_firmware
    from tinyengine.errors import (
        FitError,
        ModelError,
        TinyEngineError,
        ToolError,
        UsageError,
        WrongResultError,
    )
    from tinyengine.quantization import compare_models, evaluate_models, quantize_model

__all__ = [
    "Firmware",
    "FitError",
    "Inference",
    "ModelError",
    "ProfileReport",
    "Report",
    "TinyEngineError",
    "ToolError",
    "UsageError",
    "Verdict",
    "WrongResultError",
    "__version__",
    "boards",
    "compare_models",
    "compile",
    "evaluate_models",
    "explain",
    "export_model",
    "fit",
    "flash_firmware",
    "load",
    "pareto",
    "quantize_model",
]


def __getattr__(name: str) -> object:
    """Load what is asked for: importing the package itself costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'tinyengine' has no attribute '{name}'")
    value: object = getattr(import_module(_home(name)), name)
    globals()[name] = value
    return value


def _home(name: str) -> str:
    if name.endswith("Error"):
        return "tinyengine.errors"
    if name in ("export_model", "flash_firmware"):
        return "tinyengine.delivery"
    if name == "fit":
        return "tinyengine.choosing"
    return "tinyengine.quantization" if name.endswith(("_model", "_models")) else "tinyengine.api"


def __dir__() -> list[str]:
    """Give what can be asked for."""
    return sorted(__all__)
