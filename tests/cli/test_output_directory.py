"""`compile` writes its directory whole or not at all, and never over somebody else's files."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import refused, succeeded, tree
from tests.support import ROOT, require_tool
from tinyengine.product.output_directory import output_directory, write_tree

OURS = {"report.json": json.dumps({"files": ["report.json"]})}
BOARD = ("--board", "stm32f746")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    require_tool("arm-none-eabi-gcc")
    monkeypatch.chdir(tmp_path)


def names() -> list[str]:
    """Give what stands in the current folder."""
    return sorted(path.name for path in Path().iterdir())


def test_the_default_is_the_models_name_below_build(small):
    succeeded("compile", small, *BOARD)
    assert Path("build/small/firmware.elf").is_file()
    assert [path.name for path in Path("build").iterdir()] == ["small"]


def test_a_directory_with_foreign_files_is_refused_and_kept(small):
    Path("out").mkdir()
    Path("out/thesis.tex").write_text("mine")
    assert refused(2, "compile", small, *BOARD, "-o", "out") == (
        "error: out: exists and holds files that are not ours (thesis.tex)\n"
        "  hint: choose another directory with -o"
    )
    assert tree(Path()) == {"out/thesis.tex": b"mine"}


def test_a_file_is_refused_and_kept(small):
    Path("out").write_text("mine")
    assert refused(2, "compile", small, *BOARD, "-o", "out") == (
        "error: out: is a file, not a directory"
    )
    assert tree(Path()) == {"out": b"mine"}


def test_a_directory_below_a_file_cannot_be_made(small):
    Path("file").write_text("mine")
    message = refused(2, "compile", small, *BOARD, "-o", "file/deep/out")
    assert message == "error: file: is a file, not a directory"
    assert tree(Path()) == {"file": b"mine"}


def test_a_directory_that_even_root_cannot_write_is_named(small):
    message = refused(1, "compile", small, *BOARD, "-o", "/proc/tinyengine/out")
    assert message.startswith("error: /proc/tinyengine: ")


def test_an_earlier_output_is_replaced_whole(small, edges):
    succeeded("compile", edges, *BOARD, "-o", "out")
    succeeded("compile", small, *BOARD, "-o", "out")
    files = set(tree(Path("out")))
    assert {"small.c", "small.h", "firmware.elf", "report.json"} <= files
    assert not any("edges" in name for name in files)
    assert names() == ["out"]


@pytest.mark.parametrize("name", ["thesis.tex", "te/mine.c", "firmware/sub/app_config.h"])
def test_a_file_of_the_user_in_an_earlier_output_is_refused_and_kept(small, name):
    succeeded("compile", small, *BOARD, "-o", "out")
    mine = Path("out", name)
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    before = tree(Path())
    message = refused(2, "compile", small, *BOARD, "-o", "out")
    assert message.startswith(f"error: out: exists and holds files that are not ours ({name})")
    assert tree(Path()) == before


@pytest.mark.parametrize("report", ['{"files": 1}', "[]", "{", '{"a": 1}'])
def test_a_report_of_somebody_else_makes_no_earlier_output(small, report):
    write_tree(Path("out"), {"report.json": report, "thesis.tex": "mine"})
    before = tree(Path())
    message = refused(2, "compile", small, *BOARD, "-o", "out")
    assert message.startswith("error: out: exists and holds files that are not ours (report.json")
    assert tree(Path()) == before


def test_what_the_outputs_own_makefile_makes_is_replaced(small):
    succeeded("compile", small, *BOARD, "-o", "out")
    write_tree(Path("out"), {"build/te/x.o": "", "build/small.d": "", "report.html": ""})
    succeeded("compile", small, *BOARD, "-o", "out")
    assert not Path("out/build").exists()


# -- the mechanism, without compiling -------------------------------------------------------------


def test_a_failure_keeps_the_earlier_output():
    with output_directory(Path("out")) as staging:
        write_tree(staging, OURS)
    with pytest.raises(KeyboardInterrupt), output_directory(Path("out")) as staging:
        write_tree(staging, {"report.json": "2"})
        raise KeyboardInterrupt
    assert tree(Path()) == {"out/report.json": OURS["report.json"].encode()}


def test_a_failure_leaves_no_empty_folders():
    with pytest.raises(ValueError, match="x"), output_directory(Path("a/b/c")):
        raise ValueError("x")
    assert names() == []


def test_a_failure_keeps_folders_that_were_there():
    Path("a").mkdir()
    with pytest.raises(ValueError, match="x"), output_directory(Path("a/b/c")):
        raise ValueError("x")
    assert sorted(str(path) for path in Path().rglob("*")) == ["a"]


def test_nothing_shows_before_all_is_written():
    with output_directory(Path("out")) as staging:
        write_tree(staging, {"report.json": "{}", "te/x.h": ""})
        assert not Path("out").exists()
    assert sorted(tree(Path())) == ["out/report.json", "out/te/x.h"]


def test_the_current_directory_may_be_the_output():
    Path("here").mkdir()
    os.chdir("here")
    with output_directory(Path()) as staging:
        write_tree(staging, {"report.json": "{}"})
    os.chdir("..")
    assert tree(Path()) == {"here/report.json": b"{}"}
    os.chdir("here")


def test_a_link_to_a_directory_is_followed():
    Path("there").mkdir()
    Path("link").symlink_to("there")
    for _ in range(2):
        with output_directory(Path("link")) as staging:
            write_tree(staging, OURS)
    assert Path("link").is_symlink()
    assert tree(Path("there")) == {"report.json": OURS["report.json"].encode()}


def test_files_that_appear_meanwhile_are_kept():
    with pytest.raises(Exception, match="not ours"), output_directory(Path("out")) as staging:
        write_tree(staging, {"report.json": "{}"})
        write_tree(Path("out"), {"mine": ""})
    assert tree(Path()) == {"out/mine": b""}


# -- no space -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nbytes", "code"), [(1000, 1), (100_000, 5)])
def test_a_full_disk_leaves_nothing_behind(nbytes, code, small):
    """A limit on the size of files stands in: first for our own writing, then for the linker's."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, nbytes))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "tinyengine", "compile", small, *BOARD, "-o", "a/out"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=limit,
    )
    assert done.returncode == code, done.stderr
    assert "error: " in done.stderr and "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.rstrip().endswith("File too large")
        assert "/.out." in done.stderr
    assert names() == []
