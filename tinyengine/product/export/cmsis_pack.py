"""A model as a CMSIS-Pack, for uVision, csolution projects and what else reads packs.

Source: Open-CMSIS-Pack specification 1.7.7, schema/PACK.xsd.
"""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tinyengine.errors import UsageError
from tinyengine.product.export.library import RUNTIME, Files, ModelLibrary, RuntimeLibrary
from tinyengine.product.export.sources import (
    c_files,
    model_package,
    render,
    runtime_package,
    self_test,
)

_MOST_NAME = 32
_TEMPLATE = "examples/self_test/main.c"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip file can tell: packs of the same model are the same bytes."""


def model_files(library: ModelLibrary) -> Files:
    """Give the model's package: its files, and the .pack that holds them.

    Raises:
        UsageError: the name is too long for a component.
    """
    name = library.name
    if len(name) > _MOST_NAME:
        problem = f"'{name}' is no name of a CMSIS component: {_MOST_NAME} letters are the most"
        raise UsageError("--name", problem)
    files = model_package(library, "cmsis_pack") | {
        _TEMPLATE: render("main.c", library=library),
        f"examples/self_test/{name}_self_test.h": self_test(library),
    }
    return _with_pack(library, name, library.sentence, files)


def runtime_files(library: RuntimeLibrary) -> Files:
    """Give the package of the kernels."""
    sentence = f"The kernels that models exported by tinyengine {library.version} call"
    return _with_pack(library, RUNTIME, sentence, runtime_package(library, "cmsis_pack"))


def _with_pack(
    library: ModelLibrary | RuntimeLibrary,
    name: str,
    description: str,
    files: dict[str, str | bytes],
) -> Files:
    """Give the files with their description, and all of it as a .pack."""
    is_model = isinstance(library, ModelLibrary)
    described = files | {
        f"tinyengine.{name}.pdsc": render(
            "cmsis_pack/pack.pdsc",
            library=library,
            name=name,
            description=description,
            component=name if is_model else "Runtime",
            runtime=RUNTIME,
            is_model=is_model,
            headers=[f"src/{name}.h"],
            sources=[path for path in c_files(files) if path.startswith("src/")],
            example=_TEMPLATE,
        )
    }
    return described | {f"tinyengine.{name}.{library.version}.pack": _zipped(described)}


def _zipped(files: Files) -> bytes:
    """Give a zip file of `files`, the same bytes for the same files."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            entry = ZipInfo(path, _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
