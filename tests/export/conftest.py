"""Packages of the digits model and of a second one, for every ecosystem, made once a session."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.command import succeeded
from tests.export.collect import COLLECT, Sources
from tests.export.harness import compile_all
from tests.support import ROOT
from tinyengine.board import Board, Isa, load_board
from tinyengine.compiler import Options, compile_model

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
BOARDS = {Isa.BASE: "microbit", Isa.DSP: "stm32f746", Isa.MVE: "mps3-an547"}


TWO_MODELS = ("cmake", "arduino", "platformio")


@dataclass(frozen=True, slots=True)
class Exports:
    """A folder for each ecosystem, with the packages digits and tinyengine_runtime.

    Some have the package small as well.
    """

    root: Path

    def package(self, ecosystem: str, name: str) -> Path:
        """Give the folder of a package."""
        return self.root / ecosystem / name

    def sources(self, ecosystem: str, name: str) -> Sources:
        """Give what the ecosystem's build compiles of a package."""
        return COLLECT[ecosystem](self.package(ecosystem, name))


@pytest.fixture(scope="session")
def exports(tmp_path_factory, small) -> Exports:
    root = tmp_path_factory.mktemp("exports")
    for ecosystem in COLLECT:
        succeeded("export", DIGITS, "--to", ecosystem, "-o", root / ecosystem)
    for ecosystem in TWO_MODELS:
        succeeded("export", small, "--to", ecosystem, "--name", "small", "-o", root / ecosystem)
    return Exports(root)


@pytest.fixture(scope="session")
def kernels(exports, tmp_path_factory, small):
    """Give a function that compiles, for a board, the kernels that the two models need.

    All ecosystems have the same ones. It gives the objects, and the folder to include from.
    """
    made: dict[str, tuple[list[Path], Path]] = {}

    def objects(board: Board) -> tuple[list[Path], Path]:
        if board.name not in made:
            whole = exports.sources("cmake", "tinyengine_runtime")
            used = {
                Path(name).name
                for model in (DIGITS, small)
                for name in compile_model(model, Options(board=board)).tree
            }
            needed = Sources(
                files=tuple(path for path in whole.files if path.name in used),
                includes=whole.includes,
            )
            folder = tmp_path_factory.mktemp(f"kernels-{board.name}")
            made[board.name] = compile_all(board, needed, (), folder), whole.includes[0]
        return made[board.name]

    return objects


@pytest.fixture
def board() -> Board:
    return load_board(BOARDS[Isa.DSP])


@pytest.fixture
def copy(tmp_path):
    """Give a function that copies a folder to where a test may spoil it."""

    def copied(folder: Path) -> Path:
        return Path(shutil.copytree(folder, tmp_path / "copy" / folder.name))

    return copied
