"""Kernels of Conv2D that use each tile of their weights for many pixels: where flash is slow.

A convolution goes through all of its weights for every few pixels. Where they exceed the cache,
every line of flash is waited for again each time. These kernels expand more pixels at once, and go
through the weights tile by tile, each for all of these pixels: that takes scratch memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tinyengine.board.types import Cache
from tinyengine.ir import Conv2D, Op
from tinyengine.kernels.dsp.convolution import KERNELS as CONVOLUTION
from tinyengine.kernels.dsp.winograd import KERNELS as WINOGRAD
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct

_DIRECT, _DIRECT_W16 = "te_conv2d_s8_dsp", "te_conv2d_s8_dsp_w16"
_WINOGRAD, _HALF = "te_conv2d_s8_dsp_winograd", "te_conv2d_s8_dsp_winograd_half"
_ROWS = "te_conv_rows_tiled_dsp"

_LOOPS, _LOOPS_W16, _LOOPS_WINOGRAD = (
    "te_conv_dots_w8_dsp",
    "te_conv_dots_w16_dsp",
    "te_winograd_dsp",
)
_SHARES = {
    _DIRECT: (_ROWS, _LOOPS),
    _DIRECT_W16: (_ROWS, _LOOPS_W16),
    _WINOGRAD: (_LOOPS_WINOGRAD,),
    _HALF: (f"{_WINOGRAD}_tiled", _LOOPS_WINOGRAD, f"{_DIRECT}_tiled", _ROWS, _LOOPS),
}
"""What tiled kernels are made of: the loops are those of the kernels that they tile."""

_PLACE_NBYTES, _WINOGRAD_PLACE_NBYTES = 20, 8
"""Scratch of a group beside what is expanded. Source: te_dsp_conv2d_tiled.h."""

_GROUPS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Groups of pixels at a time that are tried."""

_FULL = 0.9
"""The share of a cache that what is read again and again may fill."""

_TILE = 2 / 3
"""The share of a cache that a tile takes at most; operands and constants take the rest."""

_COPIED_NBYTES = 4096
"""The bytes of a tile that is copied."""

_CALL_CYCLES = 120
"""What one more call of a dot product costs: finding its operands, and its frame."""

_COPY_CYCLES = 2.5
"""What copying a word of a tile costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How a kernel goes through its weights: `groups` of pixels at a time, in tiles of `nbytes`.

    A tile has one record at least. Where it `copies`, each goes to the scratch first.
    """

    groups: int
    nbytes: int
    copies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offer:
    """A tiled kernel, the cycles that it saves an operator (estimated), and its scratch bytes."""

    kernel: Kernel
    saved: float
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A convolution that a kernel consists of, as the parameters of its C function have it.

    Its `records` have `words` words each and `channels` channels; a group of pixels, of which there
    are `groups` in all, takes `x_nbytes` when it is expanded, and `place_nbytes`.
    """

    records: int
    words: int
    channels: int
    groups: int
    x_nbytes: int
    place_nbytes: int

    @property
    def weights_nbytes(self) -> int:
        """The bytes of all records."""
        return 4 * self.words * self.records

    def tile_records(self, nbytes: int) -> int:
        """Give the records of a tile of so many bytes, one at least."""
        return max(min(nbytes // (4 * self.words), self.records), 1)

    def groups_within(self, nbytes: int) -> int:
        """Give the groups at a time that take so many bytes, one at least."""
        return max(min(nbytes // (self.x_nbytes + self.place_nbytes), self.groups), 1)


def tiled(kernel: Kernel, tiling: Tiling) -> Kernel:
    """Give the kernel that computes as `kernel` does, tile by tile."""

    def params(op: Conv2D) -> Struct:
        """Give the parameters of the C function."""
        return _tiled_params(op, kernel, kernel.params(op), tiling)

    def scratch_nbytes(op: Conv2D) -> int:
        """Give the bytes for a tile that is copied, for the groups, and for what is clipped."""
        assert kernel.scratch_nbytes is not None, "windows are expanded in the scratch"
        clipped = kernel.scratch_nbytes(op) - min(each.x_nbytes for each in _parts(op, kernel))
        return clipped + max(_tiles_nbytes(op, kernel, tiling))

    return replace(
        kernel,
        function=f"{kernel.function}_tiled",
        header="te_dsp_conv2d_tiled.h",
        params=params,
        scratch_nbytes=scratch_nbytes,
        progress=Progress.WHOLE if kernel.function == _HALF else kernel.progress,
        shares=_SHARES[kernel.function],
        constraints=(*kernel.constraints, *_asks(kernel)),
        tiles=kernel,
    )


def _tiles_nbytes(op: Conv2D, kernel: Kernel, tiling: Tiling) -> Iterator[int]:
    """Give for each part of a kernel the scratch of its groups and of a tile that is copied."""
    parts = _parts(op, kernel)
    for part in parts:
        groups = _groups_of(part, parts, tiling)
        tile = 4 * part.words * part.tile_records(tiling.nbytes) if tiling.copies else 0
        yield tile + groups * (part.x_nbytes + part.place_nbytes)


def _groups_of(part: _Part, parts: tuple[_Part, ...], tiling: Tiling) -> int:
    """Give the groups at a time of a part: the first one's bytes hold those of the others."""
    first = parts[0]
    groups = min(tiling.groups, first.groups)
    return (
        groups
        if part is first
        else part.groups_within(groups * (first.x_nbytes + first.place_nbytes))
    )


