"""An ELF may say anything of itself: it is read, or refused with one message, in bounded time."""

import struct
import subprocess
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.run.firmware import OUTPUT_NBYTES, build_fake, fake_input
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.errors import TinyEngineError, ToolError, UsageError
from tinyengine.run import Emulator, open_runner
from tinyengine.run.cycles import disassemble
from tinyengine.run.image import load_image
from tinyengine.run.source_lines import load_source_lines

BOARD = "mps2-an386"

SHOFF, PHOFF, SHENTSIZE, SHNUM, PHENTSIZE = 32, 28, 46, 48, 42
"""Offsets of fields of the header. Source: System V ABI, "Object Files", Elf32_Ehdr."""

P_PADDR, SH_FLAGS, SH_SIZE, SH_ENTSIZE = 12, 8, 20, 36
"""Offsets in entries of 32 and 40 bytes. Source: the same, Elf32_Phdr and Elf32_Shdr."""


@pytest.fixture(scope="module")
def whole(fake_elf):
    """Give the bytes of good firmware."""
    return fake_elf(BOARD).read_bytes()


def word(data, offset):
    return struct.unpack_from("<I", data, offset)[0]


def refused(path, data):
    """Give the message of an ELF that must be refused, at once."""
    path.write_bytes(data)
    began = monotonic()
    with pytest.raises(UsageError) as caught:
        load_image(path)
    assert monotonic() - began < 5
    return str(caught.value)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 1 << 20),
        st.sampled_from([0, 1, 16, 0x7F, 0x80, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
        | st.integers(0, 0xFFFFFFFF),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(edits=EDITS, kept=st.floats(0, 1), in_tables=st.booleans())
def test_any_edit_is_read_or_refused(whole, tmp_path_factory, edits, kept, in_tables):
    data = bytearray(whole)
    tables = [*range(0, 52, 2), *range(word(data, PHOFF), word(data, PHOFF) + 96, 4)]
    tables += range(word(data, SHOFF), len(data) - 4, 4)
    for place, value in edits:
        at = tables[place % len(tables)] if in_tables else place % (len(data) - 4)
        struct.pack_into("<I", data, at, value)
    if not in_tables:
        del data[round(kept * len(data)) :]
    path = tmp_path_factory.mktemp("elf") / "firmware.elf"
    path.write_bytes(data)
    for read in (load_image, lambda elf: load_source_lines(elf, "fake.c")):
        began = monotonic()
        try:
            read(path)
        except TinyEngineError as error:
            assert str(error).startswith("error: ")
        assert monotonic() - began < 10


def test_a_table_of_a_billion_sections_is_refused(whole, tmp_path):
    data = bytearray(whole)
    struct.pack_into("<H", data, SHNUM, 0)  # the number is in the first entry then
    struct.pack_into("<I", data, word(data, SHOFF) + SH_SIZE, 1 << 30)
    assert "its table of sections is broken" in refused(tmp_path / "x.elf", data)


@pytest.mark.parametrize(
    ("field", "what"), [(SHENTSIZE, "its table of sections"), (PHENTSIZE, "its table of segments")]
)
def test_entries_on_top_of_each_other_are_refused(field, what, whole, tmp_path):
    data = bytearray(whole)
    struct.pack_into("<H", data, field, 0)
    assert f"{what} is broken" in refused(tmp_path / "x.elf", data)


def test_compressed_sections_are_refused(fake_elf, tmp_path):
    """A few bytes of them may be gigabytes."""
    packed = tmp_path / "packed.elf"
    objcopy = require_tool("arm-none-eabi-objcopy")
    command = [objcopy, "--compress-debug-sections=zlib-gabi", str(fake_elf(BOARD)), str(packed)]
    subprocess.run(command, check=True)
    assert "it has compressed sections" in refused(packed, packed.read_bytes())


def test_a_huge_file_is_refused(whole, tmp_path):
    path = tmp_path / "x.elf"
    path.write_bytes(whole)
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(UsageError, match="67,108,864 is the most that is read"):
        load_image(path)


@pytest.mark.parametrize("emulator", [Emulator.UNICORN, Emulator.QEMU])
def test_bytes_outside_the_flash_are_refused_by_both_emulators(emulator, whole, tmp_path):
    require_tool("qemu-system-arm")
    data = bytearray(whole)
    struct.pack_into("<I", data, word(data, PHOFF) + P_PADDR, 0x40004000)  # the serial port
    path = tmp_path / "x.elf"
    path.write_bytes(data)
    with (
        pytest.raises(ToolError, match="has bytes at 0x40004000, outside the flash"),
        open_runner(path, load_board(BOARD), [OUTPUT_NBYTES], emulator=emulator),
    ):
        pass


@pytest.mark.parametrize("emulator", [Emulator.UNICORN, Emulator.QEMU])
def test_inputs_are_put_nowhere_but_into_ram(emulator, tmp_path_factory):
    """The ELF's own table says where they stand."""
    require_tool("qemu-system-arm")
    nbytes = 2048  # too long for the line
    elf = build_fake(tmp_path_factory.mktemp("long"), BOARD, input_nbytes=nbytes)
    image = load_image(elf)
    data = bytearray(elf.read_bytes())
    place = data.find(struct.pack("<II", *image.ports("inputs")[0]))
    assert place > 0
    struct.pack_into("<I", data, place, 0x40004000)
    elf.write_bytes(data)
    board = load_board(BOARD)
    with (
        open_runner(elf, board, [OUTPUT_NBYTES], emulator=emulator) as runner,
        pytest.raises(ToolError, match="at 0x40004000 is outside the board's RAM"),
    ):
        runner.infer([fake_input(nbytes=nbytes)])


@pytest.mark.parametrize("folder", ["-d", "@options"])
def test_a_path_is_no_option_of_objdump(folder, fake_elf, tmp_path, monkeypatch):
    require_tool("arm-none-eabi-objdump")
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder).mkdir()
    elf = tmp_path / folder / "firmware.elf"
    elf.write_bytes(fake_elf(BOARD).read_bytes())
    relative = elf.relative_to(tmp_path)
    assert disassemble(relative, load_board(BOARD).target.toolchain)
