"""Calls kernels in a process of its own, which runs under AddressSanitizer.

Started by `host.py` as a script with libasan preloaded. Requests and answers are pickles, each
after its length in 8 bytes; a request is the `vars` of a `host.Request`. What a kernel may touch
lies in malloc'd blocks of exactly the bytes it has, so the sanitizer sees every other access.
"""

import ctypes
import os
import pickle
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, BinaryIO

import cffi

POISON = 0xA5


class Session:
    """The blocks of one request and what is done with them."""

    def __init__(self, path: str, ffi: Any, library: Any) -> None:
        self.path = path
        self.ffi = ffi
        self.library = library
        self.blocks: list[Any] = []

    def allocate(self, data: bytes) -> Any:
        """Give an int8_t pointer to a block that holds `data` and nothing more."""
        block = libc().malloc(len(data))
        self.blocks.append(block)
        self.ffi.memmove(block, data, len(data))
        return self.ffi.cast("int8_t *", block)

    def free(self) -> None:
        """Release all blocks."""
        for block in self.blocks:
            libc().free(block)

    def struct(self, c_type: str, members: Mapping[str, Any]) -> Any:
        """Give a params struct; its members must be exactly `members`, in order."""
        declared = [name for name, _ in self.ffi.typeof(c_type).fields]
        if declared != list(members):
            raise ValueError(f"{c_type} has members {declared}, params gives {list(members)}")
        block = self.ffi.cast(f"{c_type} *", self.allocate(bytes(self.ffi.sizeof(c_type))))
        for name, value in members.items():
            if isinstance(value, Mapping) and "function" in value:
                field = dict(self.ffi.typeof(c_type).fields)[name].type
                setattr(block, name, self.ffi.cast(field, self.address(value["function"])))
            elif isinstance(value, Mapping):
                setattr(block, name, self.struct(**value))
            elif isinstance(value, bytes):
                field = dict(self.ffi.typeof(c_type).fields)[name].type
                setattr(block, name, self.ffi.cast(field, self.allocate(value)))
            else:
                setattr(block, name, self.ffi.NULL if value is None else value)
        return block

    def address(self, function: str) -> int:
        """Give the address of a function of the library."""
        pointer = ctypes.cast(getattr(ctypes.CDLL(self.path), function), ctypes.c_void_p)
        assert pointer.value is not None
        return pointer.value

    def rows(self, base: Any, place: Sequence[int]) -> tuple[Any, int, int]:
        """Give the members of a te_src or te_dst at `place`: offset, row_bytes, rows."""
        offset, row_bytes, rows = place
        return (base + offset, row_bytes, rows)


@cache
def libc() -> Any:
    """Give malloc and free, which are the sanitizer's."""
    ffi = cffi.FFI()
    ffi.cdef("void *malloc(size_t); void free(void *);")
    return ffi.dlopen(None)


@cache
def load(path: str, declarations: str) -> tuple[Any, Any]:
    """Give the cffi interface of a shared library."""
    ffi = cffi.FFI()
    ffi.cdef(declarations)
    return ffi, ffi.dlopen(path)


def serve(request: Mapping[str, Any]) -> list[bytes]:
    """Carry out the steps of one request; gives what its read steps read."""
    ffi, library = load(request["library"], request["declarations"])
    session = Session(request["library"], ffi, library)
    try:
        return run_steps(session, request)
    finally:
        session.free()


def run_steps(session: Session, request: Mapping[str, Any]) -> list[bytes]:
    """Build the arguments, then write, run and read as the steps say."""
    ffi = session.ffi
    params = session.struct(request["c_type"], request["members"])
    buffers = [session.allocate(data) for data in request["buffers"]]
    sources = [session.rows(buffers[b], place) for b, place in request["sources"]]
    arguments = [ffi.new("te_src[]", sources)] if request["is_array"] else sources
    scratch_nbytes = request["scratch_nbytes"]
    scratch = [] if scratch_nbytes is None else [session.allocate(bytes(scratch_nbytes))]
    which, place = request["output"]
    further = [session.rows(buffers[b], each) for b, each in request["further"]]
    output = [session.rows(buffers[which], place), *further]
    kernel = getattr(session.library, request["function"])
    results: list[bytes] = []
    for step in request["steps"]:
        match step:
            case ("write", buffer, offset, data):
                ffi.memmove(buffers[buffer] + offset, data, len(data))
            case ("run" | "continue" as how, first, last):
                for block in scratch if how == "run" else []:
                    ffi.memmove(block, bytes([POISON]) * scratch_nbytes, scratch_nbytes)
                kernel(params, *arguments, *output, first, last, *scratch)
            case ("read", buffer, offset, nbytes):
                results.append(bytes(ffi.buffer(buffers[buffer] + offset, nbytes)))
    return results


def read_exactly(stream: BinaryIO, nbytes: int) -> bytes:
    """Read `nbytes` bytes; leaves the process at the end of the stream."""
    data = stream.read(nbytes)
    if len(data) < nbytes:
        sys.exit(0)
    return data


def main() -> None:
    """Answer requests from standard input until it ends; other output goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    while True:
        nbytes = int.from_bytes(read_exactly(requests, 8), "little")
        request = pickle.loads(read_exactly(requests, nbytes))
        answer: list[bytes] | str
        try:
            answer = serve(request)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        data = pickle.dumps(answer)
        answers.write(len(data).to_bytes(8, "little") + data)
        answers.flush()


if __name__ == "__main__":
    main()
