"""The report as one HTML page: everything that the template prints, as numbers and texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tinyengine.board.types import Board, MemoryKind
from tinyengine.render import environment
from tinyengine.report.codec import Json
from tinyengine.report.drawing import KINDS, NARROW, WIDE, Limit, draw, milliseconds
from tinyengine.report.report import model_number

_NUMBERS = ("MACs", "instructions", "per MAC", "cycles", "ms", "share", "block", "weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of a whole in percent, drawn as a piece of a bar."""

    name: str
    kind: str
    nbytes: int
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a budget or of a board's memory is taken, in percent and in words."""

    percent: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What is taken of a memory, by part, and what share that is of what there is."""

    name: str
    nbytes: int
    parts: tuple[Part, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the operators' table; `cells` are its figures with their names.

    `name` is the last of the names that a converter has joined, `names` are all. Between its parts
    the kernel's name may go on in the next line.
    """

    index: str
    title: str
    shapes: str
    cells: tuple[tuple[str, str], ...]
    bar: float | None
    kernel_parts: tuple[str, ...]
    name: str
    names: str
    kind: str = ""


def render_page(report: Json, board: Board, profile: Json | None, unprofiled: str) -> str:
    """Give the page for a `report`; `unprofiled` says why there is no `profile`."""
    times = _times(report, profile)
    limit = _limit(report, board)
    template = environment().get_template("report.html.j2")
    return template.render(
        report=report,
        title=f"{report['model']['name']} for {report['board']}",
        board_title=board.title,
        tiles=_tiles(report, board, profile),
        drawings=[draw(report, frame, limit, times) for frame in (WIDE, NARROW)],
        kinds=KINDS,
        bars=_bars(report, board),
        columns=_columns(profile),
        rows=_rows(report, profile),
        remark=_remark(board, profile, unprofiled),
        clock=_clock(board) if times else "",
    )


def _clock(board: Board) -> str:
    return f"{board.clock_hz / 1e6:g} MHz"


def _knows_flash(profile: Json) -> bool:
    """Tell whether milliseconds are with what flash is waited for."""
    return profile["total"]["waits"] is not None


def _times(report: Json, profile: Json | None) -> tuple[float, ...]:
    """Give the milliseconds of each block at the board's clock; none without a cycle model."""
    if profile is None or profile["total"]["cycles"] is None:
        return ()
    spent = [cost["cycles"] + (cost["waits"] or 0) for cost in profile["operators"]]
    return tuple(
        1000 * sum(spent[index] for index in block["operators"]) / profile["clock_hz"]
        for block in report["blocks"]
    )


def _tiles(report: Json, board: Board, profile: Json | None) -> list[tuple[str, str, str]]:
    """Give the figures at the top: name, value and remark."""
    sram, flash = report["sram"], report["flash"]
    instructions = report["measured"]["instructions"]
    tiles = [
        ("SRAM", f"{sram['total']:,}", "bytes, all that inference needs"),
        ("Flash", f"{flash['total']:,}", "bytes, code and constants"),
        ("MACs", f"{report['model']['macs']:,}", "multiplications per inference"),
    ]
    if instructions is not None:
        tiles.append(("Instructions", f"{instructions:,}", "executed per inference"))
    if profile and profile["total"]["cycles"] is not None:
        cycles, ms = profile["total"]["cycles"], profile["total"]["ms"]
        waits = ", with flash" if _knows_flash(profile) else ""
        tiles.append(("Cycles", f"{cycles:,}", f"modelled, {profile['core']}"))
        tiles.append(("Time", f"{milliseconds(ms)} ms", f"at {_clock(board)}, modelled{waits}"))
    return tiles


def _remark(board: Board, profile: Json | None, unprofiled: str) -> str:
    """Say where the table's figures come from."""
    if profile is None:
        return f"Not profiled: {unprofiled}"
    counted = "Instructions are counted on the emulated board, on an input of zeros"
    if profile["total"]["cycles"] is None:
        return f"{counted}; there is no cycle model of the {profile['core']}."
    waits = " and what flash is waited for" if _knows_flash(profile) else ""
    return (
        f"{counted}; cycles are modelled, for memory without wait states, "
        f"milliseconds are those at {_clock(board)}{waits}."
    )


# -- limits and shares ----------------------------------------------------------------------------


def _ram_nbytes(board: Board) -> int:
    return sum(bank.nbytes for bank in board.ram_banks if bank.kind is MemoryKind.RAM)


def _limit(report: Json, board: Board) -> Limit:
    """Give what bounds the arena: the user's budget, or else the board's RAM."""
    sram = report["sram"]
    beside = sram["static"] + sram["stack"]
    budget = (report.get("budget") or {"sram": None})["sram"]
    whole = _ram_nbytes(board) if budget is None else budget
    name = "board's RAM" if budget is None else "budget"
    left = whole - sram["total"]
    return Limit(nbytes=whole - beside, text=f"{name} {whole:,} bytes, {max(left, 0):,} left")


