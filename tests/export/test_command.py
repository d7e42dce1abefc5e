"""`tinyengine export`: what it writes and where, and what it refuses."""

import json
import re

import pytest

import tinyengine.product.export.package
from tests.cli.command import refused, succeeded
from tests.export.conftest import DIGITS
from tests.export.harness import compiler, run
from tinyengine.board import load_board


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_packages_are_the_same_bytes_each_time_and_tell_what_they_are(small, tmp_path):
    label = ("--version", "2.1.0", "--license", "MIT", "--url", "https://example.org/kws")
    command = ("export", small, "--to", "cmsis-pack", "--name", "kws", *label, "--json")
    told = succeeded(*command, "-o", tmp_path / "one").json()
    succeeded(*command, "-o", tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    model, runtime = told["packages"]
    assert (model["name"], model["version"]) == ("kws", "2.1.0")
    assert (runtime["name"], runtime["version"]) == ("tinyengine_runtime", "0.1.0")
    assert sorted(tree(tmp_path / "one" / "kws")) == model["files"]
    assert "tinyengine.kws.2.1.0.pack" in model["files"]
    assert "MIT" in (tmp_path / "one/kws/LICENSE").read_text()
    assert "https://example.org/kws" in (tmp_path / "one/kws/tinyengine.kws.pdsc").read_text()


def test_a_second_model_comes_beside_the_first_and_shares_the_kernels(small, tmp_path):
    succeeded("export", small, "--to", "arduino", "--name", "one", "-o", tmp_path)
    before = tree(tmp_path)
    succeeded("export", small, "--to", "arduino", "--name", "two", "-o", tmp_path)
    after = tree(tmp_path)
    assert {path: after[path] for path in before} == before
    assert {path.split("/")[0] for path in after} == {"one", "two", "tinyengine_runtime"}


def test_a_directory_of_compile_serves_the_cores_of_its_board_only(tmp_path):
    succeeded("compile", DIGITS, "--board", "stm32f746", "--name", "net", "-o", tmp_path / "out")
    succeeded("export", tmp_path / "out", "--to", "cmake", "-o", tmp_path / "libraries")
    package = tmp_path / "libraries/net"
    compiled, exported = (tmp_path / "out/net.c").read_text(), package / "src/net/dsp/net.c"
    assert compiled in exported.read_text()
    includes = [f"-I{package / 'src'}", f"-I{tmp_path / 'libraries/tinyengine_runtime/src'}"]
    source = tmp_path / "use.c"
    source.write_text('#include "net.h"\n')
    command = [*includes, "-c", source, "-o", tmp_path / "use.o"]
    run([*compiler(load_board("stm32f746")), *command])
    with pytest.raises(AssertionError, match="net was compiled for other cores"):
        run([*compiler(load_board("microbit")), *command])


def test_both_ways_know_the_same_result(small, tmp_path):
    succeeded("compile", small, "--board", "stm32f746", "--name", "net", "-o", tmp_path / "out")
    succeeded("export", tmp_path / "out", "--to", "cmake", "-o", tmp_path / "directory")
    succeeded("export", small, "--to", "cmake", "--name", "net", "-o", tmp_path / "model")
    test = "net/examples/self_test/net_self_test.h"
    told = [
        re.findall(r"hash == (0x\w+)u", (tmp_path / each / test).read_text())
        for each in ("directory", "model")
    ]
    assert told[0] == told[1] != []


def test_what_was_edited_or_is_not_ours_is_kept(small, tmp_path):
    command = ("export", small, "--to", "cmake", "--name", "net", "-o", tmp_path)
    succeeded(*command)
    example = tmp_path / "net/examples/self_test/main.c"
    example.write_text("mine\n")
    message = refused(2, *command)
    assert "examples/self_test/main.c" in message
    assert "--force" in message
    assert example.read_text() == "mine\n"
    succeeded(*command, "--force")
    assert "net_self_test" in example.read_text()
    (tmp_path / "net/thesis.tex").write_text("mine\n")
    assert "files that are not ours (thesis.tex)" in refused(2, *command, "--force")
    (tmp_path / "net/thesis.tex").unlink()
    (tmp_path / "net/build").mkdir()
    (tmp_path / "net/build/libnet.a").write_text("made\n")
    succeeded(*command)


def test_a_manifest_of_somebody_else_makes_no_file_ours(small, tmp_path):
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine\n")
    manifest = {"model": {"name": "net"}, "files": ["thesis.tex", "tinyengine.json"]}
    (folder / "tinyengine.json").write_text(json.dumps(manifest))
    message = refused(2, "export", small, "--to", "cmake", "--name", "net", "-o", tmp_path)
    assert "not ours (thesis.tex)" in message
    assert not (tmp_path / "tinyengine_runtime").exists()


def test_kernels_of_another_release_are_not_replaced_under_other_models(
    small, tmp_path, monkeypatch
):
    command = ("export", small, "--to", "cmake", "--name", "net", "-o", tmp_path)
    succeeded(*command)
    monkeypatch.setattr(tinyengine.product.export.package, "__version__", "0.2.0")
    message = refused(2, *command)
    assert "is of tinyengine 0.1.0, this is 0.2.0" in message
    succeeded(*command, "--force")


def test_an_edited_directory_of_compile_is_refused(small, tmp_path):
    succeeded("compile", small, "--board", "stm32f746", "-o", tmp_path / "out")
    kernel = tmp_path / "out/te/te_rows.h"
    kernel.write_text(kernel.read_text() + "\n")
    command = ("export", tmp_path / "out", "--to", "cmake", "-o", tmp_path / "libraries")
    assert "te_rows.h: was edited, or comes from another release" in refused(2, *command)
    assert not (tmp_path / "libraries").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "eclipse"), "--to: 'eclipse' is none of cmake, zephyr, arduino"),
        (("--to", "cmake", "--version", "one"), "--version: 'one' is no version like 1.2.0"),
        (("--to", "cmake", "--license", "a;b"), "--license: 'a;b' is no SPDX expression"),
        (("--to", "cmake", "--url", "here"), "--url: 'here' is no URL"),
        (("--to", "cmake", "--name", "a-b"), "a-b"),
        (("--to", "cmake", "--name", "tinyengine_runtime"), "is the package of the kernels"),
        (("--to", "cmsis-pack", "--name", "n" * 33), "is no name of a CMSIS component"),
    ],
)
def test_a_mistake_is_one_message(options, message, small, tmp_path):
    assert message in refused(2, "export", small, *options, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_broken_model_is_refused_as_compile_does(models, tmp_path):
    command = ("--to", "cmake", "-o", tmp_path / "out")
    refused(3, "export", models / "unsupported.tflite", *command)
    refused(3, "export", tmp_path / "none.tflite", *command)
    assert not (tmp_path / "out").exists()


def test_options_of_a_model_file_are_refused_for_a_directory(small, tmp_path):
    succeeded("compile", small, "--board", "stm32f746", "-o", tmp_path / "out")
    command = ("export", tmp_path / "out", "--to", "cmake", "-o", tmp_path / "libraries")
    assert "is compiled already" in refused(2, *command, "--stream-input")


def test_names_that_arduino_does_not_take_get_a_prefix(small, tmp_path):
    succeeded("export", small, "--to", "arduino", "--name", "arduino_net", "-o", tmp_path)
    assert "name=te_arduino_net\n" in (tmp_path / "arduino_net/library.properties").read_text()


def test_streamed_inputs_and_digits_are_exported_too(tmp_path):
    succeeded("export", DIGITS, "--to", "makefile-lib", "--stream-input", "-o", tmp_path)
    header = (tmp_path / "digits/src/digits/dsp/digits.h").read_text()
    assert "digits_run_rows" in header
    assert (
        "rows[DIGITS_INPUT0_BYTES"
        in (tmp_path / "digits/examples/self_test/digits_self_test.h").read_text()
    )


@pytest.mark.slow
def test_the_makefile_and_cmake_build_the_self_test_for_this_computer(tmp_path):
    for ecosystem in ("makefile-lib", "cmake"):
        succeeded("export", DIGITS, "--to", ecosystem, "-o", tmp_path / ecosystem)
    run(["make", "-j2", "-C", tmp_path / "makefile-lib/digits", "test"])
    package = tmp_path / "cmake/digits"
    run(["cmake", "-S", package, "-B", package / "build"])
    run(["cmake", "--build", package / "build", "-j2"])
    run(["ctest", "--test-dir", package / "build"])
