"""`boards --check FILE` names everything that a board file lacks."""

import pytest

from tests.cli.command import refused, succeeded
from tinyengine.board import list_boards, missing_in
from tinyengine.resources import boards_dir

GOOD = (boards_dir() / "nucleo-l476rg" / "board.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_no_board_lacks_anything(board):
    assert missing_in(board) == ()


def test_a_complete_file_is_said_to_be_complete(tmp_path):
    path = tmp_path / "board.toml"
    path.write_text(GOOD)
    told = succeeded("boards", "--check", path).stdout
    assert told == f"{path}: ST NUCLEO-L476RG is complete\n"


def without(text: str, section: str) -> str:
    """Leave a section out, up to the next one of another name."""
    before, _, after = text.partition(f"[{section}]")
    following = [
        part for part in after.split("\n[") if not part.lstrip("[").startswith(f"{section}.")
    ]
    return before + "".join(f"\n[{part}" for part in following[1:])


def test_everything_that_is_missing_is_named_at_once(tmp_path):
    path = tmp_path / "board.toml"
    bad = without(without(GOOD, "clock"), "flashing").replace('"stm32f7"', '"none"')
    path.write_text(bad.replace('"mps2-an386"', '"mps2-an500"'))
    message = refused(2, "boards", "--check", path)
    assert message.startswith(f"error: {path}: 4 things are missing\n")
    assert "uart.driver: there is no 'none'; known: cmsdk, " in message
    assert "emulation.qemu_twin: mps2-an500 is a cortex-m7" in message
    assert "clock: no steps lead from the 4,000,000 Hz of reset to 80,000,000 Hz" in message
    assert "flashing: no probe and no tool is named" in message


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "wait = 0x02000000",
            "",
            "'clock.step[2]' needs one of write, set or clear, wait",
        ),
        (
            "wait = 0x02000000",
            "wait = 0x02000000\nset = 1",
            "'clock.step[2]' needs one of write, set or clear, wait",
        ),
        ("value = 0x00000004", "value = 8", "'clock.step[4].value' has bits outside of 'wait'"),
        (
            "set = 0x01000000",
            "set = 0x01000000\nelse_skip = 1",
            "'clock.step[1].else_skip' is of a wait that is in vain",
        ),
        ("timer_hz = 80_000_000", "", "'clock.timer_hz' is missing"),
        ('probe = "ST-LINK"', "", "'flashing.probe' is missing"),
        ("mask = 0x00000FFF", "mask = 0x0", "'flashing.identity.mask' is 0"),
        ("value = 0x00000415", "value = 0x1415", "'flashing.identity.value' has bits outside of"),
    ],
)
def test_a_broken_clock_is_refused(tmp_path, old, new, problem):
    path = tmp_path / "board.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    assert problem in refused(2, "boards", "--check", path)


def test_waiting_for_both_values_of_a_bit_is_refused(tmp_path):
    path = tmp_path / "board.toml"
    again = """[[clock.step]]
register = "RCC_CR"
address = 0x40021000
wait = 0x03000000
value = 0x01000000
purpose = "PLL is not locked"

[flashing]"""
    path.write_text(GOOD.replace("[flashing]", again))
    message = refused(2, "boards", "--check", path)
    assert "'clock.step' waits for both values of a bit of RCC_CR" in message


def test_what_the_tools_need_to_flash_is_named(tmp_path):
    path = tmp_path / "board.toml"
    bad = without(GOOD, "flashing.identity").replace("\nopenocd = ", "\n# openocd = ")
    path.write_text(bad.replace('"stlink"]', '"dfu", "uf2", "bossac"]'))
    message = refused(2, "boards", "--check", path)
    for problem in (
        "flashing.openocd: openocd needs it",
        "flashing.dfu: dfu needs it",
        "flashing.uf2_family: uf2 needs it",
        "flashing.bossac_offset: bossac needs it",
        "flashing.identity: nothing tells the chip from another one",
    ):
        assert problem in message


def test_what_is_no_board_file_is_refused(tmp_path):
    missing = tmp_path / "none.toml"
    message = refused(2, "boards", "--check", missing)
    assert message == f"error: {missing}: cannot be read: No such file or directory"
    message = refused(2, "boards", "--check", tmp_path)
    assert message == f"error: {tmp_path}: cannot be read: it is a directory, not a file"
    missing.write_bytes(b"\xff = 1")
    assert "cannot be read: 'utf-8' codec" in refused(2, "boards", "--check", missing)
