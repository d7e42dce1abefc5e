"""The firmware's own part of the C library does on the cores what C and Arm's ABI ask for."""

import random
import subprocess

import pytest
from elftools.elf.elffile import ELFFile
from unicorn import arm_const

from tests.kernels.emulated import CODE, DATA, UnicornCore
from tests.support import require_tool
from tinyengine.resources import runtime_dir

CORES = ("cortex-m0", "cortex-m3", "cortex-m7")
HERE, THERE = DATA + 0x20000, DATA + 0x30000
WORD, LONG = 1 << 32, 1 << 64


class Library(UnicornCore):
    """A core with the library in its memory."""

    def __init__(self, program, cpu):
        super().__init__(program, cpu)
        with program.open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            self.entries = {symbol.name: symbol["st_value"] | 1 for symbol in table.iter_symbols()}

    def ask(self, function, *words):
        """Call a function; give the two words that it returns, the second one above the first."""
        self.entry = self.entries[function]
        self.call([word % WORD for word in words])
        low, high = (self.uc.reg_read(arm_const.UC_ARM_REG_R0 + i) for i in (0, 1))
        return low + (high << 32)

    def memory(self, address, nbytes):
        return bytes(self.uc.mem_read(address, nbytes))


GCC = ("arm-none-eabi-gcc",)
CLANG = ("clang", "--target=arm-none-eabi", "-fuse-ld=lld", "-Wno-unused-command-line-argument")


@pytest.fixture(scope="module", params=[(each, cpu) for each in (GCC, CLANG) for cpu in CORES])
def library(request, tmp_path_factory):
    (compiler, *own), cpu = request.param
    program = tmp_path_factory.mktemp("libc") / f"{cpu}.elf"
    folder = runtime_dir() / "firmware"
    options = [f"-mcpu={cpu}", "-mthumb", "-mfloat-abi=soft", "-std=c11", "-O2"]
    options += ["-nostdlib", f"-Wl,-Ttext={CODE:#x}", "-Wl,-e,memcpy", "-o", str(program)]
    options += ["-idirafter", str(folder / "libc")]
    if cpu == "cortex-m0":
        options.append("-mno-unaligned-access")
    sources = [str(folder / name) for name in ("libc.c", "aeabi.c")]
    subprocess.run([require_tool(compiler), *own, *options, *sources], check=True)
    return Library(program, cpu)


def cases():
    """Give (bytes, first address, second address) of blocks: every small one, some large ones."""
    generator = random.Random(7)
    for nbytes in (*range(20), 31, 32, 33, 63, 64, 67, 255, 1000):
        for _ in range(4):
            yield nbytes, generator.randrange(8), generator.randrange(8)
        yield nbytes, 0, 4


@pytest.mark.parametrize("function", ["memcpy", "memmove", "__aeabi_memcpy", "__aeabi_memmove"])
def test_copies_give_every_byte_and_touch_no_other(library, function):
    generator = random.Random(1)
    for nbytes, to, start in cases():
        before, data = generator.randbytes(nbytes + 32), generator.randbytes(nbytes)
        library.write(HERE, before)
        library.write(THERE + start, data)
        result = library.ask(function, HERE + 8 + to, THERE + start, nbytes) % WORD
        expected = before[: 8 + to] + data + before[8 + to + nbytes :]
        assert library.memory(HERE, len(before)) == expected, (nbytes, to, start)
        assert library.memory(THERE + start, nbytes) == data
        assert function.startswith("__") or result == HERE + 8 + to


def test_a_move_may_overlap_in_both_directions(library):
    for nbytes in (1, 4, 15, 16, 17, 40, 100):
        for distance in (-17, -16, -4, -1, 0, 1, 3, 4, 16, 33):
            before = random.Random(nbytes).randbytes(200)
            library.write(HERE, before)
            library.ask("memmove", HERE + 50 + distance, HERE + 50, nbytes)
            expected = bytearray(before)
            expected[50 + distance : 50 + distance + nbytes] = before[50 : 50 + nbytes]
            assert library.memory(HERE, 200) == bytes(expected), (nbytes, distance)


