"""The test firmware builds for every board, and works on every board that QEMU has."""

import re

import pytest
from elftools.elf.elffile import ELFFile

from tests.board.project import (
    ADD_ONE,
    ARENA_NBYTES,
    MISBEHAVE,
    OUTPUT_OFFSET,
    PORT_NBYTES,
    write_project,
)
from tests.board.serial import Serial
from tinyengine.board import list_boards, load_board
from tinyengine.compiler import FIRMWARE_STATIC_NBYTES
from tinyengine.product.build import build

BOARDS = [board.name for board in list_boards()]
QEMU_BOARDS = [board.name for board in list_boards() if board.qemu_machine]


@pytest.fixture(scope="module")
def firmware_of(tmp_path_factory, require_tool):
    """Give a function from a board's name and a model to its ELF; each is built once."""
    require_tool("arm-none-eabi-gcc")
    built = {}

    def make(name, model):
        if (name, model) not in built:
            directory = write_project(tmp_path_factory.mktemp(name), load_board(name), model)
            built[name, model] = build(directory, load_board(name))
        return built[name, model]

    return make


@pytest.fixture
def serial_of(firmware_of, require_tool):
    """Give a function that starts a model's firmware on a board under QEMU."""
    require_tool("qemu-system-arm")

    def start(name, model):
        board = load_board(name)
        return Serial(board.qemu_machine, firmware_of(name, model).elf)

    return start


@pytest.fixture(scope="module")
def board(firmware_of, require_tool):
    """Give a running board for tests that leave it as it was."""
    require_tool("qemu-system-arm")
    firmware = firmware_of("mps2-an386", ADD_ONE)
    with Serial("mps2-an386", firmware.elf) as serial:
        yield serial


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_builds_without_a_warning_and_within_its_static_memory(name, firmware_of):
    sizes = firmware_of(name, ADD_ONE).sizes
    assert 0 < sizes.firmware_ram <= FIRMWARE_STATIC_NBYTES
    assert sizes.model_static == 0


@pytest.mark.parametrize("name", BOARDS)
def test_nothing_is_linked_from_any_library(name, firmware_of):
    linked = firmware_of(name, ADD_ONE).map.read_text().partition("Linker script and memory map")[2]
    assert "build/firmware/libc.o" in linked
    assert not re.findall(r"\S+\.a\b", linked)


@pytest.mark.parametrize("name", BOARDS)
def test_the_stack_ends_where_the_data_region_ends(name, firmware_of):
    with firmware_of(name, ADD_ONE).elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        symbols = {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()}
    ends = {bank.origin + bank.nbytes for bank in load_board(name).ram_banks}
    assert symbols["__stack_top"] in ends
    assert symbols["__stack_top"] - symbols["__stack_limit"] >= 2048


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_a_host_sends_inputs_and_fetches_outputs(name, serial_of):
    data = bytes((37 * i) % 256 for i in range(PORT_NBYTES))
    board = load_board(name)
    # QEMU has no oscillators of STM32s: the firmware waits in vain, and says so.
    rated = name != "stm32f405"
    hz = board.running_timer_hz if rated else board.timer_hz
    clock = board.running_hz if rated else board.reset_hz
    with serial_of(name, ADD_ONE) as serial:
        greeting = f"HELLO te1 dummy arena={ARENA_NBYTES} inputs=1 outputs=1 hz={hz} clock={clock}"
        assert serial.ask("HELLO") == greeting
        assert serial.ask("FILL 1a2b") == "OK"
        assert serial.ask(f"IN 0 0 {data[:256].hex()}") == "OK"
        assert serial.ask(f"IN 0 256 {data[256:].hex().upper()}") == "OK"
        done = serial.ask("RUN")
        low = serial.ask("OUT 0 0 256").removeprefix("DATA 0 0 ")
        high = serial.ask(f"OUT 0 256 {PORT_NBYTES - 256}").removeprefix("DATA 0 256 ")
    status, ticks, stack = map(int, re.findall(r"=(\d+)", done))
    assert done == f"DONE status={status} ticks={ticks} stack={stack}"
    assert status == 0
    assert ticks > 0
    assert 0 < stack < 256
    assert bytes.fromhex(low + high) == bytes((value + 1) % 256 for value in data)


