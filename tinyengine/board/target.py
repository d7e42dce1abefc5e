"""What code is built for: an architecture and its toolchain, a core, its instructions and flags."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Isa(Enum):
    """What a kernel may use, beyond what every core of its architecture has."""

    BASE = "base"
    DSP = "dsp"
    MVE = "mve"

    @property
    def includes(self) -> frozenset["Isa"]:
        """The instruction sets whose kernels run on such a core.

        Cores with MVE have the DSP instructions too, but not the registers that the kernels'
        assembly needs: their compilers keep loop counters in LR.
        """
        return frozenset({Isa.BASE, self})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolchainWheel:
    """A package of Python's index that brings a toolchain: `module` has it in `toolchain/bin`."""

    package: str
    module: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Toolchain:
    """The programs that build for an architecture: `prefix` begins their names.

    `packages` are Debian's, by the name of the program after the prefix; `library_package` is that
    of the C library. `wheel` brings the programs as well, where there is one. `clang_triple` is
    what clang calls the architecture.
    """

    prefix: str
    packages: Mapping[str, str]
    library_package: str
    clang_triple: str
    wheel: ToolchainWheel | None = None

    def program(self, name: str) -> str:
        """Give the full name of the program `name`: `gcc`, `objcopy` or `objdump`."""
        return f"{self.prefix}{name}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Architecture:
    """What cores of a kind share: their tools, and the QEMU program that emulates them.

    `aligned_flags` tell the compiler to make no unaligned access.
    """

    name: str
    toolchain: Toolchain
    qemu_program: str
    aligned_flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """A core: its name, what its kernels may use, and the compiler's and linker's flags for it.

    `has_unaligned_access`: loads and stores need not be aligned to their size. `unicorn_cpu` is
    Unicorn's constant for the core, None where Unicorn lacks it. `timing` names the model of its
    cycles (`tinyengine.run.cycles.TIMINGS`), None where no timing is published. `issues` is how
    many instructions it begins in a cycle at most, for which loops are scheduled. `has_thumb2`: it
    has the instruction set of that name, not only the one before.
    """

    name: str
    architecture: Architecture
    isa: Isa
    flags: tuple[str, ...]
    has_unaligned_access: bool = True
    unicorn_cpu: str | None = None
    timing: str | None = None
    issues: int = 1
    has_thumb2: bool = True

    @property
    def toolchain(self) -> Toolchain:
        """The programs that build for it."""
        return self.architecture.toolchain
