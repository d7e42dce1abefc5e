"""Compiles a kernel for the host under the sanitizers and the house's warning list."""

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.support import ROOT, require_tool
from tinyengine.kernels.spec import Kernel
from tinyengine.resources import INCLUDE_FOLDERS, runtime_dir

CACHE = ROOT / "build" / "host-kernels"

WARNINGS = [
    *["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla"],
    *["-Wmissing-prototypes", "-Wstrict-prototypes", "-Wcast-align", "-Wcast-qual", "-Werror"],
]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
FLAGS = ["-std=c11", "-O1", "-fPIC", *WARNINGS, *SANITIZERS]

# The system headers of the declarations, which cffi knows by itself.
SYSTEM_HEADERS = ("stdint.h", "stddef.h", "stdbool.h", "string.h", "limits.h")


def include_options() -> list[str]:
    """Give the options with which the runtime's sources find their headers."""
    return [f"-I{runtime_dir() / folder}" for folder in INCLUDE_FOLDERS]


@cache
def build(kernel: Kernel, prototype: str) -> Path:
    """Give a shared library of `kernel` alone, from the cache where nothing has changed.

    A kernel whose prototype is not `prototype` does not compile. Fails the test with the
    compiler's messages.
    """
    gcc = require_tool("gcc")
    includes = include_options()
    sources = [runtime_dir() / source for source in kernel.sources]
    for code in sources:
        assert code.is_file(), f"kernel {kernel.function} needs the file {code}"
    preprocessed = _run([gcc, "-E", *includes, *map(str, sources)])
    contract = f'#include "{kernel.header}"\n{prototype}\n'
    digest = hashlib.sha256("\0".join([preprocessed, contract, *FLAGS]).encode()).hexdigest()
    library = CACHE / f"{kernel.function}-{digest[:20]}.so"
    if library.is_file():
        return library
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        check = Path(folder) / "contract.c"
        check.write_text(contract)
        made = Path(folder) / "kernel.so"
        outcome = ["-shared", "-Wl,-z,defs", "-o", str(made)]
        _run([gcc, *FLAGS, *includes, *map(str, sources), str(check), *outcome])
        made.replace(library)
    return library


@cache
def declarations(kernel: Kernel, prototype: str) -> str:
    """Give the C declarations that cffi needs to call `kernel`: its structs and prototype."""
    with tempfile.TemporaryDirectory() as folder:
        for name in SYSTEM_HEADERS:
            (Path(folder) / name).touch()
        header = runtime_dir() / "include" / kernel.header
        include = f"-I{runtime_dir() / 'include'}"
        text = _run(
            [require_tool("gcc"), "-E", "-P", "-nostdinc", f"-I{folder}", include, str(header)]
        )
    structs = re.findall(r"typedef (?:struct|enum)\s*\w*\s*\{[^{}]*\}\s*\w+;", text)
    return "\n".join([*structs, prototype])


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout
