"""What a program that is given a file of unknown origin may take of the machine."""

import resource
import shutil
from contextlib import suppress


def limit(pid: int, *, data_nbytes: int, file_nbytes: int) -> None:
    """Bound the memory of a process, and the files that it writes, in bytes; it dumps no core."""
    for kind, most in (
        (resource.RLIMIT_DATA, data_nbytes),
        (resource.RLIMIT_FSIZE, file_nbytes),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):  # it has ended already
            resource.prlimit(pid, kind, (least, least))


def bound_to_us(command: list[str]) -> list[str]:
    """Let the kernel end the process when ours dies, where util-linux can ask for that."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *command] if setpriv else command
