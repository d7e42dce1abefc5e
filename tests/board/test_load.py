"""Boards are read from board.toml; a wrong name or a broken file is told plainly."""

import re

import pytest

from tinyengine.board import Isa, MemoryKind, list_boards, load_board
from tinyengine.board.load import read_board
from tinyengine.errors import UsageError
from tinyengine.resources import boards_dir, runtime_dir

KIB = 1024

# From the reference manuals: flash, bytes of internal RAM, core, instruction set.
EXPECTED = {
    "apollo510-evb": (4096 - 64, 512 - 16 + 3072 + 256, "cortex-m55", Isa.MVE),
    "ek-ra6m5": (2048, 512, "cortex-m33", Isa.DSP),
    "ek-ra8m1": (2016, 64 + 896 + 64, "cortex-m85", Isa.MVE),
    "frdm-mcxn947": (2048, 416 + 96, "cortex-m33", Isa.DSP),
    "stm32h7s78-dk": (64, 64 + 456 + 32 + 64, "cortex-m7", Isa.DSP),
    "lpc55s69": (640 - 10, 272 + 32, "cortex-m33", Isa.DSP),
    "nrf5340": (1024, 512, "cortex-m33", Isa.DSP),
    "portenta-h7": (2048 - 256, 128 + 512 + 288 + 64 + 64, "cortex-m7", Isa.DSP),
    "teensy41": (8192 - 256, 128 + 768 + 128, "cortex-m7", Isa.DSP),
    "arduino-zero": (256, 32, "cortex-m0plus", Isa.BASE),
    "metro-m4": (512 - 16, 192, "cortex-m4", Isa.DSP),
    "raspberry-pi-pico-2": (4096, 520, "cortex-m33", Isa.DSP),
    "raspberry-pi-pico": (2048, 264, "cortex-m0plus", Isa.BASE),
    "arduino-nano-33-ble": (1024 - 64, 256, "cortex-m4", Isa.DSP),
    "microbit-v2": (512, 128, "cortex-m4", Isa.DSP),
    "nucleo-f446re": (512, 128, "cortex-m4", Isa.DSP),
    "nucleo-f767zi": (2048, 512 + 16, "cortex-m7", Isa.DSP),
    "nucleo-g474re": (512, 128, "cortex-m4", Isa.DSP),
    "nucleo-l476rg": (1024, 128, "cortex-m4", Isa.DSP),
    "nucleo-u575zi": (2048, 768 + 16, "cortex-m33", Isa.DSP),
    "nucleo-wb55": (1024, 192 + 32, "cortex-m4", Isa.DSP),
    "stm32f469i-disco": (2048, 320 + 64, "cortex-m4", Isa.DSP),
    "stm32h747i-disco": (2048, 128 + 512 + 288 + 64 + 64, "cortex-m7", Isa.DSP),
    "mimxrt1170-evk": (16384, 256 + 1024 + 256, "cortex-m7", Isa.DSP),
    "microbit": (256, 16, "cortex-m0", Isa.BASE),
    "mps2-an385": (4096, 4096, "cortex-m3", Isa.BASE),
    "mps2-an386": (4096, 4096, "cortex-m4", Isa.DSP),
    "mps2-an500": (4096, 4096, "cortex-m7", Isa.DSP),
    "mps2-an505": (4096, 4096, "cortex-m33", Isa.DSP),
    "mps3-an547": (16384, 512 + 4096, "cortex-m55", Isa.MVE),
    "nrf52840": (1024, 256, "cortex-m4", Isa.DSP),
    "stm32f405": (1024, 128 + 64, "cortex-m4", Isa.DSP),
    "stm32f746": (1024, 320 + 16, "cortex-m7", Isa.DSP),
    "stm32h743": (2048, 128 + 512 + 128 + 128 + 32 + 64 + 64, "cortex-m7", Isa.DSP),
    "stm32l4r5": (2048, 640, "cortex-m4", Isa.DSP),
}


