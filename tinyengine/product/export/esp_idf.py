"""A model as a component of ESP-IDF, whose chips compute with the portable kernels.

Source: ESP-IDF build system, and the component manager's idf_component.yml.
"""

from tinyengine.product.export.library import RUNTIME, Files, ModelLibrary, RuntimeLibrary
from tinyengine.product.export.sources import (
    c_files,
    model_package,
    render,
    runtime_package,
    self_test,
)


def model_files(library: ModelLibrary) -> Files:
    """Give the model's package."""
    files, example = model_package(library, "esp_idf"), "examples/self_test"
    return files | {
        "CMakeLists.txt": render(
            "esp_idf/component.cmake",
            sentence=library.sentence,
            sources=c_files(files),
            requires=RUNTIME,
        ),
        "idf_component.yml": render(
            "esp_idf/idf_component.yml",
            library=library,
            sentence=library.sentence,
            license=library.license,
        ),
        f"{example}/CMakeLists.txt": render(
            "esp_idf/project.cmake", library=library, runtime=RUNTIME
        ),
        f"{example}/main/CMakeLists.txt": render("esp_idf/main.cmake", library=library),
        f"{example}/main/main.c": render("esp_idf/main.c", library=library),
        f"{example}/main/{library.name}_self_test.h": self_test(library),
    }


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    files = runtime_package(library, "esp_idf")
    sentence = f"The kernels that models exported by tinyengine {library.version} call"
    return files | {
        "CMakeLists.txt": render(
            "esp_idf/component.cmake", sentence=sentence, sources=c_files(files), requires=""
        ),
        "idf_component.yml": render(
            "esp_idf/idf_component.yml", library=library, sentence=sentence, license="Apache-2.0"
        ),
    }
