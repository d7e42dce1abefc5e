"""`compile` writes its directory whole or not at all, and never over somebody else's files."""

import errno
import hashlib
import json
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import refused, succeeded, tinyengine, tree
from tests.support import ROOT, require_tool
from tinyengine.product.output_directory import output_directory, write_tree

BOARD = ("--board", "stm32f746")


def listing(tree):
    """Give the report of an output of these files, with their digests, beside them."""
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in tree.values()]
    report = {"files": ["report.json", *tree], "digests": ["", *digests]}
    return {"report.json": json.dumps(report), **tree}


OURS = listing({})


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
    message = refused(1, "compile", small, *BOARD, "-o", "/proc/tinyengine")
    assert message.startswith("error: /proc/tinyengine: ")


def test_an_earlier_output_is_replaced_whole(small, edges):
    succeeded("compile", edges, *BOARD, "-o", "out")
    succeeded("compile", small, *BOARD, "-o", "out")
    files = set(tree(Path("out")))
    assert {"small.c", "small.h", "firmware.elf", "report.json"} <= files
    assert not any("edges" in name for name in files)
    assert names() == ["out"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("thesis.tex", "thesis.tex"),
        ("te/mine.c", "te/mine.c"),
        ("firmware/sub/app_config.h", "firmware/sub/"),
    ],
)
def test_a_file_of_the_user_in_an_earlier_output_is_refused_and_kept(small, name, told):
    succeeded("compile", small, *BOARD, "-o", "out")
    mine = Path("out", name)
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    before = tree(Path())
    message = refused(2, "compile", small, *BOARD, "-o", "out")
    assert message.startswith(f"error: out: exists and holds files that are not ours ({told})")
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


# -- what was edited ------------------------------------------------------------------------------


def test_an_edited_file_of_ours_is_named_and_overwritten_by_force_alone(small):
    succeeded("compile", small, *BOARD, "-o", "out")
    written = tree(Path("out"))
    for name in ("small.c", "firmware/main.c"):
        with Path("out", name).open("a") as file:
            file.write("/* mine */\n")
    before = tree(Path())
    assert refused(2, "compile", small, *BOARD, "-o", "out") == (
        "error: out: holds files that were edited (firmware/main.c, small.c)\n"
        "  hint: --force overwrites them; -o chooses another directory"
    )
    assert tree(Path()) == before
    succeeded("compile", small, *BOARD, "-o", "out", "--force")
    assert tree(Path("out")) == written


def test_what_make_builds_again_is_no_edit(small):
    succeeded("compile", small, *BOARD, "-o", "out")
    Path("out/firmware.elf").write_bytes(b"by another compiler")
    Path("out/small.h").unlink()  # nor is what is gone
    succeeded("compile", small, *BOARD, "-o", "out")


def test_a_link_in_the_place_of_a_file_or_folder_of_ours_is_not_followed(small):
    succeeded("compile", small, *BOARD, "-o", "out")
    Path("out/te").rename("mine")
    Path("out/te").symlink_to("../mine")
    kept = tree(Path("mine"))
    message = refused(2, "compile", small, *BOARD, "-o", "out")
    assert message.startswith("error: out: exists and holds files that are not ours (te)")
    Path("out/te").unlink()
    Path("out/small.c").rename("mine.c")
    Path("out/small.c").symlink_to("../mine.c")
    message = refused(2, "compile", small, *BOARD, "-o", "out")
    assert message.startswith("error: out: holds files that were edited (small.c)")
    succeeded("compile", small, *BOARD, "-o", "out", "--force")
    assert tree(Path("mine")) == kept and Path("mine.c").is_file()
    assert not Path("out/small.c").is_symlink()


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


def replaced(target="out"):
    """Replace an output of ours by another one; give nothing."""
    with output_directory(Path(target)) as staging:
        write_tree(staging, listing({"te/new.h": ""}))


@pytest.fixture
def output():
    """Make an output of ours in `out`; give its files."""
    write_tree(Path("out"), listing({"te/old.h": "old"}))
    return tree(Path())


def test_a_directory_that_is_there_stays_the_same(output):
    del output
    before = Path("out").stat().st_ino
    os.chdir("out")
    replaced(".")
    assert Path().stat().st_ino == before  # where the shell stands
    assert sorted(tree(Path())) == ["report.json", "te/new.h"]


def test_a_directory_that_cannot_be_renamed_is_replaced(output, monkeypatch):
    """As a mount point: it is busy, and its parent may be another file system or not ours."""
    del output
    rename = Path.rename

    def busy(path, to):
        if path.resolve() == Path("out").resolve() or Path(to).resolve() == Path("out").resolve():
            raise OSError(errno.EBUSY, "Device or resource busy")
        if not {path.resolve().parts[:-1], Path(to).resolve().parts[:-1]} or not all(
            Path("out").resolve() in each.resolve().parents for each in (path, Path(to))
        ):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", busy)
    replaced()
    assert sorted(tree(Path("out"))) == ["report.json", "te/new.h"]
    assert names() == ["out"]


