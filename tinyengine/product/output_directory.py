"""Write an output directory whole or not at all, and never over somebody else's files.

A directory that is there keeps its place, be it a mount point or where a shell stands: its content
is replaced. Who looks for its record, `report.json`, meanwhile finds the old output, none, or the
new one.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tinyengine.errors import UsageError
from tinyengine.files import read_bytes, write_bytes

REPORT = "report.json"

_STAGING = ".tinyengine-"
_NEW, _OLD = "new", "old"
_MOST_REPORT_NBYTES = 64 << 20
_MOST_FILE_NBYTES = 256 << 20
_SHOWN = 3

_MADE = re.compile(r"report\.html$|build/.*\.(o|d|su)$")
"""What `tinyengine report` and the output's own Makefile add to it."""

_BUILT = frozenset({"firmware.elf", "firmware.bin", "firmware.map"})
"""What that Makefile makes again: other bytes in these are nobody's work."""

_ALWAYS = re.compile(
    r"Makefile|CMakeLists\.txt|report\.(json|html)|firmware\.(elf|bin|map)"
    r"|te/\w+\.[ch]|firmware/\w+\.[ch]|firmware/link\.ld|firmware/libc/string\.h",
    re.ASCII,
)
"""What is written for any model: nothing else is ours, whatever a report lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The file that lists an output's `files` and `digests`, by which a later one knows them.

    `is_ours(file, model)` tells whether a listed name is one that is written for `model`: a record
    may come from anybody. `made` matches what is made from the output, in its folder `build` too;
    `built` are files of ours that are made again, so that other bytes in them are nobody's work.
    """

    name: str
    is_ours: Callable[[str, str], bool]
    made: re.Pattern[str]
    built: frozenset[str] = frozenset()


def _is_compiled(name: str, model: str) -> bool:
    """Tell whether a file has the name of one that `compile` writes for `model`."""
    if _ALWAYS.fullmatch(name):
        return True
    return (
        model.isidentifier()
        and name.rpartition(".")[0] in (model, f"{model}_weights")
        and (name.endswith((".c", ".h")))
    )


COMPILED = Record(
    name=REPORT, is_ours=_is_compiled, made=_MADE, built=_BUILT | {REPORT, "report.html"}
)
"""That of what `compile` writes."""


@contextmanager
def output_directory(
    target: Path, *, force: bool = False, record: Record = COMPILED
) -> Iterator[Path]:
    """Give a staging directory that becomes `target` if the block ends well.

    An existing `target` is replaced only if it is empty or an earlier output: all its files are
    in the list of its record, or made from them, and, unless by `force`, still as they were
    written. Otherwise, or if it is a file: UsageError.
    """
    refuse_others(target, force, record)
    place = target.resolve()
    is_there = place.is_dir()
    with (
        _replaced(place, target, force, record) if is_there else _created(place, record) as staging
    ):
        yield staging


@contextmanager
def _created(place: Path, record: Record) -> Iterator[Path]:
    """Stage beside `place`, which is not there, and rename."""
    created = [folder for folder in place.parents if not folder.exists()]
    place.parent.mkdir(parents=True, exist_ok=True)
    staging = _staged(f".{place.name}.", place.parent, place)
    try:
        staging.chmod(0o755)
        yield staging
        if place.exists():  # by now
            with _replaced(place, place, False, record) as inside:
                _move_all(staging, inside)
            staging.rmdir()
        else:
            staging.rename(place)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for folder in created:
            with suppress(OSError):
                folder.rmdir()
        raise


def _staged(prefix: str, folder: Path, target: Path) -> Path:
    """Make a folder of its own in `folder`; what fails is told of `target`."""
    try:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


@contextmanager
def _replaced(place: Path, target: Path, force: bool, record: Record) -> Iterator[Path]:
    """Stage in `place`, whose parent may be another file system, and replace the content."""
    staging = _staged(_STAGING, place, target)
    try:
        with _locked(staging):
            (staging / _NEW).mkdir()
            (staging / _OLD).mkdir()
            yield staging / _NEW
            with _locked(place):
                refuse_others(target, force, record)
                _swap(place, staging, record)
                for left in _leftovers(place):
                    shutil.rmtree(left, ignore_errors=True)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _swap(place: Path, staging: Path, record: Record) -> None:
    """Move the content of `place` aside and the new one in; the record goes first, comes last.

    Whatever fails, or interrupts it, the old content is back.
    """
    old, new = staging / _OLD, staging / _NEW

    def comes_last(path: Path) -> bool:
        """Tell whether a path is the record."""
        return path.name == record.name

    leaving = [path for path in place.iterdir() if not _is_staging(path)]
    moves = [(path, old / path.name) for path in sorted(leaving, key=comes_last, reverse=True)]
    moves += [(path, place / path.name) for path in sorted(new.iterdir(), key=comes_last)]
    with ExitStack() as undo:
        for source, to in moves:
            undo.callback(_move_back, to, source)
            source.rename(to)
        undo.pop_all()


