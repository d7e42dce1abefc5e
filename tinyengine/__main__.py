"""Start the command line: `python -m tinyengine` and the `tinyengine` script."""

import gc
import sys

_ALLOCATIONS = 50_000
"""Cycles are looked for after so many new objects: a command ends soon, and makes few of them."""


def main() -> None:
    """Run the command line of this process; its imports, too, may be interrupted."""
    gc.set_threshold(_ALLOCATIONS)
    try:
        from tinyengine.cli import main as run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
