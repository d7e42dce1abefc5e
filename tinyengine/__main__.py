"""Start the command line: `python -m tinyengine` and the `tinyengine` script."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> None:
    """Run the command line of this process; its imports, too, may be interrupted.

    Whatever is imported then may catch an exception, or turn it into another: a handler ends it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    gc.disable()  # What is imported stays: to look through it again and again would find nothing.
    try:
        from tinyengine.cli import app_for  # noqa: PLC0415
        from tinyengine.cli import main as run  # noqa: PLC0415

        app = app_for(sys.argv[1:])
    except KeyboardInterrupt:
        _stop(signal.SIGINT, None)
    gc.freeze()
    gc.enable()
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run(app)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """End the process at once: nothing was begun yet that wants cleaning up."""
    sys.stderr.write("interrupted\n")
    sys.stderr.flush()
    os._exit(128 + number)


if __name__ == "__main__":
    main()
