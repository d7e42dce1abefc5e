"""Find the data folders (templates, C runtime, boards) in a checkout or an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

INCLUDE_FOLDERS = ("include", "src/shared")
"""Where the runtime's sources look for headers that are not beside them, in the runtime folder.

`include` declares the kernels, `src/shared` has what kernels of several folders are made of. What
is emitted stands in one folder.
"""

DUAL_FOLDER = "src/dual"
"""Headers with the loops of cores that issue two instructions at a time. They go before those of
the same name in `SINGLE_FOLDER`, where those that have one schedule only are."""

SHORT_FOLDER = "src/short"
"""Headers that make loops short, for small caches of code; they go before those of `SINGLE_FOLDER`,
too."""

SINGLE_FOLDER = "src/dsp"


def _folder(name: str) -> Path:
    """Give the data folder or file `name`: beside the package, or inside it in a wheel."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name


def templates_dir() -> Path:
    """Give the folder of the Jinja2 templates."""
    return _folder("codegen_templates")


def runtime_dir() -> Path:
    """Give the folder of the C runtime: `include/`, `src/` by kind of kernel, `firmware/`."""
    return _folder("runtime_c")


def boards_dir() -> Path:
    """Give the folder that holds one folder per board."""
    return _folder("boards")


def license_text() -> str:
    """Give the licence of the runtime, and of what is generated: Apache-2.0."""
    return _folder("LICENSE").read_text(encoding="utf-8")
