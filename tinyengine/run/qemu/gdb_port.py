"""Writes an emulator's memory through its debugger port, much faster than a serial line can.

Source: GDB manual, appendix E, GDB Remote Serial Protocol.
"""

import socket

_CHUNK_NBYTES = 1024
"""Fits into one packet of QEMU's with room to spare: a byte takes two digits of 4096."""

_SECONDS = 20.0
_INTERRUPT = b"\x03"


class GdbPort:
    """The debugger's end of a socket whose other end is an emulator's.

    The emulated core stops when the socket is connected; `resume` lets it go.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Take the socket."""
        self._socket = connection
        self._socket.settimeout(_SECONDS)
        self._received = bytearray()

    def start(self) -> None:
        """Let the core go for the first time.

        Raises:
            OSError: the emulator is gone or does not answer (as for all methods here).
        """
        self._send(b"?")
        self._reply()
        self._send(b"c")

    def write(self, address: int, data: bytes) -> None:
        """Stop the core, write `data` to memory, let the core go on."""
        self._socket.sendall(_INTERRUPT)
        self._reply()
        for offset in range(0, len(data), _CHUNK_NBYTES):
            part = data[offset : offset + _CHUNK_NBYTES]
            self._send(b"M%x,%x:%s" % (address + offset, len(part), part.hex().encode()))
            reply = self._reply()
            if reply != b"OK":
                raise OSError(f"the debugger port answers {reply!r} to a write")
        self._send(b"c")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, packet: bytes) -> None:
        self._socket.sendall(b"$%s#%02x" % (packet, sum(packet) & 0xFF))

    def _reply(self) -> bytes:
        """Give the next packet and acknowledge it."""
        while True:
            begin = self._received.find(b"$")
            end = self._received.find(b"#", begin)
            if 0 <= begin < end and len(self._received) >= end + 3:
                break
            data = self._socket.recv(4096)
            if not data:
                raise OSError("the debugger port is closed")
            self._received += data
        packet = bytes(self._received[begin + 1 : end])
        del self._received[: end + 3]
        self._socket.sendall(b"+")
        return packet
