"""An output directory may come from anybody: nothing outside of it is read or written, or run."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.command import refused, succeeded, tinyengine
from tests.support import require_tool


@pytest.fixture
def product(compiled, tmp_path, monkeypatch):
    """Give a copy of the small model's directory, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(compiled, "out"))


@pytest.mark.parametrize("command", ["run", "profile", "report"])
@pytest.mark.parametrize("name", ["report.json", "firmware.elf", "te"])
def test_a_link_out_of_the_directory_is_refused(name, command, product):
    (product / name).rename("elsewhere")
    (product / name).symlink_to("../elsewhere")
    assert refused(2, command, product) == (
        f"error: out/{name}: is a link that leads out of the directory\n  hint: remove it"
    )


def test_a_source_that_is_a_link_out_of_the_directory_is_not_read(product):
    (product / "small.c").rename("elsewhere")
    (product / "small.c").symlink_to("../elsewhere")
    message = refused(2, "profile", product)
    assert message.startswith("error: out/small.c: is a link that leads out of the directory")


def test_links_within_the_directory_and_to_it_are_followed(product):
    (product / "firmware.elf").rename(product / "release.elf")
    (product / "firmware.elf").symlink_to("release.elf")
    Path("link").symlink_to("out")
    assert succeeded("run", "link").stdout == succeeded("run", product).stdout


def test_names_of_files_are_no_commands_of_a_build(product):
    """Under QEMU the sources are built for another board: a name may not reach a shell or make."""
    require_tool("qemu-system-arm")
    for name in (
        "$(touch pwned).c",
        "`touch pwned`.c",
        "x;touch pwned;.c",
        "-v.c",
        "@x.c",
        "a b.c",
    ):
        (product / name).write_text("#error it was compiled")
        (product / "te" / name).write_text("#error it was compiled")
    (product / "evil.c").symlink_to("/dev/zero")
    os.mkfifo(product / "te" / "pipe.h")
    succeeded("run", product, "--emulator", "qemu")
    assert not list(Path().rglob("pwned"))


def test_a_twin_of_hostile_sources_fails_with_one_message(product):
    require_tool("qemu-system-arm")
    (product / "small.c").write_text('#include "/dev/zero"\n')
    outcome = tinyengine("run", product, "--emulator", "qemu")
    assert outcome.code == 5 and outcome.message.startswith("error: ")


@pytest.mark.parametrize("name", ["firmware.elf", "report.json", "small.c"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "zero"])
def test_what_is_no_file_is_refused_with_one_message(kind, name, product):
    (product / name).unlink()
    match kind:
        case "pipe":
            os.mkfifo(product / name)
        case "folder":
            (product / name).mkdir()
        case "zero":
            (product / name).symlink_to("/dev/zero")
    outcome = tinyengine("profile", product)
    assert outcome.code == 2 and outcome.message.count("error: ") == 1


@pytest.mark.parametrize("command", ["run", "report"])
@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd"])
def test_a_list_of_files_elsewhere_is_a_broken_report(name, command, product):
    path = product / "report.json"
    report = json.loads(path.read_text())
    report["files"].append(name)
    path.write_text(json.dumps(report))
    assert refused(2, command, product) == (
        "error: out/report.json: is broken: files lists one that is not in the directory\n"
        "  hint: compile the model again"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("null", "it is null, not an object"),
        ("[]", "it is a list, not an object"),
        ("NaN", "NaN is no number"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_a_report_that_is_no_object_is_broken(text, problem, product):
    (product / "report.json").write_text(text)
    message = refused(2, "run", product)
    assert message.startswith(f"error: out/report.json: is broken: {problem}")


def test_firmware_that_is_missing_or_a_pipe_is_named(product):
    (product / "firmware.elf").unlink()
    where = "error: out/firmware.elf: cannot be read: "
    assert refused(2, "run", product) == where + "No such file or directory"
    os.mkfifo(product / "firmware.elf")
    assert refused(2, "run", product) == where + "it is a pipe, not a file"


@pytest.mark.parametrize("command", ["run", "profile", "report"])
def test_a_directory_that_is_not_there_is_named(command):
    message = refused(2, command, "nodir")
    assert message == "error: nodir: there is no such directory or file"
