"""Files are compiled some at a time, and a long one keeps no other waiting."""

from pathlib import Path
from time import monotonic, sleep

import pytest

from tinyengine.errors import ToolError
from tinyengine.product.compile_c import Pool

WAITS_FOR_THE_LAST = (
    "for i in $(seq 300); do [ -e last ] && exit 0; sleep 0.1; done; echo alone >&2; exit 1"
)


def shell(script):
    return ["sh", "-c", script]


@pytest.fixture
def pool(tmp_path):
    pool = Pool(tmp_path)
    yield pool
    pool.close()


def run(pool, commands):
    pool.widen(2)
    return pool.wait([pool.add(command) for command in commands], monotonic() + 60)


def test_a_long_command_keeps_no_other_waiting(pool):
    commands = [shell(WAITS_FOR_THE_LAST), shell(":"), shell(":"), shell("touch last")]
    assert run(pool, commands) == ""


def test_the_command_with_the_most_to_read_starts_first(pool, tmp_path):
    numbers = [pool.add(shell(f"echo {n} >>order"), nbytes=n) for n in (1, 3, 2)]
    pool.widen(1)
    assert pool.wait(numbers, monotonic() + 60) == ""
    assert (tmp_path / "order").read_text().split() == ["3", "2", "1"]


def test_there_is_room_once_all_commands_run_but_fewer_than_may(pool, tmp_path):
    pool.widen(2)
    ending = [pool.add(shell("sleep 0.2; touch ended")), pool.add(shell(WAITS_FOR_THE_LAST))]
    pool.wait_for_room(monotonic() + 60)
    assert (tmp_path / "ended").exists()
    (tmp_path / "last").touch()
    assert pool.wait(ending, monotonic() + 60) == ""


def test_what_failed_is_told_in_the_order_of_the_commands(pool):
    commands = [shell("sleep 0.3; echo one >&2; exit 1"), shell("echo two >&2; exit 1"), shell(":")]
    assert run(pool, commands) == "one\ntwo\n"


def test_commands_run_before_anybody_waits_for_them(pool, tmp_path):
    pool.widen(1)
    first, second = pool.add(shell("touch first")), pool.add(shell("touch second"))
    until = monotonic() + 60
    while not (tmp_path / "second").exists():
        assert monotonic() < until, "nothing runs"
        sleep(0.01)
    assert pool.wait([second, first], monotonic() + 60) == ""


def test_closing_ends_what_runs_and_begins_nothing_more(pool, tmp_path):
    pool.widen(1)
    pool.add(shell("touch begun; exec sleep 60"))
    pool.add(shell("touch never"))
    until = monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert monotonic() < until, "nothing runs"
        sleep(0.01)
    pool.close()
    assert monotonic() < until - 5, "it was waited for"
    assert not (tmp_path / "never").exists()


def test_closing_ends_what_a_command_has_started(pool, tmp_path):
    pool.widen(1)
    pool.add(shell("(sleep 60; touch late) & echo $! > child; wait"))
    until = monotonic() + 60
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        assert monotonic() < until, "nothing runs"
        sleep(0.01)
    child = int((tmp_path / "child").read_text())
    pool.close()
    while is_running(child):
        assert monotonic() < until - 5, "it goes on"
        sleep(0.01)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_program_that_is_not_there_is_told_by_its_name(pool):
    with pytest.raises(ToolError, match=r"no-such-program: cannot run: No such file"):
        run(pool, [["no-such-program"]])
