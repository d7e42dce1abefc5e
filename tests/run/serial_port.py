"""A pseudo-terminal at which an emulated board answers, as a real one does at its serial port."""

import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyengine.board import Board
from tinyengine.run.image import load_image
from tinyengine.run.protocol import SilenceError
from tinyengine.run.unicorn.run import UnicornMachine


@contextmanager
def served(elf: Path, board: Board) -> Iterator[str]:
    """Give the name of a pseudo-terminal that an emulated board serves, after some noise."""
    machine = UnicornMachine(load_image(elf), board)
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.write(ours, b"\xff\xfe\x00boot\r\n")
    done = threading.Event()

    def serve() -> None:
        pending = b""
        while not done.is_set():
            pending += os.read(ours, 4096)
            *lines, pending = pending.split(b"\n")
            for line in lines:
                machine.write_line(line)
                try:
                    os.write(ours, machine.read_line(30) + b"\r\n")
                except SilenceError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        done.set()
        os.write(theirs, b"\n")  # wakes the reader
        thread.join()
        os.close(ours)
        os.close(theirs)
        machine.close()
