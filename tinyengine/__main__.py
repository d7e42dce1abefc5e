"""Start the command line: `python -m tinyengine` and the `tinyengine` script."""

from tinyengine.cli import main

if __name__ == "__main__":
    main()
