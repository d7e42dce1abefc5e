"""Find the programs that build firmware: gcc as named, on PATH or from its wheel, else clang."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tinyengine.board.target import Toolchain
from tinyengine.errors import ToolError

CROSS = "CROSS"
"""The environment variable that names a toolchain, as `make` and `--toolchain` do."""

_CLANG = "clang"
_NEEDED = ("gcc", "objcopy")
_CLANG_NEEDED = ("clang", "ld.lld", "llvm-objcopy")
_CLANG_PACKAGES = "clang lld llvm"


class Origin(Enum):
    """Where a toolchain comes from, in the order in which they are looked for."""

    NAMED = f"named by {CROSS} or --toolchain"
    PATH = "on PATH"
    WHEEL = "from the Python package"
    CLANG = "clang on PATH, since there is no gcc for the board"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """A compiler that also links, and the objcopy that goes with it: paths of programs.

    `package` is the Python package that brought them, empty where none did.
    """

    compiler: str
    objcopy: str
    origin: Origin
    is_clang: bool
    package: str = ""

    @property
    def name(self) -> str:
        """The compiler's file name."""
        return Path(self.compiler).name

    @property
    def why(self) -> str:
        """Why it is these."""
        return f"{self.origin.value} {self.package}".rstrip()


def find_tools(toolchain: Toolchain) -> Tools:
    """Give the programs that build for a target of `toolchain`: the first that are complete.

    Raises:
        ToolError: there are none, or those that are named are not there.
    """
    named = os.environ.get(CROSS, "")
    if named:
        return _named(named)
    for tools in _candidates(toolchain):
        return tools
    missing = [name for name in _programs(toolchain) if shutil.which(name) is None]
    packages = sorted({*(toolchain.packages[n] for n in _NEEDED if _lacks(toolchain, n))})
    raise ToolError(
        ", ".join(missing),
        "not found; needed to build firmware",
        hint=f"on Debian or Ubuntu: apt-get install {' '.join(packages)}; without root, on "
        "Python 3.12 or newer: pip install 'tinyengine[toolchain]'",
    )


def _programs(toolchain: Toolchain) -> tuple[str, ...]:
    return tuple(toolchain.program(name) for name in _NEEDED)


def _lacks(toolchain: Toolchain, name: str) -> bool:
    return shutil.which(toolchain.program(name)) is None


def _candidates(toolchain: Toolchain) -> Iterator[Tools]:
    """Give the complete toolchains that are not named, best first."""
    found = tuple(shutil.which(program) for program in _programs(toolchain))
    if found[0] and found[1]:
        yield Tools(compiler=found[0], objcopy=found[1], origin=Origin.PATH, is_clang=False)
    folder = wheel_folder(toolchain)
    if folder is not None and toolchain.wheel is not None:
        gcc, objcopy = (str(folder / program) for program in _programs(toolchain))
        yield Tools(
            compiler=gcc,
            objcopy=objcopy,
            origin=Origin.WHEEL,
            is_clang=False,
            package=toolchain.wheel.package,
        )
    clang, linker, objcopy_of_llvm = (shutil.which(name) for name in _CLANG_NEEDED)
    if clang and linker and objcopy_of_llvm:
        yield Tools(compiler=clang, objcopy=objcopy_of_llvm, origin=Origin.CLANG, is_clang=True)


def wheel_folder(toolchain: Toolchain) -> Path | None:
    """Give the folder of the programs in the toolchain's wheel, None where it is not installed."""
    if toolchain.wheel is None:
        return None
    spec = importlib.util.find_spec(toolchain.wheel.module)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "toolchain" / "bin"
    return folder if folder.is_dir() else None


def _named(text: str) -> Tools:
    """Give what a user names: `clang`, or what stands before `gcc` in the names of the programs."""
    is_clang = Path(text).name.startswith(_CLANG)
    names = (text, "llvm-objcopy") if is_clang else tuple(f"{text}{each}" for each in _NEEDED)
    found = [shutil.which(str(Path(name).expanduser())) for name in names]
    missing = [name for name, path in zip(names, found, strict=True) if path is None]
    if is_clang and shutil.which("ld.lld") is None:
        missing.append("ld.lld")
    if missing:
        packages = f"apt-get install {_CLANG_PACKAGES}"
        example = f"write what comes before 'gcc', like {CROSS}=/opt/arm/bin/arm-none-eabi-"
        raise ToolError(
            ", ".join(missing),
            f"not found; {CROSS} or --toolchain names it",
            hint=packages if is_clang else example,
        )
    compiler, objcopy = (path for path in found if path is not None)
    return Tools(compiler=compiler, objcopy=objcopy, origin=Origin.NAMED, is_clang=is_clang)