def test_fills_give_every_byte_and_touch_no_other(library):
    for nbytes, to, value in cases():
        before = random.Random(nbytes).randbytes(nbytes + 32)
        for function, words, byte in (
            ("memset", (0x1280 + value, nbytes), 0x80 + value),  # only the low byte counts
            ("__aeabi_memset", (nbytes, value), value),
            ("__aeabi_memclr", (nbytes,), 0),
        ):
            library.write(HERE, before)
            library.ask(function, HERE + 8 + to, *words)
            expected = before[: 8 + to] + bytes([byte]) * nbytes + before[8 + to + nbytes :]
            assert library.memory(HERE, len(before)) == expected, (function, nbytes, to)


@pytest.mark.parametrize("stem", ["memcpy", "memmove", "memset", "memclr"])
def test_the_names_that_promise_alignment_are_the_same_functions(library, stem):
    names = [f"__aeabi_{stem}{alignment}" for alignment in ("", 4, 8)]
    assert len({library.entries[name] for name in names}) == 1


@pytest.mark.parametrize(
    ("lhs", "rhs", "sign"),
    [(b"", b"", 0), (b"abc", b"abc", 0), (b"abd", b"abc", 1), (b"\x01", b"\xff", -1)],
)
def test_comparing_goes_by_unsigned_bytes(library, lhs, rhs, sign):
    library.write(HERE, lhs)
    library.write(THERE, rhs)
    result = library.ask("memcmp", HERE, THERE, len(lhs)) % WORD
    assert (result > 0) - 2 * (result >> 31) == sign


def numbers():
    generator = random.Random(3)
    edges = (0, 1, 2, 3, 7, 9, 15, 16, 255, 256, 257, 65535, 65536, 1 << 31, WORD - 1, WORD - 7)
    yield from ((one, other) for one in edges for other in edges)
    for _ in range(200):
        yield generator.getrandbits(32), generator.getrandbits(generator.randrange(1, 33))


def signed(word):
    return word - WORD if word >> 31 else word


def test_division_truncates_and_the_remainder_has_the_sign_of_the_numerator(library):
    for numerator, denominator in numbers():
        if denominator == 0:
            continue
        quotient, rest = divmod(numerator, denominator)
        assert library.ask("__aeabi_uidivmod", numerator, denominator) == quotient + (rest << 32)
        assert library.ask("__aeabi_uidiv", numerator, denominator) % WORD == quotient
        one, other = signed(numerator), signed(denominator)
        quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
        both = quotient % WORD + ((one - quotient * other) % WORD << 32)
        assert library.ask("__aeabi_idivmod", numerator, denominator) == both, (one, other)
        assert library.ask("__aeabi_idiv", numerator, denominator) % WORD == quotient % WORD


def test_division_by_zero_ends(library):
    assert library.ask("__aeabi_uidivmod", 5, 0) == 5 << 32
    assert library.ask("__aeabi_idiv", -5, 0) % WORD == 0


def test_products_of_64_bits_are_exact(library):
    generator = random.Random(5)
    for _ in range(300):
        one, other = (generator.getrandbits(generator.randrange(1, 65)) for _ in range(2))
        words = (one, one >> 32, other, other >> 32)
        assert library.ask("__aeabi_lmul", *words) == one * other % LONG


def test_shifts_of_64_bits_are_exact(library):
    generator = random.Random(6)
    for count in range(64):
        value = generator.getrandbits(64) | (count % 2) << 63
        words = (value, value >> 32, count)
        assert library.ask("__aeabi_llsl", *words) == (value << count) % LONG
        assert library.ask("__aeabi_llsr", *words) == value >> count
        arithmetic = (value - (value >> 63 << 64)) >> count
        assert library.ask("__aeabi_lasr", *words) == arithmetic % LONG
