"""A model as a CMake project that others add with add_subdirectory()."""

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
    files = model_package(library, "cmake")
    sources = c_files(files)
    return files | {
        "CMakeLists.txt": render(
            "cmake/model.cmake", library=library, sources=sources, runtime=RUNTIME
        ),
        "examples/self_test/main.c": render("main.c", library=library),
        f"examples/self_test/{library.name}_self_test.h": self_test(library),
    }


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    files = runtime_package(library, "cmake")
    text = render("cmake/runtime.cmake", library=library, sources=c_files(files), runtime=RUNTIME)
    return files | {"CMakeLists.txt": text}
