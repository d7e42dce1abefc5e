"""Sizes in bytes as people write them: 98304, 96K or 1M."""

import re


def parse_size(text: str) -> int:
    """Give the bytes that `text` says; K and M are powers of two.

    Raises:
        ValueError: it says none, or 0.
    """
    match = re.fullmatch(r"([0-9]{1,12})([kKmM]?)(?:i?[bB])?", text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"'{text}' is not a size; write 98304, 96K or 1M")
    return int(match[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[match[2].lower()]
