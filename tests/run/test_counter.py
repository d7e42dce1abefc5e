"""The C library that counts: built once, cached, and an error where it cannot be built."""

import os
import stat
import subprocess

import pytest

from tests.support import require_tool
from tinyengine.errors import ToolError
from tinyengine.run.image import load_image
from tinyengine.run.native.counter import InstructionCounter, load_library


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """Let the library be built anew, into a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    load_library.cache_clear()
    yield tmp_path / "cache" / "tinyengine"
    load_library.cache_clear()


def test_library_is_built_once(fresh, monkeypatch):
    load_library()
    (built,) = fresh.iterdir()
    load_library.cache_clear()
    monkeypatch.setenv("PATH", "")  # no compiler is needed any more
    load_library()
    assert list(fresh.iterdir()) == [built]


def test_damaged_cache_is_mended(fresh):
    load_library()
    (built,) = fresh.iterdir()
    whole = built.read_bytes()
    built.unlink()
    built.write_bytes(whole[:100])
    load_library.cache_clear()
    load_library()
    assert built.read_bytes()[:100] == whole[:100]
    assert len(built.read_bytes()) == len(whole)


def test_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch, fresh):
    file = tmp_path / "file"
    file.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    load_library()
    assert not fresh.exists()


def planted(folder, compiled_by):
    """Put a library at the place of ours that somebody else made; give what loading it writes."""
    (built,) = folder.iterdir()
    source, mark = compiled_by / "evil.c", compiled_by / "loaded"
    source.write_text(
        "#include <stdio.h>\n__attribute__((constructor)) static void go(void)"
        f'{{ FILE *file = fopen("{mark}", "w"); fclose(file); }}\n'
    )
    built.unlink()
    gcc = require_tool("gcc")
    subprocess.run([gcc, "-shared", "-fPIC", "-o", built, source], check=True)
    load_library.cache_clear()
    return built, mark


@pytest.mark.parametrize("how", ["file", "folder", "link", "owner", "above"])
def test_a_library_that_somebody_else_may_have_made_is_not_loaded(
    fresh, tmp_path, monkeypatch, how
):
    load_library()
    evil, mark = planted(fresh, tmp_path)
    match how:
        case "file":
            evil.chmod(0o666)
        case "folder":
            fresh.chmod(0o777)
        case "link":
            fresh.rename(tmp_path / "elsewhere")
            fresh.symlink_to(tmp_path / "elsewhere")
        case "owner":
            monkeypatch.setattr(os, "geteuid", lambda: 12345)
        case "above":
            fresh.parent.chmod(0o777)
    load_library()
    assert not mark.exists()


def test_the_planted_library_would_run(fresh, tmp_path):
    """So the test above can fail: the same file, ours alone, is loaded."""
    load_library()
    _, mark = planted(fresh, tmp_path)
    with pytest.raises(AttributeError, match="te_counter"):
        load_library()
    assert mark.exists()


def test_the_cache_is_made_for_us_alone(fresh):
    load_library()
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700


def test_missing_compiler_names_the_package(fresh, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError) as caught:
        load_library()
    assert str(caught.value) == (
        "error: cc: no C compiler to count instructions with\n  hint: apt-get install gcc"
    )
    assert not fresh.exists()


def test_compiler_that_fails_is_quoted(fresh, monkeypatch, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="cannot build the instruction counter\n  no such luck"):
        load_library()
    assert not fresh.exists()


def test_image_without_markers_is_refused(fake_elf):
    image = load_image(fake_elf("stm32f746"))
    others = {name: at for name, at in image.symbols.items() if not name.startswith("bench_")}
    object.__setattr__(image, "symbols", others)
    with pytest.raises(ToolError, match="has no function bench_begin and no bench_end"):
        InstructionCounter(image)
