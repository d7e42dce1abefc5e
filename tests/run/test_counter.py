"""The C library that counts: built once, cached, and an error where it cannot be built."""

import pytest

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
