"""The ecosystems that a model can be exported to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tinyengine.board import Isa
from tinyengine.product.export import (
    arduino,
    cmake,
    cmsis_pack,
    esp_idf,
    makefile_lib,
    platformio,
    zephyr,
)
from tinyengine.product.export.library import ISAS, Files, ModelLibrary, RuntimeLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecosystem:
    """Where packages go: what makes them, and the instruction sets that its cores may have."""

    model_files: Callable[[ModelLibrary], Files]
    runtime_files: Callable[[RuntimeLibrary], Files]
    isas: tuple[Isa, ...] = ISAS


ECOSYSTEMS: Mapping[str, Ecosystem] = MappingProxyType(
    {
        "cmake": Ecosystem(model_files=cmake.model_files, runtime_files=cmake.runtime_files),
        "zephyr": Ecosystem(model_files=zephyr.model_files, runtime_files=zephyr.runtime_files),
        "arduino": Ecosystem(model_files=arduino.model_files, runtime_files=arduino.runtime_files),
        "platformio": Ecosystem(
            model_files=platformio.model_files, runtime_files=platformio.runtime_files
        ),
        "cmsis-pack": Ecosystem(
            model_files=cmsis_pack.model_files, runtime_files=cmsis_pack.runtime_files
        ),
        "esp-idf": Ecosystem(
            model_files=esp_idf.model_files,
            runtime_files=esp_idf.runtime_files,
            isas=(Isa.BASE,),
        ),
        "makefile-lib": Ecosystem(
            model_files=makefile_lib.model_files, runtime_files=makefile_lib.runtime_files
        ),
    }
)
