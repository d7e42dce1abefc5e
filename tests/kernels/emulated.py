"""Runs kernels as a Cortex-M executes them: compiled for the core, called under unicorn or QEMU.

`with on_core("cortex-m4"):` sends what `host` runs in it to the core instead of this machine:
whole tensors, pieces of rows and overlaps. The sanitizers only watch the host.
"""

import hashlib
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import cffi
import numpy as np
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const

from tests.kernels import host, host_build
from tests.support import require_tool
from tinyengine.board.targets.arm_m import TARGETS
from tinyengine.kernels.spec import Kernel
from tinyengine.lower import runtime_files
from tinyengine.resources import runtime_dir

CODE, DATA, RETURN = 0x10000, 0x20000000, 0x8000
CODE_NBYTES, DATA_NBYTES, STACK_NBYTES = 1 << 18, 1 << 23, 1 << 16
POISON = 0xA5

MODELS = {
    "cortex-m0": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm_const.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}

MVE = "cortex-m55"
"""The core that unicorn lacks: QEMU's mps3-an547 carries out all steps at the end."""

MVE_CORE = Path(__file__).with_name("mve_core.c")
MVE_DATA, MVE_DATA_NBYTES, MVE_STEPS_NBYTES = 0x31000000, 1 << 22, 1 << 18


@contextmanager
def on_core(cpu: str, *, short_loops: bool = False) -> Iterator[None]:
    """Send the kernels that `host` runs in this context to the core `cpu`."""
    before = host.backend
    host.backend = lambda kernel, request: _ask(kernel, request, cpu, short_loops)
    try:
        yield
    finally:
        host.backend = before


@cache
def build(kernel: Kernel, cpu: str, short_loops: bool = False) -> Path:
    """Give an ELF file of `kernel` for `cpu`, from the cache where nothing has changed."""
    host_build.CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=host_build.CACHE) as folder:
        return _build(kernel, cpu, Path(folder), short_loops)


def _build(kernel: Kernel, cpu: str, folder: Path, short_loops: bool) -> Path:
    """Give it with the help of a `folder` that holds the files as they are emitted."""
    gcc = require_tool("arm-none-eabi-gcc")
    issues = next(target.issues for target in TARGETS if target.name == cpu)
    for name in runtime_files([kernel], issues=issues, short_loops=short_loops):
        shutil.copy(runtime_dir() / name, folder)
    options = [f"-mcpu={cpu}", "-mthumb", "-std=c11", "-O2"]
    places = [f"-Wl,-Ttext={CODE:#x}", f"-Wl,-e,{kernel.function}", "-nostartfiles"]
    sources = [str(folder / Path(source).name) for source in kernel.sources]
    if cpu == MVE:
        options += ["-mfloat-abi=hard", "-ffreestanding"]
        places += ["-Wl,--section-start=.vectors=0"]
        sources += [str(MVE_CORE)]
    preprocessed = "".join(_run([gcc, *options, "-E", "-P", file]) for file in sources)
    digest = hashlib.sha256("\0".join([preprocessed, *options]).encode()).hexdigest()
    program = host_build.CACHE / f"{kernel.function}-{digest[:20]}.elf"
    if program.is_file():
        return program
    made = folder / "kernel.elf"
    _run([gcc, *options, *places, "--specs=nosys.specs", *sources, "-o", str(made)])
    return made.replace(program)


