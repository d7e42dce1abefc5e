"""Sizes in bytes as people write them: 98304, 96K or 1M."""

import re

_MOST_NBYTES = 1 << 32
"""What a 32-bit core can address: no board has more."""


def parse_size(said: str | int) -> int:
    """Give the bytes that `said` says; K and M are powers of two.

    Raises:
        ValueError: it says none, or 0, or more than any board has.
    """
    match = re.fullmatch(r"([0-9]{1,99})([kKmM]?)(?:i?[bB])?", str(said).strip())
    shown = f"'{said}'" if isinstance(said, str) else str(said)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{shown} is not a size; write 98304, 96K or 1M")
    nbytes = int(match[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[match[2].lower()]
    if nbytes > _MOST_NBYTES:
        raise ValueError(f"{shown} is more than any board has")
    return nbytes
