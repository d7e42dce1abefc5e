"""Firmware around a fake model, built once per board."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.firmware import build_fake

FakeElf = Callable[[str], Path]


@pytest.fixture(scope="session")
def fake_elf(tmp_path_factory: pytest.TempPathFactory) -> FakeElf:
    """Give a function from a board's name to the ELF of the misbehaving model for it."""
    built: dict[str, Path] = {}

    def give(board: str) -> Path:
        if board not in built:
            built[board] = build_fake(tmp_path_factory.mktemp(board), board)
        return built[board]

    return give
