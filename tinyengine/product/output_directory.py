"""Write an output directory whole or not at all, and never over somebody else's files."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tinyengine.errors import UsageError

REPORT = "report.json"


@contextmanager
def output_directory(target: Path) -> Iterator[Path]:
    """Give a staging directory that becomes `target` if the block ends well.

    An existing `target` is replaced only if it is empty or an earlier output: all its files are
    in the list of its report.json, or made from them. Otherwise, or if it is a file: UsageError.
    """
    _refuse_foreign(target)
    place = target.resolve()
    created = [folder for folder in place.parents if not folder.exists()]
    place.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        staging.chmod(0o755)
        yield staging
        _refuse_foreign(target)
        _replace(place, staging)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for folder in created:
            with suppress(OSError):
                folder.rmdir()
        raise


def _replace(place: Path, staging: Path) -> None:
    """Give `staging` the name `place`; what stood there stays until it is done."""
    if place.exists():
        old = place.rename(f"{staging}.old")
        try:
            staging.rename(place)
        except OSError:
            old.rename(place)
            raise
        shutil.rmtree(old)
    else:
        staging.rename(place)


def write_tree(directory: Path, tree: Mapping[str, str]) -> None:
    """Write the files of `tree` below `directory`; OSError names the file that failed."""
    for name, text in sorted(tree.items()):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error


def files_below(directory: Path) -> list[str]:
    """Give the files below `directory`, relative to it, sorted."""
    paths = (path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(directory).as_posix() for path in paths)


def refuse_files(directory: Path) -> None:
    """Raise UsageError where `directory`, or a folder that it is to stand in, is a file.

    Neither may its path have line ends, which no Makefile can have in a command.
    """
    if re.search(r"[\r\n]", str(directory.absolute())):
        raise UsageError(str(directory), "has a line end in its path: nothing can be built there")
    for path in (directory, *directory.parents):
        if path.exists() and not path.is_dir():
            raise UsageError(str(path), "is a file, not a directory")


def _refuse_foreign(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(str(target), "is a file, not a directory")
    ours = _written_by_us(target)
    foreign = [name for name in files_below(target) if name not in ours and not _MADE.match(name)]
    if foreign:
        raise UsageError(
            str(target),
            f"exists and holds files that are not ours ({', '.join(foreign[:3])})",
            hint="choose another directory with -o",
        )


_MADE = re.compile(r"report\.html$|build/.*\.(o|d|su)$")
"""What `tinyengine report` and the output's own Makefile add to it."""


def _written_by_us(target: Path) -> frozenset[str]:
    """Give the files that the report of an earlier output lists; none where there is no report."""
    try:
        files = json.loads((target / REPORT).read_text(encoding="utf-8"))["files"]
        return frozenset(str(name) for name in files)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
