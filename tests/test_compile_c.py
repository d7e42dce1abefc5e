"""Files are compiled some at a time, and a long one keeps no other waiting."""

from time import monotonic

from tinyengine.product.compile_c import _run

WAITS_FOR_THE_LAST = (
    "for i in $(seq 300); do [ -e last ] && exit 0; sleep 0.1; done; echo alone >&2; exit 1"
)


def shell(script):
    return ["sh", "-c", script]


def test_a_long_command_keeps_no_other_waiting(tmp_path):
    commands = [shell(WAITS_FOR_THE_LAST), shell(":"), shell(":"), shell("touch last")]
    assert _run(commands, tmp_path, monotonic() + 60) == ""


def test_what_failed_is_told_in_the_order_of_the_commands(tmp_path):
    commands = [shell("sleep 0.3; echo one >&2; exit 1"), shell("echo two >&2; exit 1"), shell(":")]
    assert _run(commands, tmp_path, monotonic() + 60) == "one\ntwo\n"
