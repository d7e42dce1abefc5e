"""Targets are values: every one has a model of time that exists, and flags of its own core."""

import pytest

from tinyengine.board import TARGETS, Toolchain
from tinyengine.errors import ToolError
from tinyengine.product.tools import find_tools
from tinyengine.run.cycles import TIMINGS

# Arm's product pages: the cores of Armv6-M have no unaligned access; DSP is optional in Armv8-M
# main line and there in the boards' M33; MVE is the M55's and the M85's.
HAS_UNALIGNED_ACCESS = {
    "cortex-m0": False,
    "cortex-m0plus": False,
    "cortex-m3": True,
    "cortex-m4": True,
    "cortex-m7": True,
    "cortex-m33": True,
    "cortex-m55": True,
    "cortex-m85": True,
}


def test_targets_are_those_that_the_test_knows():
    assert {name: t.has_unaligned_access for name, t in TARGETS.items()} == HAS_UNALIGNED_ACCESS


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_a_target_builds_for_its_own_core(target):
    core = "cortex-m55" if target.name == "cortex-m85" else target.name  # GCC 12 has no M85
    assert f"-mcpu={core}" in target.flags
    assert target.toolchain.program("gcc") == "arm-none-eabi-gcc"


def test_every_model_of_time_is_of_a_target_and_the_other_way_round():
    named = {target.timing for target in TARGETS.values() if target.timing is not None}
    assert named == set(TIMINGS)


def test_another_architecture_brings_its_own_tools(monkeypatch, tmp_path):
    for name in ("odd-gcc", "odd-objcopy"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    packages = {name: f"odd-{name}-package" for name in ("gcc", "objcopy", "objdump")}
    odd = Toolchain(
        prefix="odd-", packages=packages, library_package="odd-libc", clang_triple="odd-none"
    )
    monkeypatch.delenv("CROSS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_tools(odd).compiler == str(tmp_path / "odd-gcc")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError) as caught:
        find_tools(odd)
    assert str(caught.value).startswith("error: odd-gcc, odd-objcopy: not found; ")
    assert "apt-get install odd-gcc-package odd-objcopy-package" in str(caught.value)
