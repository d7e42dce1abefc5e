"""What is exported, for any ecosystem: a model for some cores, and the runtime of a release."""

from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.board import Isa
from tinyengine.product.project import Interface
from tinyengine.render import Release

Files = Mapping[str, str | bytes]
"""A package: path relative to its folder, and content."""

RUNTIME = "tinyengine_runtime"
"""The package with the kernels, which all exported models of a release share."""

_CORES = {
    Isa.MVE: "Cortex-M with Helium (M52, M55, M85)",
    Isa.DSP: "Cortex-M with DSP (M4, M7, M33)",
    Isa.BASE: "all others",
}

ISAS = (Isa.MVE, Isa.DSP, Isa.BASE)
"""Instruction sets, in the order in which the preprocessor looks for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A model as it was compiled for the cores of `isas`: its own C files by their names.

    `interface` says what a caller hands over; `constant_nbytes` are those of weights and tables.
    """

    isas: tuple[Isa, ...]
    files: Mapping[str, str]
    interface: Interface
    constant_nbytes: int

    @property
    def cores(self) -> str:
        """Which cores it is for, in words."""
        return ", ".join(_CORES[isa] for isa in self.isas)

    @property
    def folder(self) -> str:
        """The folder of its files, below that of the model."""
        return "_".join(isa.value for isa in self.isas)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """An inference whose result is known: FNV-1a (32 bits) of all output bytes.

    Inputs are the bytes of a linear congruential generator, see `product.export.known_result`.
    """

    digest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLibrary:
    """A model to be exported; `version`, `license` and `url` are those of the package.

    `name` is the model's C identifier, and the package's name; `sha256` is of the model file.
    """

    name: str
    sha256: str
    version: str
    license: str
    url: str
    release: Release
    variants: tuple[Variant, ...]
    test: SelfTest

    def condition(self, variant: Variant) -> str:
        """Give what the preprocessor asks to choose a variant; nothing where that serves all cores.

        Portable kernels do, where there is no variant beside them.
        """
        if len(self.variants) == 1 and Isa.BASE in variant.isas:
            return ""
        return " || ".join(f"TE_ISA == TE_ISA_{isa.value.upper()}" for isa in variant.isas)

    @property
    def serves_all_cores(self) -> bool:
        """True where there is a variant for every core."""
        return any(Isa.BASE in variant.isas for variant in self.variants)

    @property
    def sentence(self) -> str:
        """What it is, in one line."""
        return f"The neural network {self.name}, compiled by tinyengine {self.release.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeLibrary:
    """The kernels of a release of tinyengine."""

    release: Release
    url: str

    @property
    def version(self) -> str:
        """That of the release."""
        return self.release.version
