"""The host side of the line protocol that the test firmware speaks."""

import binascii
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from tinyengine.errors import TinyEngineError, ToolError, WrongResultError

CHUNK_NBYTES = 256
"""The most bytes of data in one line."""

MOST_LINE_NBYTES = 1024
"""The most bytes of a line from the firmware; the longest that it sends has less than 600."""

_REPLY_SECONDS = 20.0
_RETRY_SECONDS = 1.0
_LINE_SECONDS = 1.0
"""What each line of an input or output may take on the average; at 115,200 baud it is 0.1 s."""

_GREATEST = 0xFFFFFFFF
"""All numbers that the firmware sends have 32 bits."""

RUN_SECONDS = 600.0
"""How long an inference may take on the host's clock; emulators are slow."""


class SilenceError(Exception):
    """No line came; the text says how that was noticed."""


class NoiseError(Exception):
    """What comes is no line; the text says why."""


class LineBuffer:
    """What has been received from a device that may send anything: lines of bounded length."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._data = bytearray()

    def add(self, data: bytes) -> None:
        """Append what came."""
        self._data += data

    def take(self) -> bytes | None:
        """Give the first line without its end; None where it is not complete.

        Raises:
            NoiseError: there is none in more bytes than a line has; they are dropped.
        """
        end = self._data.find(b"\n", 0, MOST_LINE_NBYTES + 1)
        if end < 0:
            if len(self._data) <= MOST_LINE_NBYTES:
                return None
            self._data.clear()
            raise NoiseError(f"more than {MOST_LINE_NBYTES} bytes without a line end")
        line = bytes(self._data[:end])
        del self._data[: end + 1]
        return line.rstrip(b"\r")


class Link(Protocol):
    """A way to the firmware: lines there and back, without their line ends."""

    def write_line(self, line: bytes) -> None:
        """Send one line.

        Raises:
            TinyEngineError: the other side is gone.
        """

    def read_line(self, timeout: float) -> bytes:
        """Give the next line.

        Raises:
            SilenceError: no line within `timeout` seconds, or none can come any more.
            NoiseError: more bytes than a line has, and no line end.
            TinyEngineError: the other side is gone or did something it must not.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What the firmware says of itself: sizes in bytes, timer in ticks per second.

    `clock_hz` is the core's clock now; None from firmware of earlier versions. The first
    `state_nbytes` of the arena survive from one step to the next.
    """

    model: str
    arena_nbytes: int
    inputs: int
    outputs: int
    hz: int
    clock_hz: int | None = None
    state_nbytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the firmware measured: ticks of its timer, bytes of stack."""

    ticks: int
    stack_nbytes: int


def seal(payload: bytes) -> bytes:
    """Give the line for `payload`: with `*` and its CRC-32 in eight hex digits."""
    return b"%s*%08X" % (payload, zlib.crc32(payload))


def unseal(line: bytes) -> bytes:
    """Give the payload of a line.

    Raises:
        ValueError: the line has no CRC or a wrong one.
    """
    payload, star, digits = line.rpartition(b"*")
    if not star or not re.fullmatch(rb"[0-9A-Fa-f]{8}", digits):
        raise ValueError("no checksum")
    if int(digits, 16) != zlib.crc32(payload):
        raise ValueError("wrong checksum")
    return payload


