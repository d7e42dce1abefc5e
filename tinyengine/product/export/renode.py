"""A compiled firmware for Renode: the board's description, a script, and a test for renode-test.

Source: Renode documentation, "Testing with Renode".
"""

from tinyengine.errors import ToolError
from tinyengine.files import read_bytes
from tinyengine.product.export.known_result import made_up_inputs
from tinyengine.product.export.library import Files
from tinyengine.product.export.sources import render
from tinyengine.product.infer import Ports
from tinyengine.product.product import Product
from tinyengine.run import record_session
from tinyengine.run.renode.platform import check_can_have, platform_text

_MOST_NBYTES = 64 << 20


def renode_files(product: Product) -> Files:
    """Give the files of a product's firmware; the test knows what it computes, from the emulator.

    Raises:
        UsageError: Renode does not have the board's serial port, timer or core.
        ToolError, WrongResultError: the firmware does not run.
    """
    board, name = product.board, product.report.model.name
    check_can_have(board)
    inputs = made_up_inputs([(p.shape, p.dtype.numpy) for p in Ports.of(product).inputs])
    exchanges = record_session(
        product.elf, board, [array.tobytes() for array in inputs], product.output_nbytes
    )
    try:
        elf = read_bytes(product.elf, _MOST_NBYTES)
    except OSError as error:
        raise ToolError(str(product.elf), f"cannot be read: {error.strerror}") from error
    return {
        "board.repl": platform_text(board),
        f"{name}.resc": render("renode/model.resc", name=name, board=board),
        f"{name}.robot": render("renode/model.robot", name=name, board=board, exchanges=exchanges),
        "README.md": render("renode/renode.md", name=name, board=board),
        "firmware.elf": elf,
    }
