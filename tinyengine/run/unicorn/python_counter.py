"""Exact instruction counts under Unicorn without a C compiler: what counter.c does, in Python.

It is some ten times slower than the callbacks in C, and counts the same.
"""

import ctypes
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from unicorn import arm_const
from unicorn.unicorn_py3.unicorn import Uc

from tinyengine.errors import ToolError
from tinyengine.run.image import Image
from tinyengine.run.native.counter import Finding, Found, Range
from tinyengine.run.result import ExecutedBlock

_XPSR_IT = 0x0600FC00
"""The bits of XPSR that say where in an IT block the core is. Source: Armv7-M ARM, B1.4.2."""


class PythonCounter:
    """Stands in for `InstructionCounter`; `block_hook` and so on are Unicorn's Python callbacks."""

    def __init__(self, image: Image) -> None:
        """Prepare for the code of `image`.

        Raises:
            ToolError: the image has no markers.
        """
        missing = [n for n in ("bench_begin", "bench_end") if n not in image.symbols]
        if missing:
            raise ToolError(str(image.path), f"has no function {' and no '.join(missing)}")
        self._begin, self._end = image.symbols["bench_begin"], image.symbols["bench_end"]
        self._image, self._codes = image, image.codes
        self._count_block = cache(self._instructions)
        self._model: tuple[int, ...] | None = None
        self._writable: tuple[Range, ...] = ()
        self._traces = False
        self._trace_from = -1
        self.reset()

    def close(self) -> None:
        """Do nothing: there is nothing to free."""

    def reset(self) -> None:
        """Begin to count anew."""
        self._pairs, self._active, self._foreign, self._tracing = 0, False, False, False
        self._blocks: Counter[tuple[int, int]] = Counter()
        self._edges: Counter[tuple[int, int, int, int]] = Counter()
        self._site, self._previous, self._previous_end, self._was_inside = 0, 0, 0, False
        self._found: Found | None = None

    def trace(self, writable: tuple[Range, ...], engine: ctypes.CDLL) -> None:  # noqa: ARG002 -- C only
        """Make the access hooks look for writes outside `writable` and unaligned accesses."""
        self._writable, self._traces = writable, True

    def follow(self, model: Sequence[Range]) -> None:
        """Also count which block ran after which; `model` are the model's own functions."""
        self._model = tuple(address for first_last in sorted(model) for address in first_last)

    def block_hook(self, uc: Uc, address: int, nbytes: int, _: object) -> None:
        """Count a block that begins."""
        self._pass_marker(uc, address)
        if not self._active:
            return
        if not any(code.holds(address) for code in self._codes):
            self._foreign = True
            return
        self._blocks[address, nbytes] += 1
        if self._model is not None:
            self._follow_to(self._model, address, nbytes)

    def write_hook(self, uc: Uc, _: int, address: int, nbytes: int, *_rest: object) -> None:
        """Find writes elsewhere than to where they may go."""
        _clear_it(uc)
        if self._tracing and not any(
            first <= address and address + nbytes <= last for first, last in self._writable
        ):
            self._find(uc, Finding.STRAY_WRITE, address)

    def align_hook(self, uc: Uc, _: int, address: int, nbytes: int, *_rest: object) -> None:
        """Find accesses not aligned to their size, or to a word where they are larger."""
        _clear_it(uc)
        if self._tracing and address % min(nbytes, 4):
            self._find(uc, Finding.UNALIGNED, address)

    def found(self) -> Found | None:
        """Give the first access that tracing objects to; None: there was none."""
        return self._found

    def by_function(self) -> Mapping[str, int] | None:
        """Give the instructions per function, most first.

        None where not exactly one pair of markers ran since the reset, or code outside the image.
        """
        if self._foreign or self._pairs != 1:
            return None
        totals: Counter[str] = Counter()
        for (address, nbytes), count in self._blocks.items():
            totals[self._image.function_at(address)] += count * self._count_block(address, nbytes)
        return dict(totals.most_common())

    def executed(self) -> tuple[ExecutedBlock, ...] | None:
        """Give all that ran where `follow` asked for it, ordered by the fields; None otherwise."""
        if self._model is None or self._foreign or self._pairs != 1:
            return None
        blocks = (
            ExecutedBlock(site=site, previous=before, address=address, nbytes=nbytes, count=count)
            for (site, before, address, nbytes), count in self._edges.items()
        )
        return tuple(sorted(blocks, key=lambda b: (b.site, b.address, b.previous, b.nbytes)))

    def _pass_marker(self, uc: Uc, address: int) -> None:
        """Open and close the window of what is counted, and within it that of what is traced."""
        if address == self._begin:
            self._active = True
            if self._traces:
                self._trace_from = uc.reg_read(arm_const.UC_ARM_REG_LR) & ~1
        elif address == self._end:
            self._pairs += self._active
            self._active = self._tracing = False
        elif self._active and address == self._trace_from:
            self._tracing = True

    def _follow_to(self, model: tuple[int, ...], address: int, nbytes: int) -> None:
        """Count an edge: the call of the model that it belongs to, and the block before."""
        inside = bisect_right(model, address) % 2 == 1
        if inside:
            self._site = 0
        elif self._was_inside:
            self._site = self._previous_end
        self._edges[self._site, self._previous, address, nbytes] += 1
        self._was_inside = inside
        self._previous, self._previous_end = address, address + nbytes

    def _find(self, uc: Uc, finding: Finding, address: int) -> None:
        """Keep the first finding and stop the core."""
        if self._found is None:
            pc = uc.reg_read(arm_const.UC_ARM_REG_PC)
            self._found = Found(finding=finding, pc=pc, address=address)
            uc.emu_stop()

    def _instructions(self, address: int, nbytes: int) -> int:
        """Count the Thumb instructions of a block from its halfwords.

        A first halfword of 0b11101, 0b11110 or 0b11111 opens a 32-bit one. Source: Armv7-M ARM,
        A5.1.
        """
        segment = next(code for code in self._codes if code.holds(address))
        first = address - segment.runs_at
        code, at, count = segment.data[first : first + nbytes], 0, 0
        while at + 1 < len(code):
            at += 4 if code[at + 1] >> 3 >= 0x1D else 2
            count += 1
        return count


def _clear_it(uc: Uc) -> None:
    """Clear the IT bits, which Unicorn sets before it calls the hook of an access.

    Left so, they would make the first instructions of the next block conditional.
    """
    xpsr = uc.reg_read(arm_const.UC_ARM_REG_XPSR)
    if xpsr & _XPSR_IT:
        uc.reg_write(arm_const.UC_ARM_REG_XPSR, xpsr & ~_XPSR_IT)