class Session:
    """A conversation with one firmware.

    `where` names firmware and board in errors; `describe` turns a code address into text for the
    reader.
    """

    def __init__(
        self, link: Link, where: str, describe: Callable[[int], str] = "0x{:08x}".format
    ) -> None:
        """Take the link; say nothing yet."""
        self._link = link
        self._where = where
        self._describe = describe
        self._late_greetings = 0  # that may come, at most

    def hello(self, attempts: int = 1) -> Greeting:
        """Greet the firmware, up to `attempts` times while it starts up or the line is noisy.

        Raises:
            ToolError: no answer, or not this protocol.
        """
        for _ in range(attempts - 1):
            self._link.write_line(seal(b"HELLO"))
            try:
                line = self._link.read_line(_RETRY_SECONDS)
            except (SilenceError, NoiseError):
                line = b""
            if line.startswith(b"HELLO "):
                return self._greeting(self._payload("HELLO", line))
            self._late_greetings += 1
        self._link.write_line(seal(b"HELLO"))
        return self._greeting(self._receive("HELLO", _REPLY_SECONDS))

    def fill(self, seed: int) -> None:
        """Fill the arena with pseudo-random bytes from `seed` in [1, 2^32).

        Raises:
            ToolError: the firmware refused or did not answer.
        """
        self._expect_ok(b"FILL %08X" % seed)

    def init(self) -> None:
        """Let the state be as it is before the first step.

        Raises:
            ToolError: the firmware refused or did not answer.
        """
        self._expect_ok(b"INIT")

    def write_input(self, index: int, data: bytes) -> None:
        """Send input `index` in full.

        Raises:
            ToolError: the firmware refused, did not answer, or took too long over it all.
        """
        deadline = _deadline(len(data))
        for offset in range(0, len(data), CHUNK_NBYTES):
            digits = binascii.hexlify(data[offset : offset + CHUNK_NBYTES]).upper()
            self._expect_ok(b"IN %d %d %s" % (index, offset, digits), deadline - monotonic())

    def run(self, timeout: float = RUN_SECONDS) -> Done:
        """Run one inference, within `timeout` seconds.

        Raises:
            WrongResultError: the model's function failed, its stack overflowed, or the core took
                a fault.
            ToolError: no answer, or a damaged one.
        """
        reply = self._ask(b"RUN", timeout)
        match = re.fullmatch(rb"DONE status=(\d+) ticks=(\d+) stack=(\d+)", reply)
        numbers = _numbers(match.groups()) if match else None
        if numbers is None:
            raise self._unexpected("RUN", reply)
        status, ticks, stack = numbers
        if status != 0:
            status -= (status >> 31) << 32  # the firmware prints the bits of a signed number
            raise WrongResultError(self._where, f"the model's function returned {status}")
        return Done(ticks=ticks, stack_nbytes=stack)

    def read_output(self, index: int, nbytes: int) -> bytes:
        """Give the `nbytes` bytes of output `index`.

        Raises:
            ToolError: the firmware refused, did not answer, sent something else, or took too
                long over it all.
        """
        deadline = _deadline(nbytes)
        data = bytearray()
        while len(data) < nbytes:
            part = min(CHUNK_NBYTES, nbytes - len(data))
            request = b"OUT %d %d %d" % (index, len(data), part)
            reply = self._ask(request, min(_REPLY_SECONDS, deadline - monotonic()))
            prefix = b"DATA %d %d " % (index, len(data))
            digits = reply.removeprefix(prefix)
            if not reply.startswith(prefix) or not re.fullmatch(
                rb"[0-9A-Fa-f]{%d}" % (2 * part), digits
            ):
                raise self._unexpected(request.decode(), reply)
            data += binascii.unhexlify(digits)
        return bytes(data)

    def _expect_ok(self, request: bytes, seconds: float = _REPLY_SECONDS) -> None:
        reply = self._ask(request, min(_REPLY_SECONDS, seconds))
        if reply != b"OK":
            raise self._unexpected(_short(request), reply)

    def _ask(self, request: bytes, timeout: float) -> bytes:
        self._link.write_line(seal(request))
        return self._receive(_short(request), timeout)

    def _receive(self, request: str, timeout: float) -> bytes:
        deadline = monotonic() + timeout
        line = self._read(request, timeout)
        while line.startswith(b"HELLO ") and request != "HELLO" and self._late_greetings:
            self._late_greetings -= 1
            line = self._read(request, deadline - monotonic())
        return self._payload(request, line)

    def _read(self, request: str, timeout: float) -> bytes:
        try:
            return self._link.read_line(timeout)
        except SilenceError as silence:
            raise ToolError(
                self._where, f"the firmware did not answer {request}", details=(str(silence),)
            ) from None
        except NoiseError as noise:
            raise ToolError(
                self._where, f"the answer to {request} came damaged", details=(str(noise),)
            ) from None

    def _payload(self, request: str, line: bytes) -> bytes:
        try:
            payload = unseal(line)
        except ValueError as error:
            raise ToolError(
                self._where,
                f"the answer to {request} came damaged ({error})",
                details=(_printable(line),),
            ) from None
        if payload.startswith(b"FAULT"):
            raise self._fault(payload)
        if payload.startswith(b"ERR"):
            words = _printable(payload[4:]) or "without a reason"
            kind = WrongResultError if request == "RUN" else ToolError
            raise kind(self._where, f"the firmware answers {request} with an error: {words}")
        return payload

    def _greeting(self, payload: bytes) -> Greeting:
        match = re.fullmatch(
            rb"HELLO te1 (\w+) arena=(\d+) inputs=(\d+) outputs=(\d+) hz=([1-9]\d*)"
            rb"(?: clock=([1-9]\d*))?(?: state=(\d+))?",
            payload,
        )
        numbers = _numbers(match.groups(b"0")[1:]) if match else None
        if match is None or numbers is None:
            raise self._unexpected("HELLO", payload)
        arena, inputs, outputs, hz, clock_hz, state = numbers
        return Greeting(
            model=match[1].decode(),
            arena_nbytes=arena,
            inputs=inputs,
            outputs=outputs,
            hz=hz,
            clock_hz=clock_hz or None,
            state_nbytes=state,
        )

    def _fault(self, payload: bytes) -> TinyEngineError:
        fields = dict(re.findall(r"(\w+)=([0-9A-Fa-f]{1,8})\b", payload.decode("ascii", "replace")))
        names = [name for name in ("pc", "lr") if name in fields]
        places = tuple(f"{name}: {self._describe(int(fields[name], 16))}" for name in names)
        causes = _fault_causes(int(fields.get("cfsr", "0"), 16))
        problem = "the core took a fault" + (f": {', '.join(causes)}" if causes else "")
        return WrongResultError(self._where, problem, details=(*places, _printable(payload)))

    def _unexpected(self, request: str, reply: bytes) -> TinyEngineError:
        return ToolError(
            self._where,
            f"unexpected answer to {request}",
            "was the firmware built by this version of tinyengine?",
            (_printable(reply),),
        )


