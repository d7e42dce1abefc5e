"""A model as a library of PlatformIO.

Source: PlatformIO, library.json, https://docs.platformio.org/en/latest/manifests/library-json/
"""

import json

from tinyengine.product.export.library import RUNTIME, Files, ModelLibrary, RuntimeLibrary
from tinyengine.product.export.sources import model_package, render, runtime_package, self_test


def model_files(library: ModelLibrary) -> Files:
    """Give the model's package."""
    test = f"{library.name}_self_test.h"
    more: dict[str, object] = {
        "dependencies": {RUNTIME: library.release.version},
        "examples": [
            {
                "name": "self_test",
                "base": "examples/self_test",
                "files": ["platformio.ini", "src/main.cpp", f"src/{test}"],
            }
        ],
    }
    manifest = _manifest(library, library.name, library.sentence, library.license, more)
    return model_package(library, "platformio") | {
        "library.json": manifest,
        "examples/self_test/platformio.ini": render("platformio/platformio.ini", library=library),
        "examples/self_test/src/main.cpp": render("platformio/main.cpp", library=library),
        f"examples/self_test/src/{test}": self_test(library),
    }


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    sentence = f"The kernels that models exported by tinyengine {library.version} call"
    manifest = _manifest(library, RUNTIME, sentence, "Apache-2.0", {})
    return runtime_package(library, "platformio") | {"library.json": manifest}


def _manifest(
    library: ModelLibrary | RuntimeLibrary,
    name: str,
    description: str,
    license_name: str,
    more: dict[str, object],
) -> str:
    """Give a library.json."""
    manifest = {
        "name": name,
        "version": library.version,
        "description": description,
        "keywords": ["tinyml", "neural network", "quantized", "cortex-m"],
        "authors": [{"name": "tinyengine"}],
        "license": license_name,
        "homepage": library.url,
        "frameworks": "*",
        "platforms": "*",
        "headers": f"{name}.h",
        "build": {"srcDir": "src", "includeDir": "src"},
        **more,
    }
    return json.dumps(manifest, indent=2) + "\n"
