"""The command line as a process: signals, a full disk behind stdout, and what is left then."""

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.builders.large_graphs import convolutions
from tests.support import ROOT

COMMAND = (sys.executable, "-B", "-m", "tinyengine")
COMPILE = ("compile", "--board", "stm32f746", "-o", "a/out")


@pytest.fixture
def tools(tmp_path):
    """Give a PATH where building begins, writes a file `started`, and never ends."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = f"#!/bin/sh\n/usr/bin/touch {tmp_path}/started\nexec /bin/sleep 60\n"
    for name in ("arm-none-eabi-gcc", "arm-none-eabi-objcopy"):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return str(folder)


def wait_for(path: Path) -> None:
    deadline = monotonic() + 60
    while not path.exists():
        assert monotonic() < deadline, f"no {path}"
        sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_compiling_and_leaves_nothing_behind(number, small, tmp_path, tools):
    folder = tmp_path / "here"
    folder.mkdir()
    # A shell that runs the tests in the background has its children ignore SIGINT.
    with subprocess.Popen(
        ["/usr/bin/env", f"--default-signal={number}", *COMMAND, *COMPILE, small],
        cwd=folder,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": tools},
    ) as process:
        wait_for(tmp_path / "started")
        assert list(folder.rglob(".out.*"))
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert list(folder.iterdir()) == []
    assert b"Traceback" not in stderr


SIGNAL = (
    "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\n"
)


@pytest.mark.parametrize(
    "raised",
    ["raise KeyboardInterrupt\n", SIGNAL + "except BaseException:\n    raise ValueError\n"],
    ids=["exception", "signal that is turned into an error"],
)
def test_ctrl_c_while_modules_are_imported_is_no_traceback(tmp_path, raised):
    (tmp_path / "typer.py").write_text(raised)
    done = subprocess.run(
        ["/usr/bin/env", "--default-signal=INT", *COMMAND, "--version"],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
    )
    assert (done.returncode, done.stderr) == (130, b"interrupted\n")


def test_a_closed_stdout_is_no_traceback():
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "boards"],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [["--help"], ["compile", "--help"], ["boards", "--json"]])
def test_a_full_disk_behind_stdout_is_one_message(arguments):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 1
    assert done.stderr == "error: stdout: No space left on device\n"


STAGES = {
    "imports": None,
    "compiling": "compiling large.tflite ...",
    "planning": "operators planned",
    "building": "building firmware for",
    "measuring": "measuring on the emulated",
}
"""What stderr says first in each stage; nothing yet while modules are imported."""

LOADED = "_multiarray_umath"
"""A library of numpy, which is imported first."""


def interrupt(model: Path, folder: Path, stage: str) -> tuple[float, int, bytes]:
    """Compile and press Ctrl-C in a stage; give seconds until the end, exit code and stderr."""
    folder.mkdir()
    with subprocess.Popen(
        ["/usr/bin/env", "--default-signal=INT", *COMMAND, *COMPILE, model],
        cwd=folder,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stderr is not None
        said, wanted = b"", STAGES[stage]
        until = monotonic() + 300
        while wanted is None and LOADED not in Path(f"/proc/{process.pid}/maps").read_text():
            assert monotonic() < until, "numpy is not imported"
            sleep(0.005)
        while wanted is not None and wanted.encode() not in said:
            line = process.stderr.readline()
            assert line, f"no {stage}: {said!r}"
            said += line
        began = monotonic()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    return monotonic() - began, process.returncode, said + rest


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_ends_compiling_within_a_second_in_every_stage(tmp_path, stage):
    model = tmp_path / "large.tflite"
    # Lines come every other second: planning of fewer may fall between two.
    model.write_bytes(convolutions(2000 if stage == "planning" else 600))
    taken = []
    for attempt in ("first", "again"):
        seconds, code, stderr = interrupt(model, tmp_path / attempt, stage)
        assert code == 128 + signal.SIGINT, stderr
        assert stderr.endswith(b"interrupted\n")
        assert b"Traceback" not in stderr
        assert list((tmp_path / attempt).iterdir()) == []
        taken.append(seconds)
        if seconds <= 1:
            break
    assert min(taken) <= 1, "twice, for a machine that is busy with something else"


def test_a_line_says_every_other_second_that_compiling_goes_on(tmp_path):
    model = tmp_path / "large.tflite"
    model.write_bytes(convolutions(300))
    with subprocess.Popen(
        [*COMMAND, *COMPILE, model],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stderr is not None
        moments = [monotonic() for _ in process.stderr]
    assert process.returncode == 0
    gaps = [after - before for before, after in pairwise(moments)]
    assert len(gaps) >= 2
    assert max(gaps) <= 4, "two seconds, and the patience that a busy machine needs"
