"""Test firmware around a fake model, built for a board."""

import re
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path

from tests.support import require_tool
from tinyengine.board import load_board, place
from tinyengine.board.types import Board
from tinyengine.compiler import FIRMWARE_STATIC_NBYTES
from tinyengine.product.build import build
from tinyengine.product.firmware import FirmwareProject, Port, firmware_files

MISBEHAVING = Path(__file__).with_name("misbehaving.c")
INPUT_NBYTES, OUTPUT_NBYTES = 600, 300

Behaviour = IntEnum(  # type: ignore[misc]  # the members are those of the C file
    "Behaviour",
    re.findall(r"[A-Z_]+", re.search(r"enum \{(.*?)\}", MISBEHAVING.read_text(), re.S)[1]),
    start=0,
)

_HEADER = """\
#ifndef FAKE_H
#define FAKE_H
#include <stdint.h>
#define FAKE_STRING_(text) #text
#define FAKE_STRING(text) FAKE_STRING_(text)
#define FAKE_FLASH {flash:#x}u
#define FAKE_FLASH_END {flash_end:#x}u
#define FAKE_RAM {ram:#x}
#define FAKE_RAM_END {ram_end:#x}u
#define FAKE_UART {uart:#x}u
#define FAKE_ARENA_BYTES {arena}
#define FAKE_INPUT_COUNT 1
#define FAKE_INPUT0_OFFSET 32
#define FAKE_INPUT0_BYTES {input_nbytes}
#define FAKE_OUTPUT_COUNT 1
#define FAKE_OUTPUT0_OFFSET ({input_nbytes} + 48)
#define FAKE_OUTPUT0_BYTES {output_nbytes}
int fake_run(void *arena, const int8_t *input, int8_t *output);
#endif
"""


def build_fake(
    folder: Path,
    board: Board | str,
    source: str | None = None,
    input_nbytes: int = INPUT_NBYTES,
    trap_unaligned: bool = True,
    more: Mapping[str, str] | None = None,
) -> Path:
    """Build firmware whose model is `source` (misbehaving.c unless given); give the ELF.

    `more` are further files of the model: names and texts.
    """
    more = more or {}
    require_tool("arm-none-eabi-gcc")
    board = load_board(board) if isinstance(board, str) else board
    arena_nbytes = input_nbytes + OUTPUT_NBYTES + 64
    memory = place(board, arena_nbytes, FIRMWARE_STATIC_NBYTES, 2048)
    project = FirmwareProject(
        name="fake",
        banner="A test.",
        board=board,
        memory=memory,
        inputs=(Port(c_type="int8_t", nbytes=input_nbytes),),
        outputs=(Port(c_type="int8_t", nbytes=OUTPUT_NBYTES),),
        model_sources=("fake.c", *more),
        trap_unaligned=trap_unaligned,
    )
    header = _HEADER.format(
        flash=board.flash.origin,
        flash_end=board.flash.origin + board.flash.nbytes,
        ram=memory.data.origin,
        ram_end=memory.data.origin + memory.data.nbytes,
        uart=board.uart.base,
        arena=arena_nbytes,
        input_nbytes=input_nbytes,
        output_nbytes=OUTPUT_NBYTES,
    )
    files = {
        **firmware_files(project),
        "fake.h": header,
        "fake.c": source or MISBEHAVING.read_text(),
        **more,
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return build(folder, board).elf


def fake_input(behaviour: int = 0, nbytes: int = INPUT_NBYTES) -> bytes:
    """Give an input that asks for `behaviour`."""
    return bytes([behaviour]) + bytes((7 * i + 5) & 0xFF for i in range(1, nbytes))


def fake_output(data: bytes) -> bytes:
    """Give what a model that computes makes of an input: 3 * input + index, in 8 bits."""
    return bytes((3 * data[i % len(data)] + i) & 0xFF for i in range(OUTPUT_NBYTES))