def _tiled_params(op: Conv2D, kernel: Kernel, struct: Struct, tiling: Tiling) -> Struct:
    c_type = f"{struct.c_type.removesuffix('_params')}_tiled_params"
    members = dict(struct.members)
    inner = {name: each for name, each in members.items() if isinstance(each, Struct)}
    parts = _parts(op, kernel)
    wrapped = [
        _wrapped(each, part, _groups_of(part, parts, tiling), tiling)
        for each, part in zip(inner.values() or [struct], parts, strict=True)
    ]
    if not inner:
        return wrapped[0]
    members |= dict(zip(inner, wrapped, strict=True))
    return Struct(c_type=c_type, members=members)


def _wrapped(struct: Struct, part: _Part, groups: int, tiling: Tiling) -> Struct:
    """Give the parameters of one convolution with how it is tiled."""
    records = part.tile_records(tiling.nbytes)
    members = {
        "groups": groups,
        "tile_words": records * part.words,
        "tile_channels": records * part.channels,
        "copies": int(tiling.copies),
    }
    return Struct(
        c_type=f"{struct.c_type.removesuffix('_params')}_tiled_params",
        members={"conv": struct, "tiling": Struct(c_type="te_conv_tiling", members=members)},
    )


def _parts(op: Conv2D, kernel: Kernel) -> tuple[_Part, ...]:
    """Give the convolutions that a kernel consists of."""
    struct = kernel.params(op)
    inner = [each for each in struct.members.values() if isinstance(each, Struct)]
    is_w16 = kernel.function == _DIRECT_W16
    return tuple(_part(op, each, 2 if is_w16 else 4) for each in inner or [struct])


def _part(op: Conv2D, struct: Struct, channels: int) -> _Part:
    """Give what the parameters of one convolution say; of Winograd's, channels are two."""
    out_h, out_w, _ = op.output.hwc
    pairs = _number(struct, "pairs")
    if struct.c_type == "te_conv2d_dsp_winograd_params":
        words = 32 * pairs + 8
        return _Part(
            records=_number(struct, "words") // words,
            words=words,
            channels=2,
            groups=-(-out_h // 2) * -(-out_w // 4),
            x_nbytes=128 * pairs,
            place_nbytes=_WINOGRAD_PLACE_NBYTES,
        )
    records, group = _number(struct, "out_c") // channels, _number(struct, "group")
    even = _number(struct, "even_words")
    return _Part(
        records=records,
        words=even // records if records else _number(struct, "words"),
        channels=channels,
        groups=-(-out_h * out_w // group),
        x_nbytes=4 * group * pairs,
        place_nbytes=_PLACE_NBYTES,
    )


def _number(struct: Struct, name: str) -> int:
    value = struct.members[name]
    assert isinstance(value, int), f"{name} of {struct.c_type} is a number"
    return value


def _asks(kernel: Kernel) -> tuple[Constraint, ...]:
    """Give what tiles ask of an operator."""

    def records_are_alike(op: Conv2D) -> bool:
        """All channels must be rounded in the same way."""
        if kernel.declines(op):
            return True  # says why itself
        (part,) = _parts(op, kernel)
        struct = kernel.params(op)
        lengths = {2 * _number(struct, "pairs") + factors for factors in (7, 9)}
        whole = part.records * part.words == _number(struct, "even_words")
        return whole and (not part.records or part.words in lengths)

    return (records_are_alike,) if kernel.function == _DIRECT_W16 else ()


def offers(op: Op, kernel: Kernel, cache: Cache, issues: int) -> tuple[Offer, ...]:
    """Give tiled kernels that save waits for flash which has this `cache`, by ascending scratch.

    `issues` are the instructions that the core issues at a time: those with two read a record of
    int8 twice for a group.
    """
    if not isinstance(op, Conv2D) or kernel.function not in _SHARES:
        return ()
    if any(not holds(op) for holds in _asks(kernel)):
        return ()
    parts = _parts(op, kernel)
    if sum(part.weights_nbytes for part in parts) <= _FULL * cache.nbytes:
        return ()
    found = []
    for groups in _GROUPS:
        for copies in (False, True):
            nbytes = _COPIED_NBYTES if copies else int(_TILE * cache.nbytes)
            tiling = Tiling(groups=groups, nbytes=nbytes, copies=copies)
            saved = sum(_saved(part, parts, tiling, cache, issues) for part in parts)
            each = tiled(kernel, tiling)
            assert each.scratch_nbytes is not None, "groups are expanded in the scratch"
            found.append(Offer(kernel=each, saved=saved, nbytes=each.scratch_nbytes(op)))
    return tuple(sorted(found, key=lambda offer: (offer.nbytes, -offer.saved)))


def _saved(
    part: _Part, parts: tuple[_Part, ...], tiling: Tiling, cache: Cache, issues: int
) -> float:
    """Give the cycles that tiles save in a part of a kernel, less what they cost."""
    line_cycles = part.weights_nbytes / cache.line * cache.next_cycles
    turns = 2 if issues > 1 and part.channels == 4 else 1
    at_a_time = _groups_of(part, parts, tiling)
    rounds = -(-part.groups // at_a_time)
    records = part.tile_records(tiling.nbytes)
    held = tiling.copies or 4 * part.words * records <= _FULL * cache.nbytes
    waited = rounds if held else part.groups * turns
    extra_calls = part.groups * (-(-part.records // records) - 1)
    copied = rounds * part.weights_nbytes / 4 * _COPY_CYCLES if tiling.copies else 0
    return (part.groups * turns - waited) * line_cycles - extra_calls * _CALL_CYCLES - copied


_EXAMPLE = Tiling(groups=4, nbytes=2048)

TILED: tuple[Kernel, ...] = tuple(
    tiled(kernel, _EXAMPLE) for kernel in (*CONVOLUTION, *WINOGRAD) if kernel.function in _SHARES
)
"""The kernels that compute in tiles, of one size."""
