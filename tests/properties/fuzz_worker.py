"""Compile one model file after another, each in a forked child with limits, and tell how it went.

Every line on stdin names a model file and an output directory as JSON; every answer is a line of
JSON on stdout. Forking a process that has everything imported makes thousands of them affordable.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from tinyengine.cli import make_app

app = make_app("compile")

WALL_SECONDS = 60
ADDRESS_SPACE_NBYTES = 3 << 30
"""A net below the check of the memory that is really used: Unicorn reserves 1 GiB of addresses."""

_TIMED_OUT = "timed out"


def main() -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        model, output, log = json.loads(line)
        answer = compile_limited(model, output, Path(log))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def compile_limited(model: str, output: str, log: Path) -> dict[str, object]:
    """Compile `model` in a child; give exit code (or how it died), CPU seconds, memory, log."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(model, output, log)
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


def _child(model: str, output: str, log: Path) -> None:
    """Become the command line for one model; never returns."""
    code = 99
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_NBYTES,) * 2)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(descriptor, number)
        app(["compile", model, "--board", "stm32f746", "-o", output], prog_name="tinyengine")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 98
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
