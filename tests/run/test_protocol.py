"""What the host makes of every answer that firmware can give."""

import zlib

import pytest

from tinyengine.errors import ToolError, WrongResultError
from tinyengine.run.protocol import CHUNK_NBYTES, Session, SilenceError, seal, unseal


class Script:
    """A link whose other side says what it is told to, and remembers what it is sent."""

    def __init__(self, *lines: bytes) -> None:
        self._lines = list(lines)
        self.sent: list[bytes] = []

    def write_line(self, line: bytes) -> None:
        self.sent.append(unseal(line))

    def read_line(self, timeout: float) -> bytes:
        if not self._lines:
            raise SilenceError(f"nothing for {timeout:g} s")
        return self._lines.pop(0)


def session(*payloads: bytes) -> Session:
    return Session(Script(*map(seal, payloads)), "fw.elf on b", lambda address: f"<{address:x}>")


def test_seal_appends_the_crc_of_zlib():
    assert seal(b"123456789") == b"123456789*CBF43926"  # the check value of CRC-32
    assert unseal(b"123456789*cbf43926") == b"123456789"


@pytest.mark.parametrize("line", [b"", b"OK", b"OK*", b"OK*1234567", b"OK*00000000", b"*OK"])
def test_unseal_refuses_lines_without_a_right_checksum(line):
    with pytest.raises(ValueError, match="checksum"):
        unseal(line)


def test_greeting_is_parsed():
    greeting = session(b"HELLO te1 vww arena=54000 inputs=1 outputs=2 hz=16000000").hello()
    assert (greeting.model, greeting.arena_nbytes, greeting.inputs) == ("vww", 54000, 1)
    assert (greeting.outputs, greeting.hz) == (2, 16_000_000)


def test_the_greeting_may_say_the_clock_of_the_core():
    line = b"HELLO te1 vww arena=54000 inputs=1 outputs=2 hz=84000000"
    assert session(line).hello().clock_hz is None
    assert session(line + b" clock=168000000").hello().clock_hz == 168_000_000


HELLO = seal(b"HELLO te1 m arena=1 inputs=1 outputs=1 hz=1")


def test_noise_before_the_greeting_is_skipped_where_it_is_expected():
    script = Script(b"\xff\x00", seal(b"ERR wrong CRC"), HELLO)
    assert Session(script, "w").hello(attempts=5).model == "m"
    assert script.sent == [b"HELLO"] * 3
    with pytest.raises(ToolError, match="came damaged"):
        Session(Script(b"\xff\x00", HELLO), "w").hello()


def test_greetings_that_come_late_are_skipped():
    talk = Session(Script(b"noise", HELLO, HELLO, seal(b"OK")), "w")
    talk.hello(attempts=2)
    talk.fill(1)
    with pytest.raises(ToolError, match="unexpected answer to FILL"):
        Session(Script(HELLO), "w").fill(1)


def test_firmware_that_stays_silent_is_greeted_again_before_giving_up():
    script = Script()
    with pytest.raises(ToolError, match="the firmware did not answer HELLO"):
        Session(script, "w").hello(attempts=3)
    assert script.sent == [b"HELLO"] * 3


def test_input_is_sent_in_chunks_with_offsets():
    script = Script(*[seal(b"OK")] * 3)
    Session(script, "w").write_input(2, bytes(range(256)) * 2 + b"\xab")
    assert [line.split()[:3] for line in script.sent] == [
        [b"IN", b"2", b"0"],
        [b"IN", b"2", b"256"],
        [b"IN", b"2", b"512"],
    ]
    assert script.sent[2].split()[3] == b"AB"
    assert len(script.sent[0].split()[3]) == 2 * CHUNK_NBYTES


def test_output_is_put_together_from_chunks():
    first, second = bytes(range(256)), b"\x01\xfe"
    answers = [b"DATA 1 0 " + first.hex().encode(), b"DATA 1 256 01FE"]
    assert session(*answers).read_output(1, 258) == first + second


@pytest.mark.parametrize(
    "answer", [b"DATA 1 0 01", b"DATA 0 4 0102", b"DATA 0 0 01zz", b"DATA 0 0 010203", b"OK"]
)
def test_output_of_another_index_offset_or_length_is_refused(answer):
    with pytest.raises(ToolError, match="unexpected answer to OUT 0 0"):
        session(answer).read_output(0, 2)


def test_run_gives_ticks_and_stack():
    done = session(b"DONE status=0 ticks=4000000000 stack=312").run()
    assert (done.ticks, done.stack_nbytes) == (4_000_000_000, 312)


def test_status_of_the_model_is_an_error_with_its_sign():
    with pytest.raises(WrongResultError) as caught:
        session(b"DONE status=4294967295 ticks=1 stack=1").run()
    assert str(caught.value) == "error: fw.elf on b: the model's function returned -1"


def test_fault_names_cause_and_places():
    with pytest.raises(WrongResultError) as caught:
        session(b"FAULT cfsr=01000000 hfsr=40000000 bfar=00000000 pc=08000042 lr=080001d5").run()
    assert str(caught.value) == (
        "error: fw.elf on b: the core took a fault: unaligned access\n"
        "  pc: <8000042>\n"
        "  lr: <80001d5>\n"
        "  FAULT cfsr=01000000 hfsr=40000000 bfar=00000000 pc=08000042 lr=080001d5"
    )


def test_refusal_is_passed_on():
    with pytest.raises(ToolError) as caught:
        session(b"ERR no such input").write_input(7, b"\x00")
    assert str(caught.value) == (
        "error: fw.elf on b: the firmware answers IN 7 0 with an error: no such input"
    )


def test_overflowed_stack_is_a_wrong_result():
    with pytest.raises(WrongResultError, match="the stack overflowed"):
        session(b"ERR the stack overflowed").run()


def test_silence_is_reported_with_the_request():
    with pytest.raises(ToolError) as caught:
        session().fill(1)
    assert str(caught.value) == (
        "error: fw.elf on b: the firmware did not answer FILL 00000001\n  nothing for 20 s"
    )


def test_garbage_is_shown_printably_and_shortened():
    line = b"\x00\x1b[31m" + b"x" * 500
    with pytest.raises(ToolError) as caught:
        Session(Script(line), "w").run()
    text = str(caught.value)
    assert text.startswith(
        "error: w: the answer to RUN came damaged (no checksum)\n  \\x00\\x1b[31m"
    )
    assert text.isprintable() or "\n" in text
    assert len(text) < 250


def test_one_wrong_bit_is_noticed():
    line = bytearray(seal(b"DONE status=0 ticks=5 stack=4"))
    line[12] ^= 1
    assert zlib.crc32(line[:-9]) != int(line[-8:], 16)
    with pytest.raises(ToolError, match="wrong checksum"):
        Session(Script(bytes(line)), "w").run()
