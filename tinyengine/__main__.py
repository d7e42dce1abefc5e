"""Start the command line: `python -m tinyengine` and the `tinyengine` script."""

import sys


def main() -> None:
    """Run the command line of this process; its imports, too, may be interrupted."""
    try:
        from tinyengine.cli import main as run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