def test_a_mount_point_can_be_the_output(small, tmp_path):
    """A volume of its own, as in a container; in a name space, for which root or none is needed."""
    unshare = require_tool("unshare")
    if subprocess.run([unshare, "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel gives no name spaces")
    Path("out").mkdir()
    command = shlex.join(
        [sys.executable, "-m", "tinyengine", "compile", str(small), *BOARD, "-o", "out"]
    )
    script = f"mount -t tmpfs none out && {command} && {command} && cp -a out copy"
    done = subprocess.run(
        [unshare, "-rm", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert {"small.c", "firmware.elf", "report.json"} <= set(tree(tmp_path / "copy"))
    assert not [path for path in (tmp_path / "copy").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("step", range(1, 5))
def test_a_replacement_that_fails_half_way_is_undone(output, step, monkeypatch):
    moves, rename = [], Path.rename

    def failing(path, to):
        moves.append(to)
        if len(moves) == step:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"):
        replaced()
    assert tree(Path()) == output


def test_a_reader_of_the_report_sees_an_output_whole_or_none(output, monkeypatch):
    rename, seen = Path.rename, []

    def watched(path, to):
        result = rename(path, to)
        report = Path("out/report.json")
        files = set(tree(Path("out"))) if report.exists() else set()
        seen.append({name for name in files if not name.startswith(".")})
        return result

    monkeypatch.setattr(Path, "rename", watched)
    replaced()
    del output
    assert set(map(frozenset, seen)) == {frozenset(), frozenset({"report.json", "te/new.h"})}


KILLED = """
import os, sys
from pathlib import Path
from tests.cli.test_output_directory import listing
from tinyengine.product.output_directory import output_directory, write_tree
rename, moves = Path.rename, []
def killing(path, to):
    moves.append(path)
    if len(moves) == int(sys.argv[1]):
        os._exit(9)
    return rename(path, to)
Path.rename = killing
with output_directory(Path("out")) as staging:
    write_tree(staging, listing({"te/x.h": ""}))
"""


@pytest.mark.parametrize("step", range(1, 5))
def test_what_was_killed_half_way_is_replaced_by_the_next(output, step):
    del output
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(step)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 9
    assert Path("out/report.json").exists() == (step == 1)
    replaced()
    assert sorted(tree(Path())) == ["out/report.json", "out/te/new.h"]
    assert [path.name for path in sorted(Path("out").iterdir())] == ["report.json", "te"]


def test_the_staging_of_a_process_that_lives_is_left_alone(output):
    del output
    with output_directory(Path("out")) as first:
        write_tree(first, OURS)
        replaced()
        assert first.is_dir()
    assert tree(Path()) == {"out/report.json": OURS["report.json"].encode()}


def test_a_folder_of_the_user_with_the_name_of_ours_is_foreign(output):
    write_tree(Path("out/.tinyengine-notes"), {"diary.txt": "mine"})
    with pytest.raises(Exception, match=r"not ours \(\.tinyengine-notes/\)"):
        replaced()
    assert output.items() < tree(Path()).items()


def test_a_foreign_directory_is_not_walked(monkeypatch):
    for number in range(30):
        write_tree(Path("big"), {f"d{number}/{each}": "" for each in range(10)})
    visited, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: visited.append(path) or scandir(path))
    with pytest.raises(Exception, match="not ours"), output_directory(Path("big")):
        pass
    assert {str(path) for path in visited} == {"big"}


@pytest.mark.parametrize("option", ["-o", "--dump-ir"])
def test_an_empty_path_is_a_usage_error(option, small):
    outcome = tinyengine("compile", small, *BOARD, option, "")
    assert outcome.code == 2 and "the path is empty; write . for the current" in outcome.stderr
    assert names() == []


def test_a_report_that_lists_files_elsewhere_makes_nothing_ours(tmp_path):
    Path("mine").write_text("mine")
    listed = json.dumps(
        {"files": ["report.json", "../mine", str(tmp_path / "mine"), "x/../../mine"]}
    )
    write_tree(Path("out"), {"report.json": listed})
    replaced()
    assert Path("mine").read_text() == "mine"


@pytest.mark.parametrize("name", ["mine.txt", "notes/mine.md", "mine.c", "te/mine.txt"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_report_that_lists_a_file_of_the_user_does_not_make_it_ours(small, name, force):
    succeeded("compile", small, *BOARD, "-o", "out")
    write_tree(Path("out"), {name: "mine"})
    report = json.loads(Path("out/report.json").read_text())
    report["files"].append(name)
    report["digests"].append("")
    Path("out/report.json").write_text(json.dumps(report))
    before = tree(Path())
    message = refused(2, "compile", small, *BOARD, "-o", "out", *force)
    shown = "notes/" if "notes/" in name and name not in message else name
    assert message.startswith(f"error: out: exists and holds files that are not ours ({shown})")
    assert tree(Path()) == before


@pytest.mark.parametrize("digests", [[], ["", ""]])
def test_a_file_without_a_digest_counts_as_edited(digests):
    files = {"report.json": json.dumps({"files": ["report.json", "te/x.h"], "digests": digests})}
    write_tree(Path("out"), {**files, "te/x.h": "mine"})
    before = tree(Path())
    with pytest.raises(Exception, match=r"edited \(te/x\.h\)"):
        replaced()
    assert tree(Path()) == before


# -- no space -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nbytes", "code"), [(1000, 1), (50_000, 5)])
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
