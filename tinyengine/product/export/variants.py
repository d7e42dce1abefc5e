"""Get what is exported: from a model file, compiled for each instruction set, or from a product."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinyengine.board import TARGETS, Board, Isa, Memory, MemoryKind, Uart
from tinyengine.compiler import Compiled, Options, compile_model
from tinyengine.errors import UsageError
from tinyengine.files import read_bytes
from tinyengine.product.export.known_result import digest, made_up_inputs
from tinyengine.product.export.library import SelfTest, Variant
from tinyengine.product.export.sources import dual_sources, runtime_sources
from tinyengine.product.infer import Ports, infer_steps
from tinyengine.product.open import Place, open_product
from tinyengine.product.product import Product
from tinyengine.product.project import Interface
from tinyengine.progress import Progress
from tinyengine.reference import run as run_reference

_CORES = {Isa.BASE: "cortex-m0plus", Isa.DSP: "cortex-m4", Isa.MVE: "cortex-m55"}
_MOST_NBYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exported:
    """A model's name, the digest of its file, its variants and its known result."""

    name: str
    sha256: str
    variants: tuple[Variant, ...]
    test: SelfTest


def any_board(isa: Isa) -> Board:
    """Give a board of more memory than there is, for the cores of an instruction set.

    A package does not know the board: its limits are for who builds the application to hold.
    """
    target = next(target for target in TARGETS.values() if target.name == _CORES[isa])
    return Board(
        name=f"any core with {isa.value} kernels",
        title=f"Any core with {isa.value} kernels",
        source="not a board: the address space of Cortex-M (Armv7-M ARM, B3.1), halved",
        target=target,
        clock_hz=1_000_000,
        memories=(
            Memory(name="flash", kind=MemoryKind.FLASH, origin=0, nbytes=1 << 29),
            Memory(name="ram", kind=MemoryKind.RAM, origin=1 << 29, nbytes=1 << 29),
        ),
        uart=Uart(driver="none", base=0),
        timer="none",
        qemu_machine=None,
        qemu_twin=None,
    )


def export_file(path: Path, isas: Sequence[Isa], options: Options, progress: Progress) -> Exported:
    """Compile a model file for each of `isas`; those that come out the same become one variant.

    The options' board does not matter. The known result is the reference's.

    Raises what `compile_model` does.
    """
    made = []
    for isa in isas:
        with progress(f"compiling {path.name} for cores with {isa.value} kernels") as watch:
            made.append(compile_model(path, replace(options, board=any_board(isa)), watch=watch))
    with progress("computing a known result"):
        test = _reference_result(made[0])
    first = made[0].identity
    return Exported(
        name=first.name,
        sha256=first.sha256,
        variants=_distinct([_variant(isa, c) for isa, c in zip(isas, made, strict=True)]),
        test=test,
    )


def export_product(product: Product, progress: Progress) -> Exported:
    """Take the C files of an output directory; the known result is its firmware's.

    Raises:
        UsageError: a file was edited, or is another release's.
        ToolError, WrongResultError: its firmware does not run.
    """
    name, directory = product.report.model.name, product.directory
    _check_runtime(directory)
    names = [f"{name}.h", f"{name}.c", f"{name}_weights.h", f"{name}_weights.c"]
    files = {each: _read(directory / each) for each in names}
    flash = product.report.flash
    variant = Variant(
        isas=(product.board.target.isa,),
        files=files,
        interface=Interface.of_report(product.report),
        constant_nbytes=flash.weights + flash.other_constants,
    )
    ports = Ports.of(product).inputs
    inputs = made_up_inputs([(port.shape, port.dtype.numpy) for port in ports])
    with open_product(product, Place(), progress=progress) as runner, progress("running the model"):
        (result,) = infer_steps(runner, [inputs])
    return Exported(
        name=name,
        sha256=product.report.model.sha256,
        variants=(variant,),
        test=SelfTest(digest=digest(result.outputs)),
    )


def _variant(isa: Isa, compiled: Compiled) -> Variant:
    return Variant(
        isas=(isa,),
        files={name: text for name, text in compiled.tree.items() if "/" not in name},
        interface=Interface.of_program(compiled.program),
        constant_nbytes=compiled.program.constant_nbytes,
    )


def _distinct(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """Join variants that have the same files."""
    joined: list[Variant] = []
    for variant in variants:
        same = next((i for i, each in enumerate(joined) if each.files == variant.files), None)
        if same is None:
            joined.append(variant)
        else:
            joined[same] = replace(joined[same], isas=joined[same].isas + variant.isas)
    return tuple(joined)


def _reference_result(compiled: Compiled) -> SelfTest:
    ports = [port.edge.tensor for port in compiled.program.inputs]
    inputs = made_up_inputs([(tensor.shape, tensor.dtype.numpy) for tensor in ports])
    outputs = run_reference(compiled.graph, inputs)
    return SelfTest(digest=digest(array.tobytes() for array in outputs))


def _check_runtime(directory: Path) -> None:
    """Refuse kernels that are not those of this release, as the shared package has them."""
    ours, dual = runtime_sources(guarded=False), dual_sources()
    for path in sorted((directory / "te").glob("*.[ch]")):
        name = f"te/{path.name}"
        if _read(path) not in (ours.get(name), dual.get(name)):
            raise UsageError(
                str(path),
                "was edited, or comes from another release of tinyengine",
                "compile the model again: exported models share this release's kernels",
            )


def _read(path: Path) -> str:
    try:
        return read_bytes(path, _MOST_NBYTES).decode("utf-8")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(str(path), "is no text") from None
