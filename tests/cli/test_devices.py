"""What is no file is refused at once, wherever a command takes a path."""

import os
import shutil
import socket
from io import BytesIO
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from tests.cli.command import refused, succeeded, tinyengine
from tinyengine.errors import UsageError
from tinyengine.files import NoFileError, read_bytes
from tinyengine.importers import load
from tinyengine.quantize.data import load_samples

BOARD = ("--board", "stm32f746")
SECONDS = 5
"""Far less than reading a device or waiting for the other end of a pipe would take."""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bind(path):
    """Leave a socket at `path`."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.fixture(params=["device", "random", "pipe", "socket", "huge"])
def no_file(request):
    """Give the path of something that is no file, or one that is larger than memory."""
    path = Path("thing.tflite")
    match request.param:
        case "device":
            return Path("/dev/zero")
        case "random":
            path.symlink_to("/dev/urandom")
        case "pipe":
            os.mkfifo(path)
        case "socket":
            bind(path)
        case "huge":
            path.touch()
            os.truncate(path, 1 << 40)
    return path


@pytest.mark.parametrize("command", ["explain", "compile", "validate", "run", "profile", "pareto"])
def test_a_model_that_is_no_file_is_refused_at_once(command, no_file):
    began = monotonic()
    message = refused(3, command, no_file, *(() if command == "explain" else BOARD))
    assert monotonic() - began < SECONDS
    assert message.startswith(f"error: {no_file}: the file ")
    assert ", not a file" in message or "is the most that is read" in message


@pytest.mark.parametrize("command", ["run", "profile", "report"])
def test_a_directory_that_is_none_is_refused_at_once(command, no_file):
    began = monotonic()
    outcome = tinyengine(command, no_file, *(() if command == "report" else BOARD))
    assert outcome.code in (2, 3) and outcome.stderr.count("error: ") == 1
    assert monotonic() - began < SECONDS


def test_an_input_that_is_no_file_is_refused_at_once(compiled, no_file):
    began = monotonic()
    message = refused(2, "run", compiled, "--input", no_file)
    assert monotonic() - began < SECONDS
    assert message.startswith(f"error: {no_file}: cannot be read: it ")


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_an_output_that_is_no_file_is_refused_before_all_work(kind, compiled, small):
    path = Path("out.npy")
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            bind(path)
        case "folder":
            path.mkdir()
    began = monotonic()
    named = {"folder": "a directory", "pipe": "a pipe", "socket": "a socket"}[kind]
    for arguments in (
        ("run", compiled, "--output", path),
        ("pareto", small, *BOARD, "--svg", path),
        ("tune", "--isa", "dsp", "--output", path),
    ):
        outcome = tinyengine(*arguments)
        assert outcome.message == f"error: out.npy: is {named}, not a file"
        assert (outcome.code, outcome.stdout) == (2, "")
        assert "running" not in outcome.stderr and "planning" not in outcome.stderr
    assert monotonic() - began < SECONDS


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"isas": [1]}', "[" * 99_999, "\0"])
def test_a_table_that_is_none_is_refused_before_all_work(content):
    Path("table.json").write_text(content)
    began = monotonic()
    assert refused(2, "tune", "--isa", "dsp", "-o", "table.json") == (
        "error: table.json: is no table that `tinyengine tune` has written"
    )
    assert monotonic() - began < SECONDS and Path("table.json").read_text() == content


@pytest.mark.parametrize("command", ["quantize", "evaluate", "compare"])
def test_a_model_to_quantize_that_is_no_file_is_refused_at_once(command, no_file, small):
    np.save("x.npy", np.zeros((1, 1), np.float32))
    models = [no_file, small] if command == "compare" else [no_file]
    began = monotonic()
    outcome = tinyengine(command, *models, "--data", "x.npy")
    assert outcome.code == 3 and outcome.message.count("error: ") == 1
    assert monotonic() - began < SECONDS


def test_samples_that_are_no_file_are_refused_at_once(no_file, small):
    graph, began = load(small), monotonic()
    with pytest.raises(UsageError, match=f"error: {no_file}: is n"):
        load_samples(no_file, graph)
    assert monotonic() - began < SECONDS


def test_samples_that_would_run_code_are_not_loaded(small):
    Path("evil.npy").write_bytes(evil_array())
    for arguments in (("run", small, *BOARD, "--input"), ("evaluate", small, "--data")):
        assert tinyengine(*arguments, "evil.npy").code in (2, 3)
    assert not Path("loaded").exists()


def test_the_samples_would_run_code():
    """So the test above can fail: numpy runs it where it is allowed to."""
    Path("evil.npy").write_bytes(evil_array())
    np.load("evil.npy", allow_pickle=True)
    assert Path("loaded").exists()


class Evil:
    """Makes a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("loaded"),)


