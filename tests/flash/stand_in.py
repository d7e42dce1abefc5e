"""Programs that are not installed: each records how it is called, and says what it is told to."""

import json
import os
import sys
from pathlib import Path

_TEXT = """\
#!{python}
import json, pathlib, re, sys
folder = pathlib.Path({folder!r})
line = " ".join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(line) + "\\n")
for pattern, code, text, copied in json.loads((folder / "answers").read_text()):
    if re.search(pattern, line):
        if copied:
            source, option = copied
            to = pathlib.Path(sys.argv[sys.argv.index(option) + 1])
            to.write_bytes(pathlib.Path(source).read_bytes())
        sys.stdout.write(text)
        sys.exit(code)
"""


class Programs:
    """A folder that is all of PATH; `answer` says what a call gets, `calls` which there were."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self._answers: list[object] = []
        folder.mkdir()
        for name in names:
            path = folder / name
            path.write_text(_TEXT.format(python=sys.executable, folder=str(folder)))
            path.chmod(0o755)
        self._write()

    def answer(
        self, pattern: str, text: str = "", *, code: int = 0, copied: tuple[Path, str] | None = None
    ) -> None:
        """Let a call that `pattern` finds say `text`.

        `copied` is a file that it copies, and the option before the path where to.
        """
        what = None if copied is None else [os.fspath(copied[0]), copied[1]]
        self._answers.append([pattern, code, text, what])
        self._write()

    def _write(self) -> None:
        (self.folder / "answers").write_text(json.dumps(self._answers))

    @property
    def calls(self) -> list[str]:
        """The command lines so far."""
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
