"""Tests that what is missing skips on a laptop and fails in CI."""

import pytest

from tests import support

ABSENT = "no-such-tool-anywhere"


def test_a_missing_tool_skips_on_a_laptop(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=ABSENT):
        support.require_tool(ABSENT)


@pytest.mark.parametrize("value", ["true", "1"])
def test_a_missing_tool_or_module_fails_in_ci(monkeypatch, value):
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.fail.Exception, match=ABSENT):
        support.require_tool(ABSENT)
    with pytest.raises(pytest.fail.Exception, match="no_such_module"):
        support.require_module("no_such_module")


def test_a_named_model_folder_is_searched_and_must_exist(monkeypatch, tmp_path):
    (tmp_path / "m.tflite").write_bytes(b"")
    monkeypatch.setenv(support.MODELS_VARIABLE, str(tmp_path))
    assert support.shared_model("m") == tmp_path / "m.tflite"
    with pytest.raises(pytest.skip.Exception, match=r"other\.tflite"):
        support.shared_model("other")
    monkeypatch.setenv(support.MODELS_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(pytest.fail.Exception, match="no folder"):
        support.shared_models_dir()


def test_a_present_tool_is_found():
    assert support.require_tool("sh").endswith("sh")