_CFSR_BITS = {
    0: "instruction fetch where execution is not allowed",
    1: "data access that is not allowed",
    8: "instruction bus error",
    9: "precise data bus error",
    10: "imprecise data bus error",
    11: "bus error while unstacking",
    12: "bus error while stacking",
    16: "undefined instruction",
    17: "not Thumb state",
    18: "invalid exception return",
    19: "no coprocessor",
    20: "stack overflow",
    24: "unaligned access",
    25: "division by zero",
}
"""Bits of the Configurable Fault Status Register. Source: Armv8-M ARM, D1.2.12 CFSR."""


def _deadline(nbytes: int) -> float:
    """Give when so many bytes of data must have come or gone, on the monotonic clock."""
    lines = -(-nbytes // CHUNK_NBYTES)
    return monotonic() + _REPLY_SECONDS + _LINE_SECONDS * lines


def _numbers(texts: Sequence[bytes]) -> tuple[int, ...] | None:
    """Give the decimal numbers; None where one has more than 32 bits."""
    if any(len(text) > len(str(_GREATEST)) for text in texts):
        return None
    numbers = tuple(int(text) for text in texts)
    return numbers if max(numbers) <= _GREATEST else None


def _fault_causes(cfsr: int) -> tuple[str, ...]:
    return tuple(text for bit, text in _CFSR_BITS.items() if cfsr >> bit & 1)


def _short(request: bytes) -> str:
    """Give a request without its data."""
    return b" ".join(request.split(b" ")[:3]).decode("ascii")


def _printable(line: bytes, most: int = 120) -> str:
    text = line.decode("ascii", "backslashreplace")
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return text if len(text) <= most else text[: most - 1] + "…"
