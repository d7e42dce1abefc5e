"""A build that begins before its project is complete: every file compiles once it is written."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tinyengine.board.types import Board
from tinyengine.errors import ToolError
from tinyengine.product.build import Firmware, Shortfall, finish_build
from tinyengine.product.compile_c import Compilation
from tinyengine.product.firmware import board_files, traps_unaligned
from tinyengine.product.output_directory import write_tree
from tinyengine.product.tools import find_tools
from tinyengine.render import SourceTree


class Building(AbstractContextManager["Building"]):
    """The build of a project in a directory; leaving the block ends the compilers that run.

    While the model is compiled to C, which one processor does, another has the compiler's work.
    """

    def __init__(self, directory: Path, board: Board) -> None:
        """Prepare for a project for `board` in `directory`, which is empty or holds its sources."""
        self._directory, self._board = directory, board
        self._written: set[str] = set()
        self._compilation: Compilation | None = None
        self._proof: Callable[[], None] = lambda: None

    def __exit__(self, *_: object) -> None:
        if self._compilation is not None:
            self._compilation.__exit__()

    def begin(self, banner: str) -> None:
        """Compile what is the same for every model, one file at a time."""
        files = board_files(self._board, banner, trap_unaligned=traps_unaligned(self._board))
        self._write(files)
        try:
            tools = find_tools(self._board.target.toolchain)
        except ToolError:  # It is told when the sources are there: they may be wrong themselves.
            return
        self._compilation = Compilation(self._directory, self._board, tools)
        self._compilation.start(map(Path, _sources(files)), at_once=1)

    def write(self, tree: SourceTree) -> None:
        """Write files that include none but these and earlier ones; compile them if it has begun.

        That is one at a time, since the other processor makes the next files. What was written
        before is left as it is.
        """
        new = {path: text for path, text in tree.items() if path not in self._written}
        self._write(new)
        if self._compilation is not None:
            self._compilation.start(map(Path, _sources(new)), at_once=1)

    def prove(self, proof: Callable[[], None]) -> None:
        """Take the proof that what was written is safe: it is made before the build ends."""
        self._proof = proof

    def finish(self, before_link: Callable[[], None] = lambda: None) -> Firmware | Shortfall:
        """Compile what is left, and link; where just the flash is too small, give by how much.

        `before_link` is called when the object files are there.

        Raises what `try_build` does, and what the proof does.
        """
        if self._compilation is None:
            tools = find_tools(self._board.target.toolchain)
            self._compilation = Compilation(self._directory, self._board, tools)
        where = self._directory, self._board
        return finish_build(self._compilation, *where, before_link, self._proof)

    def _write(self, files: SourceTree) -> None:
        write_tree(self._directory, files)
        self._written |= files.keys()


def _sources(files: SourceTree) -> list[str]:
    return [path for path in files if path.endswith(".c")]
