"""The command line: one module per command, results to stdout, all else to stderr."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tinyengine.errors import printable
from tinyengine.version import __version__

_UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""What Typer raises for a wrong command line, wherever it has that class from."""


class _Commands(TyperGroup):
    """The commands; what is wrong in a command line is shown without control characters."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- all passed on
        """Read the options that stand before the command."""
        with _legible():
            return super().make_context(*args, **kwargs)

    def invoke(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- all passed on
        """Read the command's own options, and run it."""
        with _legible():
            return super().invoke(*args, **kwargs)


@contextmanager
def _legible() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        text = getattr(error, "message", None)
        if isinstance(text, str) and type(error).__name__ != "NoArgsIsHelpError":
            error.message = printable(text.removeprefix("Value error, "))  # type: ignore[attr-defined]  # Click's attribute
        raise


_MODULES = {
    "compile": "compile",
    "run": "run",
    "validate": "validate",
    "profile": "profile",
    "pareto": "pareto",
    "fit": "fit",
    "tune": "tune",
    "report": "report",
    "quantize": "quantize",
    "evaluate": "quantize",
    "compare": "quantize",
    "export": "export",
    "flash": "flash",
    "explain": "explain",
    "boards": "info",
    "ops": "ops",
    "doctor": "info",
}
"""The commands in the order in which they are listed, and the module of each."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinyengine {__version__}")
        raise typer.Exit


_EPILOG = """\b
Exit codes:
  0    done
  1    a file cannot be written, or a bug
  2    wrong command line, or input data or a directory that cannot be read
  3    the model file cannot be read, is broken, or something in it is not supported
  4    the model does not fit the board or the budget
  5    a tool is missing, or it failed
  6    the firmware computed something wrong
  130  interrupted; 128 and the number of any other signal

With --json, too, errors are plain text on stderr, and stdout is empty; but what `explain`,
`validate` and `run` found wrong (3, 6) also stands in their whole object on stdout.
"""


def make_app(command: str = "") -> typer.Typer:
    """Give the command line with one command, whose module alone is loaded, or with all."""
    app = typer.Typer(
        name="tinyengine",
        cls=_Commands,
        help="Compile quantized neural networks to bit-exact, integer-only firmware for Cortex-M.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(epilog=_EPILOG)(_root)
    for name in [command] if command in _MODULES else _MODULES:
        module = import_module(f"tinyengine.cli.{_MODULES[name]}")
        function: Callable[..., None] = getattr(module, f"{name}_command")
        app.command(name)(function)
    return app


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of failures.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Compile quantized neural networks to bit-exact, integer-only firmware for Cortex-M."""
    del debug, version


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """Give the command line that can run `arguments`."""
    return make_app(next((word for word in arguments if word != "--debug"), ""))


def main(app: typer.Typer) -> None:
    """Run the command line of this process.

    What ends other programs, a hang-up or a request to terminate, ends this one as Ctrl-C does:
    it removes its temporary files; the exit code is 128 and the signal.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, _end)
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:  # closed by whoever started us
                sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        typer.echo(f"error: stdout: {error.strerror}", err=True)
        sys.exit(1)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