def test_the_boards_are_those_promised_in_order():
    assert [board.name for board in list_boards()] == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_board_has_the_core_and_the_memories_of_its_manual(name):
    board = load_board(name)
    internal = sum(m.nbytes for m in board.memories if m.kind is MemoryKind.RAM)
    found = (board.flash.nbytes // KIB, internal // KIB, board.target.name, board.target.isa)
    assert found == EXPECTED[name]
    assert board.source


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_a_board_names_drivers_and_a_twin_that_exist(board):
    folder = runtime_dir() / "firmware"
    assert (folder / f"uart_{board.uart.driver}.c").is_file()
    assert (folder / f"timer_{board.timer}.c").is_file()
    assert (board.qemu_machine is None) != (board.qemu_twin is None) or (
        board.target.name == "cortex-m0plus"  # which QEMU has no machine of
    )
    assert set(board.qemu_lacks) <= {memory.name for memory in board.memories}
    if board.qemu_twin:
        twin = load_board(board.qemu_twin)
        assert twin.target.flags == board.target.flags
        assert twin.qemu_machine


def test_an_unknown_board_suggests_the_nearest():
    with pytest.raises(UsageError) as caught:
        load_board("stm32f764")
    names = ", ".join(sorted(EXPECTED))
    assert str(caught.value) == (
        f"error: there is no board 'stm32f764'\n  boards: {names}\n"
        "  hint: did you mean 'stm32f746'?"
    )


@pytest.mark.parametrize("name", ["", "../boards/microbit", "/etc", "zzzz"])
def test_a_name_that_is_like_none_is_refused_without_a_guess(name):
    with pytest.raises(UsageError) as caught:
        load_board(name)
    assert caught.value.exit_code == 2


GOOD = (boards_dir() / "stm32f746" / "board.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'target = "cortex-m7"',
            'target = "cortex-a53"',
            "'target' is 'cortex-a53'; known: cortex-m0, cortex-m0plus, cortex-m3, cortex-m4, "
            "cortex-m7, cortex-m33, cortex-m55, cortex-m85",
        ),
        ('target = "cortex-m7"', "", "'target' is missing"),
        ('target = "cortex-m7"', "target = 7", "'target' is 7, which is no str"),
        ("nbytes = 65_536", "nbytes = true", "'memory[1].nbytes' is True, which is no int"),
        ("nbytes = 65_536", "nbytes = 0", "'memory[1].nbytes' is 0"),
        (
            "address = 0x40023830",
            "nbytes = 3\naddress = 0x40023830",
            "'setup[0].nbytes' is 3; known: 1, 2, 4",
        ),
        (
            "address = 0x40023830",
            "nbytes = 2\naddress = 0x40023831",
            "'setup[0].address' is no multiple of 2",
        ),
        (
            "address = 0x40020000\nclear",
            "nbytes = 1\naddress = 0x40020000\nclear",
            "'setup[2].clear' has more bits than the register's 1 bytes",
        ),
        (
            "nbytes = 65_536",
            "nbytes = -1",
            "'memory[1].nbytes' is -1, which is no unsigned 32-bit number",
        ),
        ("nbytes = 65_536", "nbytes = 65_537", "memories 'dtcm' and 'sram1' overlap"),
        (
            "origin = 0x20000000",
            "origin = 0xFFFFFFFF",
            "'memory[1]' ends beyond the 32-bit address space",
        ),
        (
            'kind = "flash"',
            'kind = "rom"',
            "'memory[0].kind' is 'rom'; known: flash, ram, external-ram",
        ),
        ('kind = "flash"', 'kind = "ram"', "'memory' needs exactly one of kind 'flash'"),
        ('kind = "ram"', 'kind = "external-ram"', "'memory' needs one of kind 'ram'"),
        ("[uart]", "[[uart]]", "'uart' is [{"),
        (
            "[emulation]",
            "[emulation]\nsemi = false",
            "'emulation.semi' is unknown; known: qemu_machine, qemu_twin, qemu_lacks",
        ),
        (
            "[emulation]",
            "[emulation]\nqemu_lacks = [3]",
            "'emulation.qemu_lacks' is no list of strings",
        ),
        ("title = ", "title ", "cannot be read: Expected '=' after a key"),
    ],
)
def test_a_broken_file_is_refused_with_the_key(tmp_path, old, new, problem):
    assert old in GOOD
    path = tmp_path / "mine" / "board.toml"
    path.parent.mkdir()
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(f"error: {path}: {problem}")):
        read_board(path)


def test_the_good_file_itself_is_read_and_named_after_its_folder(tmp_path):
    path = tmp_path / "mine" / "board.toml"
    path.parent.mkdir()
    path.write_text(GOOD, encoding="utf-8")
    assert read_board(path).name == "mine"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"memory = 3", b"memory = [3]"])
def test_garbage_is_refused(tmp_path, content):
    path = tmp_path / "board.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        read_board(path)
