"""What docs/your-own-project.md says is so: its table, its command, its C."""

import re

from tests.cli.command import succeeded
from tests.export.collect import COLLECT
from tests.export.harness import compiler, run
from tests.support import ROOT
from tinyengine.board import load_board

TEXT = (ROOT / "docs" / "your-own-project.md").read_text(encoding="utf-8")


def test_every_ecosystem_is_in_the_table():
    assert re.findall(r"^\| `([a-z][a-z-]+)` \|", TEXT, re.M) == list(COLLECT)


def test_the_command_works_and_the_c_compiles(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.tflite").write_bytes(small.read_bytes())
    (line,) = re.findall(r"^    tinyengine (export .*)$", TEXT, re.M)
    succeeded(*line.split(), "--name", "net")
    (tmp_path / "use.c").write_text(
        re.findall(r"```c\n(.*?)```", TEXT, re.S)[0].replace(
            "static uint8_t",
            "int32_t classify(const int8_t *image, int8_t *scores);\nstatic uint8_t",
        )
    )
    folders = [f"-Ilibraries/{name}/src" for name in ("net", "tinyengine_runtime")]
    run([*compiler(load_board("stm32f746")), *folders, "-c", "use.c", "-o", "use.o"])
