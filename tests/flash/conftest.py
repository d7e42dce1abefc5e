"""A compiled model for boards that are flashed, and what stands in for them."""

import os
import shutil
from importlib import import_module

import pytest

from tests.cli.command import succeeded
from tests.support import require_module


def nrf52840(**options):
    """Give a simulated chip; the fixture `chips` has made sure that there is pyOCD."""
    return import_module("tests.flash.simulated_probe").Chip(**options)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory, small):
    """Give a function from a board's name to a directory of `compile` for it."""
    folder, tools = tmp_path_factory.mktemp("flash"), os.environ["PATH"]

    def directory(board):
        if not (folder / board).exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PATH", tools)  # a test may have its own
                command = ("--board", board, "--name", "net", "-o", folder / board)
                succeeded("compile", small, *command)
        return folder / board

    return directory


@pytest.fixture
def own(compiled, tmp_path):
    """Give a function like `compiled`, of directories that a test may spoil."""
    return lambda board: shutil.copytree(compiled(board), tmp_path / board)


@pytest.fixture
def chips(monkeypatch):
    """Give the chips that simulated probes reach, by serial number: a test puts some in."""
    require_module("pyocd")
    probe = import_module("tests.flash.simulated_probe").SimulatedProbe
    connected: dict[str, object] = {}
    # Register names are of no use here, and pyOCD leaves their file open.
    monkeypatch.setattr("pyocd.debug.svd.loader.SVDFile.from_builtin", lambda _: None)
    monkeypatch.setattr("pyocd.probe.aggregator.PROBE_CLASSES", {"simulated": probe})
    monkeypatch.setattr(probe, "chips", connected)
    return connected