def evil_array():
    stream = BytesIO()
    np.save(stream, np.array([Evil()], dtype=object), allow_pickle=True)
    return stream.getvalue()


def test_an_output_may_be_thrown_away(compiled):
    succeeded("run", compiled, "--output", "/dev/null")
    assert Path("/dev/null").is_char_device()


def test_an_output_through_a_link_is_the_users_choice(compiled):
    Path("there").mkdir()
    Path("link").symlink_to("there")
    Path("out.npy").symlink_to("there/b.npy")
    succeeded("run", compiled, "--output", "link/a.npy")
    succeeded("run", compiled, "--output", "out.npy")
    first, second = (np.load(f"there/{name}.npy") for name in "ab")
    assert np.array_equal(first, second) and Path("out.npy").is_symlink()


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", ""),
        ("compile", "", *BOARD),
        ("run", ""),
        ("profile", ""),
        ("report", ""),
        ("validate", "", *BOARD),
        ("pareto", "", *BOARD),
        ("pareto", "x", *BOARD, "--svg", ""),
        ("run", "x", "--input", ""),
        ("run", "x", "--output", ""),
        ("tune", "--isa", "dsp", "--output", ""),
        ("boards", "--check", ""),
    ],
    ids=" ".join,
)
def test_no_path_may_be_empty(arguments):
    outcome = tinyengine(*arguments)
    assert outcome.code == 2
    assert "the path is empty; write . for the current directory" in outcome.stderr


@pytest.mark.parametrize("name", ["00-import.txt", "01-fold_pads.txt"])
def test_a_dump_follows_no_link(name, small):
    Path("mine").write_text("mine")
    Path("ir").mkdir()
    Path("ir", name).symlink_to("../mine")
    outcome = tinyengine("compile", small, *BOARD, "-o", "out", "--dump-ir", "ir")
    assert Path("mine").read_text() == "mine"
    assert outcome.code in (0, 2)
    if outcome.code:
        assert outcome.message.startswith(f"error: ir/{name}: is a link")


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_report_writes_through_nothing(kind, compiled):
    product = shutil.copytree(compiled, "out")
    page = Path(product, "report.html")
    Path("mine").write_text("mine")
    match kind:
        case "link":
            page.symlink_to("../mine")
        case "dangling":
            page.symlink_to("../new")
        case "pipe":
            os.mkfifo(page)
        case "folder":
            page.mkdir()
    began = monotonic()
    message = refused(2, "report", product)
    assert monotonic() - began < SECONDS
    assert message.startswith("error: out/report.html: is a ")
    assert Path("mine").read_text() == "mine" and not Path("new").exists()


def test_a_file_of_the_kernels_that_never_ends_is_bounded():
    endless = Path("/proc/self/mem")
    with pytest.raises(OSError, match=r"."):
        read_bytes(endless, 100)
    with pytest.raises(NoFileError, match="more than 100 bytes, 100 is the most"):
        read_bytes(Path("/proc/self/environ"), 100)
