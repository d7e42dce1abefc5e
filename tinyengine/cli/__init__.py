"""The command line: one module per command, results to stdout, all else to stderr."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tinyengine.cli.compile import compile_command
from tinyengine.cli.explain import explain_command
from tinyengine.cli.export import export_command
from tinyengine.cli.info import boards_command, doctor_command
from tinyengine.cli.ops import ops_command
from tinyengine.cli.pareto import pareto_command
from tinyengine.cli.profile import profile_command
from tinyengine.cli.quantize import compare_command, evaluate_command, quantize_command
from tinyengine.cli.report import report_command
from tinyengine.cli.run import run_command
from tinyengine.cli.tune import tune_command
from tinyengine.cli.validate import validate_command
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


app = typer.Typer(
    name="tinyengine",
    cls=_Commands,
    help="Compile quantized neural networks to bit-exact, integer-only firmware for Cortex-M.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


@app.callback(epilog=_EPILOG)
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of failures.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Compile quantized neural networks to bit-exact, integer-only firmware for Cortex-M."""
    del debug, version


app.command("compile")(compile_command)
app.command("run")(run_command)
app.command("validate")(validate_command)
app.command("profile")(profile_command)
app.command("pareto")(pareto_command)
app.command("tune")(tune_command)
app.command("report")(report_command)
app.command("quantize")(quantize_command)
app.command("evaluate")(evaluate_command)
app.command("compare")(compare_command)
app.command("export")(export_command)
app.command("explain")(explain_command)
app.command("boards")(boards_command)
app.command("ops")(ops_command)
app.command("doctor")(doctor_command)


def main() -> None:
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