def _move_all(source: Path, to: Path) -> None:
    for path in list(source.iterdir()):
        path.rename(to / path.name)


def _move_back(moved: Path, source: Path) -> None:
    """Undo a move, which may not have happened."""
    if not os.path.lexists(source):
        moved.rename(source)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the directory's lock, where its file system has locks."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _leftovers(place: Path) -> list[Path]:
    """Give the staging directories of processes that were killed: nobody has their locks."""
    found = []
    for path in filter(_is_staging, sorted(place.glob(f"{_STAGING}*"))):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append(path)
        os.close(handle)
    return found


def _is_staging(path: Path) -> bool:
    """Tell whether a path is a staging directory, by its name and by what is in it."""
    if not path.name.startswith(_STAGING) or path.is_symlink() or not path.is_dir():
        return False
    return {each.name for each in islice(path.iterdir(), 3)} <= {_NEW, _OLD}


def write_tree(directory: Path, tree: Mapping[str, str | bytes]) -> None:
    """Write the files of `tree` below `directory`.

    Raises:
        OSError: it names the file that failed.
        UsageError: a link stands where a file or a folder of the tree would.
    """
    for name, content in sorted(tree.items()):
        path = directory / name
        for folder in path.relative_to(directory).parents:
            if folder != Path() and (directory / folder).is_symlink():
                raise UsageError(str(directory / folder), "is a link", "remove it")
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode("utf-8") if isinstance(content, str) else content
        write_bytes(path, data, follow=False)


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


def digests_of(directory: Path, files: Sequence[str]) -> list[str]:
    """Give the SHA-256 of each file, by which edits are noticed.

    It is empty for what is built again, and for the report, which holds it.
    """
    return ["" if name in _BUILT or name == REPORT else _digest(directory / name) for name in files]


def _digest(path: Path) -> str:
    return hashlib.sha256(read_bytes(path, _MOST_FILE_NBYTES)).hexdigest()


def refuse_others(target: Path, force: bool, record: Record = COMPILED) -> None:
    """Raise UsageError where `target` holds what is not ours, or not as we have written it."""
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(str(target), "is a file, not a directory")
    ours = _written_by_us(target, record)
    foreign = sorted(islice(_foreign(target, ours, record), _SHOWN))
    if foreign:
        raise UsageError(
            str(target),
            f"exists and holds files that are not ours ({', '.join(foreign)})",
            hint="choose another directory with -o",
        )
    edited = [] if force else [n for n, told in ours.items() if _is_edited(target, n, told, record)]
    if edited:
        more = f" and {len(edited) - _SHOWN} more" if len(edited) > _SHOWN else ""
        raise UsageError(
            str(target),
            f"holds files that were edited ({', '.join(sorted(edited)[:_SHOWN])}{more})",
            hint="--force overwrites them; -o chooses another directory",
        )


def _foreign(target: Path, ours: Collection[str], record: Record) -> Iterator[str]:
    """Give what is not ours in `target`; other folders than ours are not looked into."""
    folders = {parent.as_posix() for name in ours for parent in Path(name).parents}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(target / folder) as entries:
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if name in folders or (ours and f"{name}/".startswith("build/")):
                        waiting.append(f"{name}/")
                    elif folder or not _is_staging(target / name):
                        yield f"{name}/"
                elif name not in ours and not (ours and record.made.match(name)):
                    yield name


def _is_edited(target: Path, name: str, digests: Collection[str], record: Record) -> bool:
    """Tell whether a file of ours is there, but as none of `digests` says."""
    path = target / name
    if name in record.built or not os.path.lexists(path):
        return False
    try:
        return path.is_symlink() or _digest(path) not in digests
    except OSError:  # no file any more, or a huge one
        return True


def _written_by_us(target: Path, record: Record) -> Mapping[str, Collection[str]]:
    """Give the files that records of earlier outputs list, with their digests.

    Those are the output that stands there, and one whose replacement was killed half-way: then
    there are files of both, and either's digest will do.
    """
    records = [target / record.name]
    for left in _leftovers(target):
        records += [left / _OLD / record.name, left / _NEW / record.name]
    ours: dict[str, set[str]] = {}
    for path in records:
        for name, digest in _listed(path, record).items():
            ours.setdefault(name, set()).add(digest)
    return ours


def _listed(path: Path, record: Record) -> Mapping[str, str]:
    """Give the files of ours that a record lists, and their digests; none where there is none.

    It may come from anybody: a name that we would not write is passed over.
    """
    try:
        report = json.loads(read_bytes(path, _MOST_REPORT_NBYTES))
        files, digests = report["files"], report.get("digests", [])
        model = report.get("model", {}).get("name", "")
        whole = digests if len(digests) == len(files) else [""] * len(files)
        pairs = zip(map(str, files), map(str, whole), strict=True)
        return {name: digest for name, digest in pairs if record.is_ours(name, model)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def is_below(name: str) -> bool:
    """Tell whether a path of a list of files stays in the list's directory."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and len(name) <= 255 * 2