@pytest.mark.parametrize(
    ("request_line", "answer"),
    [
        ("NOISE", "ERR unknown command"),
        ("HELLO you", "ERR unknown command"),
        ("HELLOO", "ERR unknown command"),
        ("RUN 2", "ERR unknown command"),
        ("FILL", "ERR FILL needs a seed of at most 8 hex digits"),
        ("FILL 123456789", "ERR FILL needs a seed of at most 8 hex digits"),
        ("FILL xyz", "ERR FILL needs a seed of at most 8 hex digits"),
        ("IN 1 0 00", "ERR no such input"),
        ("IN -1 0 00", "ERR IN needs at most 256 bytes in hex"),
        ("IN 0 0 000", "ERR IN needs at most 256 bytes in hex"),
        ("IN 0 0 0g", "ERR IN needs at most 256 bytes in hex"),
        ("IN 0 0 " + "00" * 257, "ERR IN needs at most 256 bytes in hex"),
        (f"IN 0 {PORT_NBYTES - 1} 0000", "ERR outside the input"),
        ("IN 0 4294967295 00", "ERR IN needs at most 256 bytes in hex"),
        ("IN 0 999999999 00", "ERR outside the input"),
        (f"IN 0 {PORT_NBYTES} ", "OK"),
        ("OUT 1 0 1", "ERR no such output"),
        ("OUT 0 0 257", "ERR OUT gives at most 256 bytes"),
        ("OUT 0 0 1 1", "ERR OUT gives at most 256 bytes"),
        ("OUT 0 0", "ERR OUT gives at most 256 bytes"),
        (f"OUT 0 {PORT_NBYTES} 1", "ERR outside the output"),
        (f"OUT 0 {PORT_NBYTES} 0", f"DATA 0 {PORT_NBYTES} "),
    ],
)
def test_a_wrong_request_is_refused_with_a_reason(request_line, answer, board):
    assert board.ask(request_line) == answer
    assert board.ask("FILL 1") == "OK"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"HELLO*00000000\n", "ERR wrong CRC"),
        (b"HELLO\n", "ERR wrong CRC"),
        (b"*\n", "ERR wrong CRC"),
        (b"x" * 5000 + b"\n", "ERR line too long"),
    ],
)
def test_a_damaged_line_is_refused_and_the_next_one_served(line, answer, board):
    board.send(b"\r\n\n" + line)
    assert board.receive() == answer
    assert board.ask("FILL 1") == "OK"


FAULT = re.compile(r"FAULT cfsr=(\w{8}) hfsr=(\w{8}) bfar=(\w{8}) pc=(\w{8}) lr=(\w{8})")

# Bits of CFSR. Source: Armv7-M Architecture Reference Manual, B3.2.15.
UNDEFINED, UNALIGNED = 1 << 16, 1 << 24
PRECISE_DATA, IMPRECISE_DATA, INSTRUCTION = 1 << 9, 1 << 10, (1 << 8) | (1 << 0)


@pytest.mark.parametrize("name", QEMU_BOARDS)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (1, UNDEFINED),
        (2, UNALIGNED),
        pytest.param(3, PRECISE_DATA | IMPRECISE_DATA, marks=pytest.mark.slow),
        pytest.param(4, INSTRUCTION, marks=pytest.mark.slow),
    ],
)
def test_a_fault_is_reported_with_its_cause_and_place(name, kind, expected, firmware_of, serial_of):
    nowhere = 0x1F000000 if name in ("mps3-an547", "stm32f405") else 0xA8000000
    with firmware_of(name, MISBEHAVE).elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        run = table.get_symbol_by_name("dummy_run")[0]
    start, end = run["st_value"] & ~1, (run["st_value"] & ~1) + run["st_size"]
    with serial_of(name, MISBEHAVE) as serial:
        assert serial.ask(f"IN 0 0 {kind:02x}000000{nowhere.to_bytes(4, 'little').hex()}") == "OK"
        fault = FAULT.fullmatch(serial.ask("RUN"))
        assert fault, "no FAULT line"
        cfsr, _, bfar, pc, lr = (int(value, 16) for value in fault.groups())
    if load_board(name).target.name != "cortex-m0":  # which has no fault status
        assert cfsr & expected
    if kind == 3 and cfsr & PRECISE_DATA:
        assert bfar == nowhere
    if kind == 4:
        assert pc == nowhere
        assert start <= lr & ~1 <= end
    else:
        assert start <= pc < end


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_a_stack_overflow_is_reported(name, serial_of):
    with serial_of(name, MISBEHAVE) as serial:
        assert serial.ask("IN 0 0 05") == "OK"
        answer = serial.ask("RUN")
    if load_board(name).target.name in ("cortex-m33", "cortex-m55"):
        assert int(FAULT.fullmatch(answer)[1], 16) == 1 << 20  # STKOF, the stack limit
    else:
        assert answer == "ERR the stack overflowed"