class Core(ABC):
    """A core with one kernel in its memory, and a heap for the call's blocks."""

    def __init__(self, program: Path, free: int, end: int) -> None:
        self.free, self.end = free, end
        self.functions = _functions(program)

    @abstractmethod
    def fill(self, address: int, data: bytes) -> None:
        """Put `data` into a new block."""

    @abstractmethod
    def write(self, address: int, data: bytes) -> None:
        """Write `data`, now."""

    @abstractmethod
    def call(self, words: Sequence[int]) -> None:
        """Call the kernel with the words of its arguments: four in registers, then the stack."""

    @abstractmethod
    def read(self, address: int, nbytes: int) -> None:
        """Read what is there now, for `results`."""

    @abstractmethod
    def results(self) -> list[bytes]:
        """Give what was read."""

    def allocate(self, data: bytes) -> int:
        """Give the address, a multiple of 4, of a block that holds `data`."""
        address = self.free
        self.free += (len(data) + 11) // 4 * 4
        assert self.free <= self.end, "the kernel's tensors fill the core's memory"
        self.fill(address, data)
        return address

    def struct(self, declarations: str, c_type: str, members: Mapping[str, Any]) -> int:
        """Give the address of a params struct, laid out as the core's compiler does."""
        ffi = cffi.FFI()
        ffi.cdef(declarations)
        values = (value if isinstance(value, tuple) else (value,) for value in members.values())
        data = bytearray()
        for kind, item in zip(_scalars(ffi.typeof(c_type)), chain(*values), strict=True):
            size = 4 if kind.kind in ("pointer", "function") else ffi.sizeof(kind)
            data += bytes(-len(data) % size)
            match item:
                case bytes():
                    word = self.allocate(item)
                case {"function": name}:
                    word = self.functions[name]
                case {"c_type": part, "members": parts}:
                    word = self.struct(declarations, part, parts)
                case _:
                    word = int(item or 0)
            data += (word & (256**size - 1)).to_bytes(size, "little")
        return self.allocate(bytes(data))


def _functions(program: Path) -> dict[str, int]:
    """Give the address of each of a program's functions, as it is called."""
    with program.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        functions = [each for each in symbols if each["st_info"]["type"] == "STT_FUNC"]
        return {each.name: each["st_value"] | 1 for each in functions}


def _scalars(c_type: Any) -> Iterator[Any]:
    """Give the cffi types of the numbers and pointers of a type, in order."""
    match c_type.kind:
        case "struct":
            for _, field in c_type.fields:
                yield from _scalars(field.type)
        case "array":
            for _ in range(c_type.length):
                yield from _scalars(c_type.item)
        case _:
            yield c_type


class UnicornCore(Core):
    """A core of unicorn's."""

    def __init__(self, program: Path, cpu: str) -> None:
        super().__init__(program, DATA + STACK_NBYTES, DATA + DATA_NBYTES)
        mode = unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, mode, cpu=MODELS[cpu])
        self.uc.mem_map(RETURN, 0x1000)
        self.uc.mem_map(CODE, CODE_NBYTES)
        self.uc.mem_map(DATA, DATA_NBYTES)
        self.found: list[bytes] = []
        with program.open("rb") as file:
            elf = ELFFile(file)
            self.entry = elf["e_entry"] | 1
            for segment in elf.iter_segments("PT_LOAD"):
                if segment["p_filesz"]:
                    self.uc.mem_write(segment["p_paddr"], segment.data())

    def fill(self, address: int, data: bytes) -> None:
        self.uc.mem_write(address, data)

    def write(self, address: int, data: bytes) -> None:
        self.uc.mem_write(address, data)

    def call(self, words: Sequence[int]) -> None:
        top = DATA + STACK_NBYTES - (len(words) * 4 + 7) // 8 * 8
        self.uc.mem_write(top, _words(words[4:]))
        for index, word in enumerate(words[:4]):
            self.uc.reg_write(arm_const.UC_ARM_REG_R0 + index, word & 0xFFFFFFFF)
        self.uc.reg_write(arm_const.UC_ARM_REG_SP, top)
        self.uc.reg_write(arm_const.UC_ARM_REG_LR, RETURN | 1)
        self.uc.emu_start(self.entry, RETURN)
        assert self.uc.reg_read(arm_const.UC_ARM_REG_SP) == top, "the kernel balances its stack"

    def read(self, address: int, nbytes: int) -> None:
        self.found.append(bytes(self.uc.mem_read(address, nbytes)))

    def results(self) -> list[bytes]:
        return self.found


