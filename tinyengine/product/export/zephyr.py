"""A model as a module of Zephyr.

Source: Zephyr, "Modules (External projects)", and the schema in scripts/zephyr_module.py.
"""

from tinyengine.product.export.library import RUNTIME, Files, ModelLibrary, RuntimeLibrary
from tinyengine.product.export.sources import (
    c_files,
    model_package,
    render,
    runtime_package,
    self_test,
)

_SAMPLE = "samples/self_test"


def model_files(library: ModelLibrary) -> Files:
    """Give the model's package."""
    files, name = model_package(library, "zephyr"), library.name
    return files | {
        "zephyr/module.yml": render(
            "zephyr/module.yml", name=name, depends=RUNTIME, samples=_SAMPLE
        ),
        "zephyr/Kconfig": render(
            "zephyr/Kconfig", name=f"tinyengine_{name}", prompt=library.sentence, selects=RUNTIME
        ),
        "zephyr/CMakeLists.txt": render(
            "zephyr/model.cmake", library=library, sources=c_files(files)
        ),
        f"{_SAMPLE}/CMakeLists.txt": render(
            "zephyr/sample.cmake", library=library, runtime=RUNTIME
        ),
        f"{_SAMPLE}/prj.conf": f"CONFIG_TINYENGINE_{name.upper()}=y\nCONFIG_PRINTK=y\n",
        f"{_SAMPLE}/sample.yaml": render("zephyr/sample.yaml", library=library),
        f"{_SAMPLE}/src/main.c": render("zephyr/main.c", library=library),
        f"{_SAMPLE}/src/{name}_self_test.h": self_test(library),
    }


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    files = runtime_package(library, "zephyr")
    prompt = f"Kernels of models exported by tinyengine {library.version}"
    return files | {
        "zephyr/module.yml": render("zephyr/module.yml", name=RUNTIME, depends="", samples=""),
        "zephyr/Kconfig": render("zephyr/Kconfig", name=RUNTIME, prompt=prompt, selects=""),
        "zephyr/CMakeLists.txt": render(
            "zephyr/runtime.cmake", library=library, sources=c_files(files), runtime=RUNTIME
        ),
    }
