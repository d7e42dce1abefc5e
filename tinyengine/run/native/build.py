"""Our C code that runs on the host: built by its compiler, and kept in the user's cache."""

import hashlib
import os
import platform
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tinyengine.errors import ToolError

_FOLDER = Path(__file__).parent
_SHARED_HEADERS = (_FOLDER / "cache.h", _FOLDER / "edges.h")
_FLAGS = ("-O2", "-shared", "-fPIC", "-std=c11")
_COMPILE_SECONDS = 60


@contextmanager
def built_library(name: str, *defines: str) -> Iterator[Path]:
    """Give the library of `name`.c beside this file, built with the macros `defines`.

    It is built once, then taken from the cache; where that cannot be written it is gone after the
    block.

    Raises:
        ToolError: no C compiler, or it failed.
    """
    source, flags = _FOLDER / f"{name}.c", (*_FLAGS, *(f"-D{define}" for define in defines))
    text = b"".join(path.read_bytes() for path in (source, *_SHARED_HEADERS))
    key = hashlib.sha256(text + " ".join(flags).encode()).hexdigest()[:16]
    folder = _private_folder()
    cached = folder / f"{name}-{platform.machine()}-{key}.so" if folder else None
    if cached is not None and _is_sound(cached):
        yield cached
        return
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch, f"{name}.so")
        _compile(source, built, flags)
        if cached is not None:
            _store(built, cached)
        yield built


def _is_sound(path: Path) -> bool:
    """Tell whether a library is there whole, and ours: one that is not is built again."""
    try:
        if not _is_ours(path.lstat(), stat.S_ISREG):
            return False
        with path.open("rb") as file:
            elf = ELFFile(file)
            last = elf.num_sections() - 1
            return last > 0 and elf.get_section(last).name != ""
    except (OSError, ELFError, ValueError, KeyError, IndexError, AttributeError):
        return False


def _private_folder() -> Path | None:
    """Give the folder of the cache; None where somebody else could put a library there.

    What stands in it is loaded into this process: it must be ours, and nobody else may write to
    it, or put another one in its place.
    """
    root = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path(root) if Path(root).is_absolute() else Path("~/.cache").expanduser()
        folder = home / "tinyengine"
        if folder.is_symlink() or (folder.exists() and not _is_ours(folder.stat(), stat.S_ISDIR)):
            return None
        above = [parent.stat() for parent in folder.resolve().parents if parent.exists()]
    except (OSError, RuntimeError):  # a folder that we cannot see, or no home
        return None
    return folder if all(_keeps_names(status) for status in above) else None


def _is_ours(status: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Tell whether it is of that kind, and only we can write to it."""
    shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return is_kind(status.st_mode) and status.st_uid == os.geteuid() and not shared


def _keeps_names(status: os.stat_result) -> bool:
    """Tell whether nobody but us and root can rename what stands in a folder."""
    shared = status.st_mode & stat.S_IWOTH or (
        status.st_mode & stat.S_IWGRP and status.st_gid not in (0, os.getegid())
    )
    return status.st_uid in (0, os.geteuid()) and (
        not shared or bool(status.st_mode & stat.S_ISVTX)
    )


def _compile(source: Path, target: Path, flags: tuple[str, ...]) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise ToolError("cc", "no C compiler to count instructions with", "apt-get install gcc")
    command = [compiler, *flags, "-o", str(target), str(source)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_COMPILE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(compiler, f"cannot build the instruction counter: {error}") from None
    if done.returncode != 0:
        raise ToolError(
            compiler,
            "cannot build the instruction counter",
            details=done.stderr.strip().splitlines()[:10],
        )


def _store(built: Path, cached: Path) -> None:
    """Copy into the cache by an atomic rename; a cache that cannot be written is no error."""
    with suppress(OSError):
        cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=cached.parent)
        os.close(handle)
        try:
            shutil.copyfile(built, name)
            Path(name).replace(cached)
        finally:
            Path(name).unlink(missing_ok=True)
