"""Files for Renode: every line is of the grammar, and the test in them is what the firmware does.

The grammar is that of Renode's documentation ("Describing platforms", "Monitor") and of Robot
Framework 6 (sections, two or more spaces between cells), as far as these files use it.
"""

import re
import zlib
from itertools import pairwise

import pytest

from tests.cli.command import refused, succeeded
from tests.export.conftest import DIGITS
from tests.export.renode_files import read_repl
from tests.support import shared_model
from tinyengine.board import list_boards, load_board
from tinyengine.run.renode.platform import can_have, platform_text

BOARDS = ("stm32f746", "stm32f469i-disco", "nucleo-f446re", "nucleo-f767zi", "stm32h743")
BOARDS += ("stm32l4r5", "nucleo-l476rg", "nucleo-g474re", "nrf52840")

_MONITOR = re.compile(
    r":(name|description): .+|using sysbus|\$\w+\?=(\"\w+\"|@[\w.]+)|mach create \$name"
    r"|machine LoadPlatformDescription @[\w.]+|showAnalyzer \w+|macro reset|\"\"\""
    r"|    sysbus LoadELF \$bin|runMacro \$reset|start"
)
_KEYWORDS = {
    "Execute Command": 1, "Create Terminal Tester": 3,  "Create Log Tester": 1, "Write To Uart": 1,
    "Wait For Line On Uart": 1, "Should Not Be In Log": 1, "Create Board": 0, "Tell And Expect": 2,
    "[Arguments]": 2,
}  # fmt: skip


def read_robot(text):
    """Give the pairs of what is told and expected; every line must be of Robot Framework's."""
    section, pairs = None, []
    for line in filter(None, text.splitlines()):
        if found := re.fullmatch(r"\*\*\* (Variables|Keywords|Test Cases) \*\*\*", line):
            section = found[1]
        elif section == "Variables":
            assert re.fullmatch(r"\$\{\w+\} {2,}\S+", line), line
        elif line.startswith("    "):
            cells = re.split(r" {2,}|\t", line.strip())
            assert _KEYWORDS[cells[0]] == len(cells) - 1, line
            pairs += [tuple(cells[1:])] if cells[0] == "Tell And Expect" else []
        else:
            assert section in ("Keywords", "Test Cases") and not line.startswith(" "), line
    return pairs


def overlaps(entries):
    """Give pairs of memories that share an address."""
    spans = sorted(
        (address, address + int(attributes["size"], 16), name)
        for name, (_, address, attributes) in entries.items()
        if "size" in attributes
    )
    return [(a, b) for (_, end, a), (start, _, b) in pairwise(spans) if start < end]


def export(model, board, tmp_path, name):
    succeeded("compile", model, "--board", board, "--name", name, "-o", tmp_path / "out")
    succeeded("export", tmp_path / "out", "--to", "renode", "-o", tmp_path / "renode")
    return tmp_path / "renode" / f"{name}_{board}"


def check(folder, board, name):
    """Hold the files against the grammar, the board's data, and the protocol's checksums."""
    board = load_board(board)
    entries = read_repl((folder / "board.repl").read_text())
    assert overlaps(entries) == []
    for memory in board.memories:
        kind, address, attributes = entries[memory.name]
        assert kind == "Memory.MappedMemory"
        assert (address, int(attributes["size"], 16)) == (memory.origin, memory.nbytes)
    assert entries["uart"][1] == board.uart.base
    for line in (folder / f"{name}.resc").read_text().splitlines():
        assert _MONITOR.fullmatch(line), line
    pairs = read_robot((folder / f"{name}.robot").read_text())
    assert pairs[0][1] == "HELLO"
    outputs = [answer for _, answer in pairs if answer.startswith("DATA ")]
    assert outputs and any(answer == "DONE" for _, answer in pairs)
    for line in [sent for sent, _ in pairs] + outputs:
        content, _, crc = line.rpartition("*")
        assert int(crc, 16) == zlib.crc32(content.encode()), line
    assert (folder / "firmware.elf").read_bytes()[:4] == b"\x7fELF"
    return outputs


@pytest.mark.parametrize("board", BOARDS[:1])
def test_the_files_are_of_the_grammar_and_say_what_the_firmware_does(board, tmp_path):
    check(export(DIGITS, board, tmp_path, "digits"), board, "digits")


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS[1:])
def test_other_boards_too(board, tmp_path, small):
    check(export(small, board, tmp_path, "small"), board, "small")


@pytest.mark.slow
@pytest.mark.models
def test_keyword_spotting_on_a_discovery_board(tmp_path):
    folder = export(shared_model("mlperf_kws_dscnn"), "stm32f746", tmp_path, "kws")
    assert len(check(folder, "stm32f746", "kws")) == 1


@pytest.mark.parametrize(
    "board", [each for each in list_boards() if can_have(each)], ids=lambda board: board.name
)
def test_a_platform_is_of_the_grammar_and_nothing_in_it_overlaps(board):
    entries = read_repl(platform_text(board))
    assert overlaps(entries) == []
    kind, address, _ = entries["uart"]
    assert address == board.uart.base
    inside = [
        name
        for name, (_, at, attributes) in entries.items()
        if "size" in attributes and at <= address < at + int(attributes["size"], 16)
    ]
    assert kind.startswith("UART.") and inside == []


def test_eight_boards_or_more_can_have_it():
    assert {board.name for board in list_boards() if can_have(board)} >= set(BOARDS)


def test_what_renode_cannot_run_is_refused(small, tmp_path):
    message = refused(2, "export", small, "--to", "renode", "-o", tmp_path / "renode")
    assert "compile the model for a board first" in message
    succeeded("compile", small, "--board", "mps2-an386", "-o", tmp_path / "out")
    message = refused(2, "export", tmp_path / "out", "--to", "renode", "-o", tmp_path / "renode")
    assert "Renode has no model of its core, serial port or timer" in message


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("    size: 0x100000", "    size: 1 MiB"),
        ("UART.STM32F7_USART", "UART.STM32F7"),
        ("    nvic: nvic", "    nvic: vectors"),
        ("nvic: IRQ", "nvic : IRQ"),
    ],
)
def test_the_parser_notices_what_is_not_of_the_grammar(text, instead):
    whole = """\
flash: Memory.MappedMemory @ sysbus 0x08000000
    size: 0x100000

nvic: IRQControllers.NVIC @ sysbus 0xE000E000
    IRQ -> cpu@0

cpu: CPU.CortexM @ sysbus
    cpuType: "cortex-m7"
    nvic: nvic

uart: UART.STM32F7_USART @ sysbus <0x40011000, +0x100>
"""
    read_repl(whole)
    with pytest.raises(AssertionError):
        read_repl(whole.replace(text, instead))
