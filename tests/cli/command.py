"""Run the command line inside the test's process, and look at what it said."""

import io
import json
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyengine.cli import make_app
from tinyengine.kernels.registry import KERNELS

app = make_app()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended: its exit code and all that it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def message(self) -> str:
        """What stands on stderr from `error:` on, without what told of the progress."""
        start = self.stderr.find("error: ")
        assert start >= 0, f"no error on stderr, exit code {self.code}: {self.stderr}"
        return self.stderr[start:].rstrip("\n")

    def json(self) -> dict[str, Any]:
        """Read stdout, which must be one JSON object and nothing else."""
        value = json.loads(self.stdout)
        assert isinstance(value, dict), f"a {type(value)}"
        return value


def tinyengine(*arguments: object) -> Outcome:
    """Run `tinyengine` with `arguments` and give what came of it; it may not raise."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            app([str(argument) for argument in arguments], prog_name="tinyengine")
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int), f"exit code {code!r}"
    outcome = Outcome(code=code, stdout=out.getvalue(), stderr=err.getvalue())
    assert "Traceback" not in outcome.stderr, outcome.stderr
    assert "internal error" not in outcome.stderr, outcome.stderr
    return outcome


def refused(code: int, *arguments: object) -> str:
    """Run a command that must end with exit code `code`; give its message from `error:` on."""
    outcome = tinyengine(*arguments)
    assert outcome.code == code, f"exit code {outcome.code}: {outcome.stdout}{outcome.stderr}"
    return outcome.message


def succeeded(*arguments: object) -> Outcome:
    """Run a command that must succeed."""
    outcome = tinyengine(*arguments)
    assert outcome.code == 0, f"exit code {outcome.code}: {outcome.stderr}"
    return outcome


def path_without(directory: Path, *programs: str) -> str:
    """Fill `directory` with links to every program there is but `programs`; give it as a PATH."""
    directory.mkdir()
    folders = [sys.prefix + "/bin", *os.environ["PATH"].split(os.pathsep)]
    for folder in folders:
        for path in sorted(Path(folder).glob("*")):
            link = directory / path.name
            if path.name not in programs and not link.is_symlink():
                link.symlink_to(path)
    assert all(shutil.which(program, path=str(directory)) is None for program in programs)
    return str(directory)


def tree(directory: Path) -> dict[str, bytes]:
    """Give every file below `directory` with its bytes."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def kernel_files(report):
    """Give the names of the C files that a report's kernels and the runtime's version are in."""
    used = {entry["kernel"] for entry in report["operators"]}
    kernels = [kernel for kernel in KERNELS if kernel.function in used]
    return {"te_runtime.c", *(Path(file).name for each in kernels for file in each.sources)}
