"""Flashing through the drive of a bootloader: a folder that goes when it has the whole file."""

import shutil
import struct
import threading
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.cli.command import refused, succeeded
from tinyengine.product.flash import uf2

BOARD = "raspberry-pi-pico"


def read_uf2(content: bytes, family: int) -> dict[int, int]:
    """Give address → byte of all blocks, as the format's specification says they are read."""
    assert len(content) % 512 == 0
    total = len(content) // 512
    memory: dict[int, int] = {}
    for number in range(total):
        block = content[512 * number : 512 * (number + 1)]
        words = struct.unpack("<8I", block[:32])
        first, second, flags, address, nbytes, index, count, owner = words
        assert (first, second) == (0x0A324655, 0x9E5D5157)
        assert struct.unpack("<I", block[508:]) == (0x0AB16F30,)
        assert flags & 0x2000 and not flags & 1, "no family, or not for the flash"
        assert (index, count, owner) == (number, total, family)
        assert nbytes <= 476 and address % 256 == 0 and nbytes == 256
        for offset, byte in enumerate(block[32 : 32 + nbytes]):
            assert address + offset not in memory
            memory[address + offset] = byte
    return memory


class Drive:
    """A mounted drive; once it holds a whole UF2 file the board restarts, and it is gone."""

    def __init__(self, folder, board_id, *, takes=True):
        self.folder, self.takes = folder, takes
        folder.mkdir(parents=True)
        text = f"UF2 Bootloader v3.0\r\nModel: A board\r\nBoard-ID: {board_id}\r\n"
        (folder / "INFO_UF2.TXT").write_text(text)
        self.content = b""
        self.thread = threading.Thread(target=self._watch)
        self.over = threading.Event()
        self.thread.start()

    def _watch(self):
        end = monotonic() + 30
        while not self.over.is_set() and monotonic() < end:
            for path in filter(Path.is_file, self.folder.glob("*.uf2")):
                content = path.read_bytes()
                blocks = struct.unpack("<I", content[24:28])[0] if len(content) >= 512 else -1
                if self.takes and len(content) == 512 * blocks:
                    self.content = content
                    shutil.rmtree(self.folder)
                    return
            sleep(0.01)

    def close(self):
        self.over.set()
        self.thread.join()


@pytest.fixture
def drive(tmp_path, monkeypatch):
    """Give a function that mounts a drive; nothing else is mounted."""
    monkeypatch.setattr(uf2, "_PLACES", (f"{tmp_path}/media/*",))
    monkeypatch.setattr(uf2, "RESTART_SECONDS", 0.5)
    made = []

    def mount(name, board_id, **options):
        made.append(Drive(tmp_path / "media" / name, board_id, **options))
        return made[-1]

    yield mount
    for each in made:
        each.close()


def test_the_file_holds_the_firmware_at_its_addresses(compiled, drive):
    mounted = drive("RPI-RP2", "RPI-RP2")
    told = succeeded("flash", compiled(BOARD), "--json").json()
    mounted.close()
    firmware = (compiled(BOARD) / "firmware.bin").read_bytes()
    memory = read_uf2(mounted.content, 0xE48BFF56)
    assert bytes(memory[0x10000000 + i] for i in range(len(firmware))) == firmware
    beyond = [byte for address, byte in memory.items() if address >= 0x10000000 + len(firmware)]
    assert len(beyond) < 256 and not any(beyond)
    assert (told["tool"], told["address"], told["nbytes"]) == ("uf2", 0x10000000, len(firmware))


def test_another_boards_drive_is_refused_before_any_write(compiled, drive):
    mounted = drive("RPI-RP2", "RPI-RP2")
    message = refused(2, "flash", compiled("metro-m4"))
    assert "is the drive of another board: it says RPI-RP2" in message
    assert [path.name for path in mounted.folder.iterdir()] == ["INFO_UF2.TXT"]


def test_a_bootloader_that_does_not_take_the_file_is_told(compiled, drive):
    drive("RPI-RP2", "RPI-RP2", takes=False)
    assert "the bootloader did not take the file" in refused(5, "flash", compiled(BOARD))


def test_two_drives_are_listed_and_one_is_chosen(compiled, drive):
    first, second = drive("A", "RPI-RP2"), drive("B", "RPI-RP2")
    assert "2 devices are connected" in refused(2, "flash", compiled(BOARD))
    succeeded("flash", compiled(BOARD), "--probe", second.folder)
    assert first.folder.exists() and not second.folder.exists()


def test_a_drive_that_takes_no_more_is_told(compiled, drive):
    mounted = drive("RPI-RP2", "RPI-RP2")
    (mounted.folder / "net.uf2").mkdir()
    message = refused(5, "flash", compiled(BOARD))
    assert "net.uf2: cannot be written: Is a directory" in message


@pytest.mark.usefixtures("drive")
def test_no_drive_is_told_with_the_way_to_get_one(compiled):
    message = refused(5, "flash", compiled(BOARD), "--tool", "uf2")
    assert "uf2: found nothing" in message
    assert "USB drive (BOOTSEL), or any SWD probe" in message


@pytest.mark.parametrize("nbytes", [1, 255, 256, 257, 5000])
def test_sizes_that_end_within_a_block(nbytes):
    data = bytes(index * 7 & 0xFF for index in range(nbytes))
    memory = read_uf2(uf2.to_uf2(0x4000, data, 1), 1)
    assert bytes(memory[0x4000 + index] for index in range(nbytes)) == data
