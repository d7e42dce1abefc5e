"""Talk to firmware on a QEMU board over its serial port; knows nothing of tinyengine.run."""

import select
import subprocess
import zlib
from pathlib import Path
from types import TracebackType

_SECONDS = 30.0


def seal(payload: str) -> bytes:
    """Give the line for `payload`."""
    return f"{payload}*{zlib.crc32(payload.encode()):08x}\n".encode()


def unseal(line: bytes) -> str:
    """Give the payload of a line, whose CRC must be right."""
    payload, star, crc = line.rstrip(b"\n").rpartition(b"*")
    assert star and int(crc, 16) == zlib.crc32(payload), line
    return payload.decode()


def _command(machine: str, elf: Path) -> list[str]:
    command = ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none"]
    return [*command, "-serial", "stdio", "-icount", "shift=0", "-kernel", str(elf)]


class Serial:
    """A running board; `ask` sends a line and gives the answer."""

    def __init__(self, machine: str, elf: Path) -> None:
        self._command = _command(machine, elf)

    def __enter__(self) -> "Serial":
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        try:
            self._greet()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _greet(self) -> None:
        """Greet until there is an answer: bytes before the port is on are lost; then catch up."""
        for _ in range(100):
            self.send(seal("HELLO"))
            if self._waits(0.2):
                break
        self.send(seal("CAUGHT UP"))
        while self.receive() != "ERR unknown command":
            pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)

    def receive(self) -> str:
        line = bytearray()
        while not line.endswith(b"\n"):
            assert self._waits(_SECONDS), f"only {bytes(line)!r} came"
            assert self._process.stdout is not None
            byte = self._process.stdout.read(1)
            assert byte, f"QEMU ended after {bytes(line)!r}"
            line += byte
        return unseal(bytes(line))

    def ask(self, payload: str) -> str:
        self.send(seal(payload))
        return self.receive()

    def _waits(self, seconds: float) -> bool:
        return bool(select.select([self._process.stdout], [], [], seconds)[0])
