"""The commands of docs/your-first-board.md, in their order, on a board that is simulated."""

import re

from tests.cli.command import succeeded
from tests.flash.conftest import nrf52840
from tests.run.serial_port import served
from tests.support import ROOT
from tinyengine.board import list_boards, load_board

TEXT = (ROOT / "docs" / "your-first-board.md").read_text(encoding="utf-8")


def test_the_commands_work(chips, small, tmp_path, monkeypatch):
    chips["0001"] = chip = nrf52840()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.tflite").write_bytes(small.read_bytes())
    compile_it, flash_it, validate_it = re.findall(r"^    tinyengine (.*)$", TEXT, re.M)
    succeeded(*compile_it.replace("stm32f746", "nrf52840").split())
    with served(tmp_path / "out/firmware.elf", load_board("nrf52840")) as port:
        succeeded(*flash_it.split(), "--port", port)
        firmware = (tmp_path / "out/firmware.bin").read_bytes()
        assert chip.flash(0, len(firmware)) == firmware
        words = validate_it.replace("stm32f746", "nrf52840").replace("/dev/ttyACM0", port)
        assert "every output byte" in succeeded(*words.split()).stdout


def test_every_way_that_a_board_has_is_in_the_table():
    table = "\n".join(line for line in TEXT.splitlines() if line.startswith("|"))
    words = {"pyocd": "probe", "uf2": "drive", "stlink": "st-flash", "dfu": "dfu-util"}
    first = {board.flashing.tools[0] for board in list_boards() if board.flashing}
    assert [tool for tool in first if words.get(tool, tool) not in table] == []