def test_the_status_of_the_model_is_passed_on(serial_of):
    with serial_of("mps2-an386", MISBEHAVE) as serial:
        assert serial.ask("IN 0 0 06") == "OK"
        assert serial.ask("RUN").startswith("DONE status=7 ")


def xorshift_bytes(seed, count):
    """Give pseudo-random bytes. Source: Marsaglia, Xorshift RNGs (2003), section 4."""
    state, values = seed, bytearray()
    for _ in range(count):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        values.append(state & 0xFF)
    return bytes(values)


def test_the_arena_fill_is_the_documented_generator(board):
    assert board.ask("FILL cafe0001") == "OK"
    expected = xorshift_bytes(0xCAFE0001, ARENA_NBYTES)[OUTPUT_OFFSET:]
    assert board.ask("OUT 0 0 256") == f"DATA 0 0 {expected[:256].hex()}"


@pytest.mark.parametrize("name", BOARDS)
def test_no_board_executes_a_breakpoint(name, firmware_of):
    directory = firmware_of(name, ADD_ONE).elf.parent
    files = (directory / "firmware").rglob("*.[chl]*")
    texts = [path.read_text() for path in files if path.is_file()]
    assert not any("bkpt" in text.lower() for text in texts)


TWO_PORTS_HEADER = """\
#include <stdint.h>
#define DUMMY_ARENA_BYTES 64
#define DUMMY_INPUT_COUNT 2
#define DUMMY_INPUT0_OFFSET 0
#define DUMMY_INPUT0_BYTES 4
#define DUMMY_INPUT1_OFFSET 16
#define DUMMY_INPUT1_BYTES 4
#define DUMMY_OUTPUT_COUNT 2
#define DUMMY_OUTPUT0_OFFSET 32
#define DUMMY_OUTPUT0_BYTES 4
#define DUMMY_OUTPUT1_OFFSET 48
#define DUMMY_OUTPUT1_BYTES 4
int dummy_run(void *arena, const int8_t *a, const uint8_t *b, uint8_t *c, int8_t *d);
"""

TWO_PORTS = """\
#include "dummy.h"
int dummy_run(void *arena, const int8_t *a, const uint8_t *b, uint8_t *c, int8_t *d)
{
    (void)arena;
    for (int32_t i = 0; i < 4; ++i) {
        c[i] = (uint8_t)(a[i] + b[i]);
        d[i] = (int8_t)(a[i] - b[i]);
    }
    return 0;
}
"""


def test_every_input_and_output_has_its_place_and_type(tmp_path, require_tool):
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    board = load_board("mps2-an385")
    types = {"inputs": ("int8_t", "uint8_t"), "outputs": ("uint8_t", "int8_t")}
    write_project(tmp_path, board, TWO_PORTS, types=types)
    (tmp_path / "dummy.h").write_text(TWO_PORTS_HEADER)
    with Serial("mps2-an385", build(tmp_path, board).elf) as serial:
        assert " inputs=2 outputs=2 " in serial.ask("HELLO")
        assert serial.ask("IN 0 0 00010280") == "OK"
        assert serial.ask("IN 1 0 01020304") == "OK"
        assert serial.ask("RUN").startswith("DONE status=0 ")
        assert serial.ask("OUT 0 0 4") == "DATA 0 0 01030584"
        assert serial.ask("OUT 1 0 4") == "DATA 1 0 ffffff7c"
