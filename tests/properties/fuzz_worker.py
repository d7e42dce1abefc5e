"""Run commands on one model file after another, in forked children with limits: how did it go?

Every line on stdin has a log and commands as JSON, which are run until one does not end well; every
answer is a line of JSON on stdout. Forking a process that has everything imported makes thousands
of them affordable.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from tinyengine.board import load_board
from tinyengine.cli import make_app
from tinyengine.compiler import Options, compile_model
from tinyengine.errors import TinyEngineError

app = make_app()

WALL_SECONDS = 60
ADDRESS_SPACE_NBYTES = 3 << 30
"""A net below the check of the memory that is really used: Unicorn reserves 1 GiB of addresses."""

_TIMED_OUT = "timed out"


def main() -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        log, commands = json.loads(line)
        answer = run_limited(commands, Path(log))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def run_limited(commands: list[list[str]], log: Path) -> dict[str, object]:
    """Run commands in a child; give exit code (or how it died), CPU seconds, memory, log."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(commands, log)
    died = None
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - started > WALL_SECONDS and died is None:
            died = _TIMED_OUT
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(status)
    return {
        "code": died or code,
        "seconds": usage.ru_utime + usage.ru_stime,
        "nbytes": usage.ru_maxrss * 1024,
        "log": log.read_text(errors="replace"),
    }


def _child(commands: list[list[str]], log: Path) -> None:
    """Become the command line; never returns."""
    code = 99
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_NBYTES,) * 2)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(descriptor, number)
        for command in commands:
            code = _ended(command)
            if code:
                break
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(command: list[str]) -> int:
    """Run a command and give its exit code; `sources MODEL` compiles to C alone, which is fast."""
    try:
        if command[0] == "sources":
            compile_model(Path(command[1]), Options(board=load_board("stm32f746")))
            return 0
        app(command, prog_name="tinyengine")
    except TinyEngineError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 98
    return 0


if __name__ == "__main__":
    main()