def _bars(report: Json, board: Board) -> list[Bar]:
    """Give the bars of SRAM and flash, each beside what the board has."""
    sram, flash = report["sram"], report["flash"]
    scratch = sram["scratch_in_arena"]
    memory = [
        ("tensors in the arena", "tensor", sram["arena"] - scratch),
        ("scratch in the arena", "scratch", scratch),
        ("stack, measured", "stack", sram["stack"]),
        ("statics", "static", sram["static"]),
    ]
    constants = [
        ("weights", "weights", flash["weights"]),
        ("code", "code", flash["code"]),
        ("other constants", "other", flash["other_constants"]),
    ]
    budget = report.get("budget") or {"sram": None, "flash": None}
    return [
        _bar("SRAM", sram["total"], _parts(memory), budget["sram"], _ram_nbytes(board)),
        _bar("Flash", flash["total"], _parts(constants), budget["flash"], board.flash.nbytes),
    ]


def _bar(name: str, nbytes: int, parts: tuple[Part, ...], budget: int | None, board: int) -> Bar:
    rooms = [("board has", board)]
    if budget is not None:
        rooms.insert(0, ("budget allows", budget))
    shares = []
    for source, room in rooms:
        left = f"{room - nbytes:,} bytes left" if nbytes <= room else "external memory has the rest"
        percent = 100 * nbytes / room
        text = f"{percent:.1f} % of the {room:,} that the {source}; {left}"
        shares.append(Share(percent=min(percent, 100.0), text=text))
    return Bar(name=name, nbytes=nbytes, parts=parts, shares=tuple(shares))


def _parts(values: Sequence[tuple[str, str, int]]) -> tuple[Part, ...]:
    total = max(sum(nbytes for _, _, nbytes in values), 1)
    return tuple(
        Part(name=name, kind=kind, nbytes=nbytes, percent=100 * nbytes / total)
        for name, kind, nbytes in values
        if nbytes
    )


# -- operators ------------------------------------------------------------------------------------


def _columns(profile: Json | None) -> tuple[str, ...]:
    """Give the names of the columns of figures: without a profile or a cycle model, fewer."""
    unknown: set[str] = set()
    if profile is None:
        unknown = {"instructions", "per MAC", "cycles", "ms", "share"}
    elif profile["total"]["cycles"] is None:
        unknown = {"cycles", "ms"}
    return tuple(name for name in _NUMBERS if name not in unknown)


def _rows(report: Json, profile: Json | None) -> list[Row]:
    """Give the operators with what each costs, where that is known, then the rest and the sum."""
    columns = _columns(profile)
    costs = profile["operators"] if profile else [None] * len(report["operators"])
    largest = max((cost["share"] for cost in costs if cost), default=1) or 1
    rows = []
    for operator, cost in zip(report["operators"], costs, strict=True):
        streams = report["blocks"][operator["block"]]["kind"] != "layer"
        figures = _figures(cost) | {
            "MACs": _count(operator["macs"]),
            "weights": _count(operator["weights_bytes"]),
            "block": f"{'~' if streams else ''}{operator['block']}",
        }
        inputs = " and ".join(_shape(shape) for shape in operator["input_shapes"])
        rows.append(
            Row(
                index=model_number(operator["source"]),
                title=operator["op"],
                shapes=f"{inputs} → {_shape(operator['output_shape'])}",
                cells=tuple((name, figures[name]) for name in columns),
                bar=100 * cost["share"] / largest if cost else None,
                kernel_parts=tuple(re.findall("[^_]*_|[^_]+", operator["kernel"])),
                name=operator["name"].rpartition(";")[2],
                names=operator["name"],
            )
        )
    return rows if profile is None else [*rows, *_sums(report, profile, columns)]


def _sums(report: Json, profile: Json, columns: Sequence[str]) -> list[Row]:
    """Give the lines below the operators."""
    macs = _count(report["model"]["macs"])
    lines = (("calls and copies", "rest", ""), ("total", "total", macs))
    rows = []
    for title, kind, done in lines:
        figures = _figures(profile[kind]) | {
            "MACs": done,
            "weights": "",
            "block": "",
        }
        rows.append(
            Row(
                index="",
                title=title,
                shapes="",
                cells=tuple((name, figures[name]) for name in columns),
                bar=None,
                kernel_parts=(),
                name="",
                names="",
                kind=kind,
            )
        )
    return rows


def _figures(cost: Json | None) -> dict[str, str]:
    """Give what is counted and modelled of an operator, as texts."""
    if cost is None:
        return {}
    per_mac, cycles = cost["instructions_per_mac"], cost["cycles"]
    return {
        "instructions": f"{cost['instructions']:,}",
        "per MAC": "" if per_mac is None else f"{per_mac:.2f}",
        "cycles": "" if cycles is None else f"{cycles:,}",
        "ms": "" if cost["ms"] is None else milliseconds(cost["ms"]),
        "share": f"{100 * cost['share']:.1f} %",
    }


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _shape(shape: Sequence[int]) -> str:
    """Give a shape without a batch of one."""
    return "×".join(map(str, shape[1:] if len(shape) > 1 and shape[0] == 1 else shape))
