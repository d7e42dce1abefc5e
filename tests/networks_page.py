"""Fill the table of docs/networks.md: `python -m tests.networks_page` after `make figures`.

What tinyengine needs is in tests/models/figures.csv, what TensorFlow Lite Micro needs was measured
once, as the page says.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from examples.results import replaced
from tests.models.figures import Case, read_table
from tests.support import ROOT

PAGE = ROOT / "docs" / "networks.md"
MARKS = "<!-- networks: begin -->", "<!-- networks: end -->"
_BOARD = "mps2-an500"


@dataclass(frozen=True, slots=True, kw_only=True)
class Micro:
    """What TensorFlow Lite Micro with CMSIS-NN needs: bytes, and executed instructions."""

    arena: int
    static: int
    stack: int
    flash: int
    instructions: int
    is_exact: bool = True

    @property
    def sram(self) -> int:
        """The bytes of the arena that it uses, of its variables and of the stack."""
        return self.arena + self.static + self.stack


MICRO: Mapping[str, Micro | str] = {
    "ghostnet_v2": Micro(
        arena=33204,
        static=1832,
        stack=1292,
        flash=155624,
        instructions=5541150,
    ),
    "mlperf_ad_toycar": Micro(
        arena=2580,
        static=288,
        stack=828,
        flash=309340,
        instructions=582652,
        is_exact=False,
    ),
    "mlperf_ic_resnet8": Micro(
        arena=54996,
        static=1624,
        stack=1292,
        flash=183072,
        instructions=29937835,
    ),
    "mlperf_kws_dscnn": Micro(
        arena=22820,
        static=1544,
        stack=1292,
        flash=142502,
        instructions=7761333,
    ),
    "mlperf_sww": Micro(
        arena=16596,
        static=1512,
        stack=1080,
        flash=159940,
        instructions=2187291,
    ),
    "mlperf_vww_mobilenet96": Micro(
        arena=100708,
        static=1624,
        stack=1292,
        flash=424220,
        instructions=24484026,
    ),
    "mobilenet_v3_small": Micro(
        arena=27652,
        static=608,
        stack=1292,
        flash=158704,
        instructions=3724749,
    ),
    "person_detect": Micro(
        arena=82308,
        static=1512,
        stack=1308,
        flash=375612,
        instructions=23216750,
    ),
    "stream_convolutions": Micro(
        arena=5012,
        static=1656,
        stack=1180,
        flash=98536,
        instructions=74793,
    ),
    "stream_lstm": Micro(
        arena=4500,
        static=1448,
        stack=844,
        flash=87460,
        instructions=55085,
    ),
    "stream_svdf": Micro(
        arena=5316,
        static=1448,
        stack=820,
        flash=64324,
        instructions=60704,
    ),
    "unet_int16": Micro(
        arena=66948,
        static=1544,
        stack=1148,
        flash=103332,
        instructions=22055639,
        is_exact=False,
    ),
    "unet_int8": Micro(
        arena=22340,
        static=1656,
        stack=1292,
        flash=97436,
        instructions=4554684,
    ),
    "stream_lstm_int16": Micro(arena=8244, static=1400, stack=884, flash=57804, instructions=39533),
    "keyword_transformer": "it has no GELU",
}
"""By network; a text says why there is nothing to measure."""


def table() -> str:
    """Give the table of networks that both were measured with, on a Cortex-M7."""
    lines = [
        "| network | SRAM | of Micro | flash | of Micro | instructions | of Micro |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    figures = read_table()
    for name, micro in sorted(MICRO.items()):
        ours = figures[Case(model=name, board=_BOARD, objective="speed")]
        if isinstance(micro, str):
            theirs = (micro, "–", "–")
        else:
            wrong = "" if micro.is_exact else ", other bytes"
            theirs = (f"{micro.sram:,}", f"{micro.flash:,}", f"{micro.instructions:,}{wrong}")
        pairs = zip((ours.sram, ours.flash, ours.instructions), theirs, strict=True)
        lines.append(f"| {name} | " + " | ".join(f"{mine:,} | {its}" for mine, its in pairs) + " |")
    return "\n".join(lines)


def main() -> None:
    """Write the table into the page."""
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), table(), MARKS), encoding="utf-8")


if __name__ == "__main__":
    main()
