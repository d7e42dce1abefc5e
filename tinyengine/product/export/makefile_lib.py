"""A model as a static library that a Makefile builds, for a compiler of one's own."""

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
    files = model_package(library, "makefile_lib")
    sources = c_files(files)
    return files | {
        "Makefile": render(
            "makefile_lib/model.mk", library=library, sources=sources, runtime=RUNTIME
        ),
        "examples/self_test/main.c": render("main.c", library=library),
        f"examples/self_test/{library.name}_self_test.h": self_test(library),
    }


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    makefile = render("makefile_lib/runtime.mk", library=library, runtime=RUNTIME)
    return runtime_package(library, "makefile_lib") | {"Makefile": makefile}
