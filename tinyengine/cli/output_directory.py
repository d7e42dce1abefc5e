"""Write an output directory whole or not at all, and never over somebody else's files."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tinyengine.errors import UsageError


@contextmanager
def output_directory(target: Path) -> Iterator[Path]:
    """Give a staging directory that becomes `target` if the block ends well.

    An existing `target` is replaced only if it is empty or an earlier output (it holds a
    report.json). Otherwise, or if it is a file: UsageError.
    """
    _refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        staging.chmod(0o755)
        yield staging
        _refuse_foreign(target)
        if target.exists():
            shutil.rmtree(target)
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def write_tree(directory: Path, tree: Mapping[str, str]) -> None:
    """Write the files of `tree` below `directory`."""
    for name, text in sorted(tree.items()):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _refuse_foreign(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(str(target), "is a file, not a directory")
    names = sorted(path.name for path in target.iterdir())
    if names and "report.json" not in names:
        raise UsageError(
            str(target),
            f"exists and holds files that are not ours ({', '.join(names[:3])})",
            hint="choose another directory with -o",
        )
