"""The commands of docs/your-first-board.md and README that lead to a board, on a simulated one."""

import re
import shlex
import tomllib

from tests.cli.command import succeeded
from tests.flash.conftest import nrf52840
from tests.run.serial_port import served
from tests.support import ROOT
from tinyengine.board import list_boards, load_board

README = (ROOT / "README.md").read_text(encoding="utf-8")
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


def test_readme_leads_from_nothing_to_a_nucleo_in_six_commands(chips, tmp_path, monkeypatch):
    section = README.split("## From nothing to your Nucleo\n")[1].split("\n## ")[0]
    make, install, pack, compile_it, flash_it, validate_it = (
        shlex.split(line, comments=True) for line in re.findall(r"^    (.+)$", section, re.M)
    )
    assert make == ["python3.12", "-m", "venv", ".venv", "&&", ".", ".venv/bin/activate"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert install[:2] == ["pip", "install"]
    chosen = re.fullmatch(r"\.\[(.+)\]", install[2])[1].split(",")
    assert {"toolchain", "flash"} == set(chosen) <= set(extras["optional-dependencies"])
    assert any(
        "python_version >= '3.12'" in each for each in extras["optional-dependencies"]["toolchain"]
    )
    board = compile_it[compile_it.index("--board") + 1]
    assert pack == ["pyocd", "pack", "install", load_board(board).flashing.chip]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    succeeded(*compile_it[1:-1], "there")  # and on the chip that is simulated:
    chips["0001"] = chip = nrf52840()
    on_it = [word.replace(board, "nrf52840") for word in compile_it]
    succeeded(*on_it[1:])
    monkeypatch.setattr("tinyengine.delivery._DEVICES", str(tmp_path))
    with served(tmp_path / "out/firmware.elf", load_board("nrf52840")) as port:
        (tmp_path / "ttyACM0").symlink_to(port)
        told = succeeded(*flash_it[1:]).stdout
        words = [word.replace(board, "nrf52840") for word in validate_it[1:]]
        there = [str(tmp_path / "ttyACM0") if word == "/dev/ttyACM0" else word for word in words]
        assert "every output byte" in succeeded(*there).stdout
    firmware = (tmp_path / "out/firmware.bin").read_bytes()
    assert chip.flash(0, len(firmware)) == firmware
    assert "the firmware answers at" in told


def test_every_way_that_a_board_has_is_in_the_table():
    table = "\n".join(line for line in TEXT.splitlines() if line.startswith("|"))
    words = {"pyocd": "probe", "uf2": "drive", "stlink": "st-flash", "dfu": "dfu-util"}
    first = {board.flashing.tools[0] for board in list_boards() if board.flashing}
    assert [tool for tool in first if words.get(tool, tool) not in table] == []
