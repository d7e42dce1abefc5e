"""What the commands print: results to stdout, everything else to stderr, errors with a code."""

import errno
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Event, Thread
from time import monotonic
from typing import Any, ParamSpec, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tinyengine.errors import TinyEngineError, printable
from tinyengine.progress import Watcher

P = ParamSpec("P")

_UNLIMITED = 10_000
"""Columns where stdout is no terminal: programs that read a table want its lines whole."""

_QUIET_SECONDS = 1.5
"""What takes longer than this tells how far it is, again and again."""


class _Console(Console):
    """A console that texts cannot give orders: each is one line, without control characters."""

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 -- as the base class
        """Print a line; tables and the like have their cells from `add_row`."""
        shown = (printable(each) if isinstance(each, str) else each for each in objects)
        super().print(*shown, **options)

    def print_lines(self, text: str) -> None:
        """Print a text of our own that has several lines."""
        for line in text.split("\n"):
            self.print(line, markup=False)


out = _Console(highlight=False, soft_wrap=True, width=None if Console().is_terminal else _UNLIMITED)
err = _Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout."""
    typer.echo(json.dumps(value, indent=2))


def table(*columns: str, title: str | None = None) -> Table:
    """Give a table whose columns are right-aligned where their name ends with a colon."""
    title = None if title is None else printable(title)
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column.rstrip(":"), justify="right" if column.endswith(":") else "left")
    return made


def add_row(rows: Table, *cells: str) -> None:
    """Append a row whose cells are plain text: names from model files are no markup."""
    rows.add_row(*(Text(printable(cell)) for cell in cells))


@contextmanager
def progress(what: str) -> Iterator[Watcher]:
    """Show on stderr that `what` goes on; a spinner where stderr is a terminal.

    Gives a function to be told how many operators of how many are done; what takes long is shown.
    """
    what = printable(what)
    if err.is_terminal:
        with err.status(escape(what)) as status:
            yield lambda done, total: status.update(escape(f"{what}: {_share(done, total)}"))
    else:
        err.print(f"{what} ...", style="dim", markup=False)
        with _Heartbeat(what) as heartbeat:
            yield heartbeat.hear


class _Heartbeat:
    """Says in time that something goes on, from a thread of its own, whatever stage it is in."""

    def __init__(self, what: str) -> None:
        self._what, self._share, self._since = what, "", monotonic()
        self._over = Event()
        self._thread = Thread(target=self._beat, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def hear(self, done: int, total: int) -> None:
        """Take how many operators of how many are planned."""
        self._share = f"{_share(done, total)}, "

    def _beat(self) -> None:
        while not self._over.wait(_QUIET_SECONDS):
            seconds = f"{monotonic() - self._since:.0f} s"
            try:
                err.print(f"{self._what}: {self._share}{seconds} ...", style="dim", markup=False)
            except OSError:  # Nobody reads it any more: the command itself goes on.
                return


def _share(done: int, total: int) -> str:
    return f"{done} of {total} operators planned"


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that every failure is one message and its documented exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        """Run the command; turn a failure into its message and exit code."""
        try:
            command(*args, **kwargs)
        except TinyEngineError as error:
            _fail(str(error), error.exit_code)
        except OSError as error:
            # Files that are written are named in their errors; stdout has no name.
            where = error.filename or ("stdout" if error.errno == errno.ENOSPC else "")
            named = f"{printable(str(where))}: " if where else ""
            _fail(f"error: {named}{error.strerror or printable(str(error))}", 1)
        except MemoryError:
            _fail("error: out of memory", 1)
        except KeyboardInterrupt:
            _fail("interrupted", 130)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            hint = "run `tinyengine --debug ...` for the traceback and report it"
            what = f"{type(error).__name__}: {printable(str(error))}"
            _fail(f"error: internal error: {what}\n  hint: {hint}", 1)

    return run


def _fail(message: str, code: int) -> None:
    if "--debug" in sys.argv:  # Typer gives commands no way to their group's options.
        err.print_lines(traceback.format_exc().rstrip())
    err.print_lines(message)
    raise typer.Exit(code)
