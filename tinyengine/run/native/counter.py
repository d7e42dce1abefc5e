"""Exact instruction counts under Unicorn, by a callback in C that the host's compiler builds."""

import ctypes
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from tinyengine.board.types import MemoryModel
from tinyengine.errors import ToolError
from tinyengine.run.image import Image
from tinyengine.run.native.build import built_library
from tinyengine.run.result import ExecutedBlock, Misses

Range = tuple[int, int]
"""A half-open range of addresses."""


class Finding(Enum):
    """What tracing finds; the numbers are those of counter.c."""

    NOTHING = 0
    STRAY_WRITE = 1
    UNALIGNED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An access to `address` by the instruction at `pc`."""

    finding: Finding
    pc: int
    address: int


class _Edge(ctypes.Structure):
    """`struct te_edge` of edges.h."""

    _fields_ = (
        ("site", ctypes.c_uint32),
        ("previous", ctypes.c_uint32),
        ("address", ctypes.c_uint32),
        ("nbytes", ctypes.c_uint32),
        ("count", ctypes.c_uint64),
        ("code_all", ctypes.c_uint64),
        ("code_next", ctypes.c_uint64),
        ("data_all", ctypes.c_uint64),
        ("data_next", ctypes.c_uint64),
    )


@lru_cache(maxsize=1)
def load_library() -> ctypes.CDLL:
    """Give the C library of the counter; built once, then taken from the user's cache.

    Raises:
        ToolError: no C compiler, or it failed.
    """
    with built_library("counter") as path:
        return _declare(ctypes.CDLL(str(path)))


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, u32, u64 = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "te_counter_new": (pointer, [u64, u64]),
        "te_counter_code": (ctypes.c_int, [pointer, ctypes.c_char_p, u64, u64]),
        "te_counter_free": (None, [pointer]),
        "te_counter_reset": (None, [pointer]),
        "te_counter_engine": (None, [pointer, pointer, pointer]),
        "te_counter_trace": (None, [pointer, pointer]),
        "te_counter_cache": (ctypes.c_int, [pointer, ctypes.c_int, u64, u64, u32, u32, u32]),
        "te_counter_writable": (None, [pointer, ctypes.c_int, u64, u64]),
        "te_counter_get": (None, [pointer, u32, ctypes.POINTER(u64), ctypes.POINTER(u64)]),
        "te_counter_blocks": (u32, [pointer]),
        "te_counter_pairs": (u64, [pointer]),
        "te_counter_edges": (ctypes.c_int, [pointer, ctypes.POINTER(u32), u32]),
        "te_counter_edge_count": (u32, [pointer]),
        "te_counter_get_edges": (None, [pointer, ctypes.POINTER(_Edge)]),
        "te_counter_finding": (ctypes.c_int, [pointer, ctypes.POINTER(u32), ctypes.POINTER(u64)]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)  # cached, unlike library[name]
        function.restype = result
        function.argtypes = arguments
    return library


class InstructionCounter:
    """Counts the instructions from the entry of `bench_begin` to the entry of `bench_end`.

    An instruction whose condition fails counts as one. `block_hook`, `write_hook` and
    `align_hook` are the addresses of the C callbacks and `handle` is their user data.
    """

    def __init__(self, image: Image) -> None:
        """Prepare for the code of `image`.

        Raises:
            ToolError: no C compiler, or the image has no markers.
        """
        self._library = load_library()
        self._image = image
        self._follows = False
        missing = [n for n in ("bench_begin", "bench_end") if n not in image.symbols]
        if missing:
            raise ToolError(str(image.path), f"has no function {' and no '.join(missing)}")
        begin, end = image.symbols["bench_begin"], image.symbols["bench_end"]
        self._codes = image.codes
        self.handle: int = self._library.te_counter_new(begin, end)
        if not self.handle:
            raise MemoryError
        for code in self._codes:
            nbytes = len(code.data)
            if not self._library.te_counter_code(self.handle, code.data, code.runs_at, nbytes):
                raise ToolError(str(image.path), "has code in more than four places")
        self.block_hook = ctypes.cast(self._library.te_counter_block, ctypes.c_void_p)
        self.write_hook = ctypes.cast(self._library.te_counter_write, ctypes.c_void_p)
        self.read_hook = ctypes.cast(self._library.te_counter_read, ctypes.c_void_p)
        self.align_hook = ctypes.cast(self._library.te_counter_align, ctypes.c_void_p)

    def close(self) -> None:
        """Free the memory; the hooks must not be called any more."""
        if self.handle:
            self._library.te_counter_free(self.handle)
            self.handle = 0

    def reset(self) -> None:
        """Begin to count anew."""
        self._library.te_counter_reset(self.handle)

    def trace(self, writable: tuple[Range, ...], engine: ctypes.CDLL) -> None:
        """Make the access hooks look for writes outside `writable` and unaligned accesses.

        Traced is what runs from the return of `bench_begin` to the entry of `bench_end`; `engine`
        is Unicorn's library.
        """
        self._use(engine)
        stop = ctypes.cast(engine["uc_emu_stop"], ctypes.c_void_p)
        self._library.te_counter_trace(self.handle, stop)
        for index, (first, last) in enumerate(writable):
            self._library.te_counter_writable(self.handle, index, first, last)

    def _use(self, engine: ctypes.CDLL) -> None:
        """Let the hooks of accesses read and write registers."""
        names = ("uc_reg_read", "uc_reg_write")
        functions = (ctypes.cast(engine[name], ctypes.c_void_p) for name in names)
        self._library.te_counter_engine(self.handle, *functions)

    def model_memory(self, flash: Range, model: MemoryModel, engine: ctypes.CDLL) -> None:
        """Count the lines of `flash` that code and data wait for, where `follow` was asked for.

        Data are seen where `read_hook` is called for every read of flash.
        """
        self._use(engine)
        for is_code, cache in ((1, model.code), (0, model.data)):
            if model.is_unified and not is_code:
                continue
            geometry = (cache.nbytes, cache.ways, cache.line)
            if not self._library.te_counter_cache(self.handle, is_code, *flash, *geometry):
                raise MemoryError

    def follow(self, model: Sequence[Range]) -> None:
        """Also count which block ran after which; `model` are the model's own functions."""
        flat = [address for first_last in sorted(model) for address in first_last]
        ranges = (ctypes.c_uint32 * len(flat))(*flat)
        if not self._library.te_counter_edges(self.handle, ranges, len(model)):
            raise MemoryError
        self._follows = True

    def executed(self) -> tuple[ExecutedBlock, ...] | None:
        """Give all that ran where `follow` asked for it, ordered by the fields; None otherwise."""
        if not self._follows or self._library.te_counter_pairs(self.handle) != 1:
            return None
        edges = (_Edge * self._library.te_counter_edge_count(self.handle))()
        if not len(edges):
            raise MemoryError
        self._library.te_counter_get_edges(self.handle, edges)
        found = (
            ExecutedBlock(
                site=edge.site,
                previous=edge.previous,
                address=edge.address,
                nbytes=edge.nbytes,
                count=edge.count,
                code=Misses(all=edge.code_all, next=edge.code_next),
                data=Misses(all=edge.data_all, next=edge.data_next),
            )
            for edge in edges
        )
        return tuple(sorted(found, key=lambda b: (b.site, b.address, b.previous, b.nbytes)))

    def found(self) -> Found | None:
        """Give the first access that tracing objects to; None: there was none."""
        pc, address = ctypes.c_uint32(), ctypes.c_uint64()
        finding = Finding(
            self._library.te_counter_finding(self.handle, ctypes.byref(pc), ctypes.byref(address))
        )
        if finding is Finding.NOTHING:
            return None
        return Found(finding=finding, pc=pc.value, address=address.value)

    def by_function(self) -> Mapping[str, int] | None:
        """Give the instructions per function, most first.

        None where not exactly one pair of markers ran since the reset, or code outside the image.
        """
        if self._library.te_counter_pairs(self.handle) != 1:
            return None
        totals: Counter[str] = Counter()
        address, instructions = ctypes.c_uint64(), ctypes.c_uint64()
        for index in range(self._library.te_counter_blocks(self.handle)):
            self._library.te_counter_get(
                self.handle, index, ctypes.byref(address), ctypes.byref(instructions)
            )
            totals[self._image.function_at(address.value)] += instructions.value
        return dict(totals.most_common())