class MveCore(Core):
    """QEMU's Cortex-M55; `mve_core.c` carries out the steps, at the end."""

    def __init__(self, program: Path) -> None:
        super().__init__(program, MVE_DATA + MVE_STEPS_NBYTES, MVE_DATA + MVE_DATA_NBYTES)
        self.program = program
        self.blocks: list[bytes] = []
        self.steps: list[int] = []
        self.lengths: list[int] = []
        with program.open("rb") as file:
            self.entry = ELFFile(file)["e_entry"] | 1

    def fill(self, address: int, data: bytes) -> None:
        assert address == MVE_DATA + MVE_STEPS_NBYTES + sum(map(len, self.blocks))
        self.blocks.append(data + bytes(self.free - address - len(data)))

    def write(self, address: int, data: bytes) -> None:
        self._add(1, [address, self.allocate(data), len(data)])

    def call(self, words: Sequence[int]) -> None:
        self._add(2, [self.entry, *words])

    def read(self, address: int, nbytes: int) -> None:
        self._add(3, [address, nbytes])
        self.lengths.append(nbytes)

    def results(self) -> list[bytes]:
        qemu = require_tool("qemu-system-arm")
        steps = _words([*self.steps, 0, 0])
        assert len(steps) <= MVE_STEPS_NBYTES, "the steps fill their memory"
        with tempfile.NamedTemporaryFile() as image:
            image.write(steps.ljust(MVE_STEPS_NBYTES, b"\0") + b"".join(self.blocks))
            image.flush()
            loader = f"loader,file={image.name},addr={MVE_DATA:#x},force-raw=on"
            command = [qemu, "-M", "mps3-an547", "-nographic", "-monitor", "none"]
            command += ["-serial", "none", "-semihosting", "-device", loader]
            command += ["-kernel", str(self.program)]
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, f"status {done.returncode}: {done.stderr.decode()}"
        data = done.stdout
        assert len(data) == sum(self.lengths), "the core gives all that was read"
        ends = np.cumsum(self.lengths).tolist()
        return [data[end - n : end] for end, n in zip(ends, self.lengths, strict=True)]

    def _add(self, command: int, operands: Sequence[int]) -> None:
        self.steps += [command, len(operands), *operands]


def _ask(kernel: Kernel, request: host.Request, cpu: str, short_loops: bool) -> list[bytes]:
    """Carry out the steps of one request on the core; gives what its read steps read."""
    program = build(kernel, cpu, short_loops)
    core = MveCore(program) if cpu == MVE else UnicornCore(program, cpu)
    params = core.struct(request.declarations, request.c_type, request.members)
    blocks = [core.allocate(data) for data in request.buffers]
    sources = [
        word
        for block, (offset, *rest) in request.sources
        for word in (blocks[block] + offset, *rest)
    ]
    if request.is_array:
        sources = [core.allocate(_words(sources))]
    output = [
        word
        for block, (offset, *rest) in (request.output, *request.further)
        for word in (blocks[block] + offset, *rest)
    ]
    nbytes = request.scratch_nbytes
    scratch = [] if nbytes is None else [core.allocate(bytes(nbytes))]
    for step in request.steps:
        match step:
            case ("write", buffer, offset, data):
                core.write(blocks[buffer] + offset, data)
            case ("run" | "continue" as how, first, last):
                if scratch and how == "run":
                    core.write(scratch[0], bytes([POISON]) * (nbytes or 0))
                core.call([params, *sources, *output, first, last, *scratch])
            case ("read", buffer, offset, length):
                core.read(blocks[buffer] + offset, length)
    return core.results()


def _words(values: Sequence[int]) -> bytes:
    return b"".join((value & 0xFFFFFFFF).to_bytes(4, "little") for value in values)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout
