"""What stands in for Renode: it reads the files that Renode would, and answers at the same socket.

The firmware behind the socket is the very ELF, on Unicorn. A folder of PATH gets a program `renode`
that behaves as a test wants: `fine`, or as one of `BEHAVIOURS` says.
"""

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

from tests.export.renode_files import read_repl
from tests.support import ROOT
from tinyengine.board import load_board
from tinyengine.run.image import load_image
from tinyengine.run.protocol import SilenceError
from tinyengine.run.unicorn.run import UnicornMachine

BEHAVIOURS = ("fine", "dies", "hangs up", "silent", "refuses", "stray", "deaf")

_SCRIPT = re.compile(
    r"using sysbus\n"
    r'mach create "([\w-]+)"\n'
    r"machine LoadPlatformDescription \$ORIGIN/board\.repl\n"
    r"sysbus LoadELF \$ORIGIN/firmware\.elf\n"
    r'emulation CreateServerSocketTerminal (\d+) "line" false\n'
    r"connector Connect sysbus\.uart line\n"
    r"start\n"
)
_TEXT = """\
#!{python}
import os, pathlib, sys, time
sys.path.insert(0, {root!r})
pathlib.Path({folder!r}, "pids").open("a").write(str(os.getpid()) + chr(10))
if sys.argv[1:] == ["--version"]:
    print({version!r})
    sys.exit()
if {behaviour!r} == "silent":
    print("Downloading something", flush=True)
    time.sleep(60)
from tests.run.renode_stand_in import main
main({behaviour!r}, sys.argv[1:])
"""


def install(folder: Path, behaviour: str = "fine", version: str = "Renode v1.16.1\n  build: x"):
    """Write a `renode` into a folder, which is made if it is not there."""
    folder.mkdir(exist_ok=True)
    program = folder / "renode"
    program.write_text(
        _TEXT.format(
            python=sys.executable,
            root=str(ROOT),
            folder=str(folder),
            version=version,
            behaviour=behaviour,
        )
    )
    program.chmod(0o755)


def started(folder: Path) -> list[int]:
    """Give the processes that the program of a folder has been, `--version` among them."""
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def say(text: str) -> None:
    """Write a line on the console."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(behaviour: str, arguments: list[str]) -> None:
    """Do as Renode does with the script that it is given."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    *options, name = arguments
    assert options == ["--disable-xwt", "--console", "--plain"], options
    script = Path(name)
    assert script.is_absolute(), "the program may be a script that goes elsewhere"
    found = _SCRIPT.fullmatch(script.read_text())
    assert found, script.read_text()
    read_repl((script.parent / "board.repl").read_text())
    board, port = load_board(found[1]), int(found[2])
    say(f"(monitor) i @{script}")
    if behaviour == "dies":
        say("Could not load libllvm-disas")
        sys.exit(3)
    if behaviour == "refuses":
        say("There was an error executing command 'machine LoadPlatformDescription':")
        say("Error E04: Could not resolve type 'UART.STM32F7_USART'.")
        time.sleep(60)
    with socket.create_server(("127.0.0.1", port), backlog=1) as server:
        say(f"({board.name}) ")
        connection = server.accept()[0]
        serve(connection, behaviour, load_image(script.parent / "firmware.elf"), board)


def serve(connection: socket.socket, behaviour: str, image, board) -> None:
    """Answer lines as the firmware does; the first comes before its serial port is switched on."""
    machine = UnicornMachine(image, board)
    pending, told = b"", 0
    while data := connection.recv(4096):
        pending += data
        *lines, pending = pending.split(b"\n")
        for line in lines:
            told += 1
            if told == 1 or behaviour == "deaf":
                continue
            machine.write_line(line)
            try:
                answer = machine.read_line(30)
            except SilenceError:
                continue
            if line.startswith(b"RUN") and behaviour == "stray":
                say(
                    "12:00:00.0000 [WARNING] sysbus: [cpu: 0x8000420] ReadDoubleWord from non "
                    "existing peripheral at 0x20060000."
                )
            if line.startswith(b"RUN") and behaviour == "hangs up":
                os._exit(4)
            connection.sendall(answer + b"\r\n")
