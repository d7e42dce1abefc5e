"""The pages in docs/ say what is so: their commands run, and what they name is there."""

import re
import shlex
import shutil

import pytest

from tests.cli.command import tinyengine
from tests.support import ROOT, require_tool
from tinyengine.errors import (
    FitError,
    ModelError,
    ToolError,
    UsageError,
    WrongResultError,
)

DOCS = ROOT / "docs"
PAGES = ("reading-the-report.md", "continuous-integration.md")


def commands_of(name):
    """Give the indented lines of a page: what it tells the reader to type."""
    lines = re.findall(r"^    (tinyengine .+)$", (DOCS / name).read_text(), re.MULTILINE)
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize("name", PAGES)
def test_its_commands_run(name, tmp_path, monkeypatch):
    require_tool("arm-none-eabi-gcc")
    for model in ("my.tflite", "model.tflite"):
        shutil.copy(ROOT / "examples" / "digits" / "digits.tflite", tmp_path / model)
    monkeypatch.chdir(tmp_path)
    commands = commands_of(name)
    assert len(commands) >= 2
    for arguments in commands:
        outcome = tinyengine(*arguments)
        assert outcome.code == 0, f"{arguments}: {outcome.stdout}{outcome.stderr}"
    assert "<svg" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_what_it_links_to_is_there_and_readme_links_to_it(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert f"(docs/{page.name})" in (ROOT / "README.md").read_text()


def test_the_exit_codes_are_those_of_the_errors():
    text = " ".join((DOCS / "continuous-integration.md").read_text().split())
    for kind, words in (
        (WrongResultError, "for a wrong result"),
        (UsageError, "for a mistake in the call"),
        (ModelError, "for a model that is refused"),
        (FitError, "for a budget that is exceeded"),
        (ToolError, "for a missing tool"),
    ):
        assert f"{kind.exit_code} {words}" in text


def test_words_of_the_report_that_the_page_explains_are_in_it(tmp_path):
    require_tool("arm-none-eabi-gcc")
    digits = ROOT / "examples" / "digits" / "digits.tflite"
    for arguments in (("compile", digits, "--board", "stm32f746"), ("report",)):
        there = ("-o", tmp_path / "out") if arguments[0] == "compile" else (tmp_path / "out",)
        assert tinyengine(*arguments, *there).code == 0
    report = re.sub(r"<[^>]+>", " ", (tmp_path / "out" / "report.html").read_text())
    report = " ".join(report.split()).lower()
    bold = re.findall(r"\*\*([^*]+)\*\*", (DOCS / "reading-the-report.md").read_text())
    assert len(bold) > 10
    explained = {"Rings": "in a ring", "The lower curve": "how long each step takes"}
    for words in bold:
        assert explained.get(words, words).lower() in report, words
