"""Read and write files that may be anything: devices, pipes, links, or larger than memory."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tinyengine.errors import UsageError

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


class NoFileError(OSError):
    """It is there, but no file that is read or written; `strerror` says what it is."""


@contextmanager
def open_file(path: Path, most: int) -> Iterator[BinaryIO]:
    """Open a regular file of at most `most` bytes; a device or a pipe is not even touched.

    Raises:
        NoFileError: it is something else, or larger.
        OSError: it cannot be opened.
    """
    _check(path, path.stat(), most)
    # It may have been replaced meanwhile: neither opening nor reading it may wait for anybody.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle), most)
        yield file


def read_bytes(path: Path, most: int) -> bytes:
    """Give the content of a regular file of at most `most` bytes.

    Raises:
        OSError: as `open_file`.
    """
    with open_file(path, most) as file:
        data = file.read(most + 1)
    if len(data) > most:  # files of the kernel's have no size
        raise _too_large(path, f"more than {most:,}", most)
    return data


def check_writable(path: Path, *, follow: bool = True) -> None:
    """Raise UsageError where `path` is nothing that a file can be written to: before all work.

    And OSError where there is no folder for it.

    Devices of characters are written to as they are (/dev/null). Links are followed where it was
    the user who named the path; in a directory that may come from anywhere they are refused.
    """
    if not follow and path.is_symlink():
        raise UsageError(str(path), "is a link", "remove it: nothing is written through it")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        if path.parent.is_dir():
            return
        raise OSError(error.errno, error.strerror, str(path)) from None
    except OSError:
        return  # writing it will say why it cannot be
    if not stat.S_ISREG(mode) and not stat.S_ISCHR(mode):
        raise UsageError(str(path), f"is {_kind(mode)}, not a file")


def write_bytes(path: Path, data: bytes, *, follow: bool = True) -> None:
    """Write the file `path`; without `follow` a link there is refused.

    Raises:
        OSError: it names the file, whatever failed.
        UsageError: `path` is no file.
    """
    check_writable(path, follow=follow)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        handle = os.open(path, flags | (0 if follow else os.O_NOFOLLOW), 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise UsageError(str(path), "is a link", "remove it") from None
        raise OSError(error.errno, error.strerror, str(path)) from error


def refuse_links(directory: Path, name: str) -> None:
    """Raise UsageError where `name` below `directory` is, by links, somewhere else.

    Links to what stands in the directory, and links that lead to the directory itself, are the
    user's own.
    """
    path = directory / name
    if not path.resolve().is_relative_to(directory.resolve()):
        raise UsageError(str(path), "is a link that leads out of the directory", "remove it")


def _check(path: Path, status: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NoFileError(errno.EINVAL, f"it is {_kind(status.st_mode)}, not a file", str(path))
    if status.st_size > most:
        raise _too_large(path, f"{status.st_size:,}", most)


def _too_large(path: Path, nbytes: str, most: int) -> NoFileError:
    problem = f"it has {nbytes} bytes, {most:,} is the most that is read"
    return NoFileError(errno.EFBIG, problem, str(path))


def _kind(mode: int) -> str:
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
