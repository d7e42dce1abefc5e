"""Write single files, and refuse places where nothing can be written, naming them."""

import re
from pathlib import Path

from tinyengine.errors import UsageError
from tinyengine.files import write_bytes
from tinyengine.product.output_directory import refuse_files

_DUMP = re.compile(r"[0-9]+-[a-z_]+\.txt")


def write_file(path: Path, content: str | bytes) -> None:
    """Write the file `path`, which the user has named; OSError names it, whatever failed."""
    write_bytes(path, content.encode("utf-8") if isinstance(content, str) else content)


def refuse_to_overwrite(option: str, target: Path, *given: Path | None) -> None:
    """Raise UsageError where `target`, of `option`, is a file that the command reads."""
    for path in given:
        if path is not None and path.is_file() and target.exists() and target.samefile(path):
            raise UsageError(option, f"{path} would be overwritten", hint="give another name")


def refuse_foreign_dump(directory: Path) -> None:
    """Raise UsageError where `directory` cannot be one, or holds other files than a dump's."""
    refuse_files(directory)
    names = sorted(path.name for path in directory.iterdir()) if directory.exists() else []
    foreign = [name for name in names if _DUMP.fullmatch(name) is None]
    if foreign:
        raise UsageError(
            str(directory),
            f"exists and holds files that are not ours ({', '.join(foreign[:3])})",
            hint="choose another directory with --dump-ir",
        )
