"""A model as a library of the Arduino IDE and arduino-cli.

Source: Arduino library specification, https://arduino.github.io/arduino-cli/latest/library-specification/
"""

from tinyengine.product.export.library import RUNTIME, Files, ModelLibrary, RuntimeLibrary
from tinyengine.product.export.sources import model_package, render, runtime_package, self_test


def library_name(name: str) -> str:
    """Give the name that Arduino has for a model: those that begin with "arduino" are its own."""
    return f"te_{name}" if name.lower().startswith("arduino") else name


def model_files(library: ModelLibrary) -> Files:
    """Give the model's package."""
    return model_package(library, "arduino") | {
        "library.properties": render(
            "arduino/library.properties",
            library=library,
            name=library_name(library.name),
            sentence=library.sentence,
            paragraph=f"Integers only, no heap. Its licence is {library.license}.",
            includes=f"{library.name}.h",
            depends=f"{RUNTIME} (={library.release.version})",
        ),
        "examples/self_test/self_test.ino": render("arduino/self_test.ino", library=library),
        f"examples/self_test/{library.name}_self_test.h": self_test(library),
    }


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    properties = render(
        "arduino/library.properties",
        library=library,
        name=RUNTIME,
        sentence=f"The kernels that models exported by tinyengine {library.version} call",
        paragraph="Integers only, no heap. Its licence is Apache-2.0.",
        includes=f"{RUNTIME}.h",
        depends="",
    )
    return runtime_package(library, "arduino") | {"library.properties": properties}
