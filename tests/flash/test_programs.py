"""Flashing with programs that are installed: how they are called, and what their failures become.

What the stand-ins say is in the words of the programs: OpenOCD 0.12, stlink 1.8, dfu-util 0.11,
BOSSA 1.9, nrfutil device 2.
"""

import pytest

from tests.cli.command import refused, succeeded
from tests.flash.stand_in import Programs
from tinyengine.product.flash.programs import to_intel_hex

STLINK = """\
Found 1 stlink programmers
  version:    V2J39S27
  serial:     066DFF4855507551
  flash:      1048576 (pagesize: 2048)
  sram:       327680
  chipid:     0x{chip:x}
  dev-type:   STM32F74x_F75x
"""
DFU = (
    'Found DFU: [0483:df11] ver=2200, devnum=9, cfg=1, intf=0, path="1-1", alt={alt}, '
    'name="@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", serial="{serial}"\n'
)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Give a function that installs programs, and nothing else."""

    def install(*names):
        made = Programs(tmp_path / "bin", *names)
        monkeypatch.setenv("PATH", str(made.folder))
        return made

    return install


def test_openocd_reads_the_identity_then_programs_verifies_and_resets(compiled, programs):
    openocd = programs("openocd")
    folder = compiled("stm32f746")
    told = succeeded("flash", folder, "--tool", "openocd", "--json").json()
    assert told["tool"] == "openocd"
    (call,) = openocd.calls
    assert call == (
        "openocd -f interface/stlink.cfg -f target/stm32f7x.cfg -c init -c halt "
        '-c set id [lindex [read_memory 0xe0042000 32 1] 0]; echo "tinyengine identity $id"; '
        "if {($id & 0x00000fff) != 0x00000449} { shutdown error } -c reset init "
        f"-c program {{{folder.resolve()}/firmware.bin}} 0x08000000 verify -c reset run -c shutdown"
    )
    succeeded("flash", folder, "--tool", "openocd", "--probe", "066DFF48")
    assert "-c adapter serial 066DFF48 -c init" in openocd.calls[1]
    assert "is no serial number" in refused(
        2, "flash", folder, "--tool", "openocd", "--probe", "1; exec rm"
    )


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (
            "tinyengine identity 0x10006415\n",
            2,
            "another chip is connected: its DBGMCU_IDCODE is 0x",
        ),
        ("Error: open failed\n", 5, "openocd: found no board"),
        ("Error: stm32x device protected\nread-out protection\n", 5, "the chip is locked"),
        ("** Verify Failed **\nError: verify failed\n", 5, "verification failed"),
        ("Error: something\n", 5, "openocd: failed\n  Error: something"),
    ],
)
def test_what_openocd_says_becomes_one_message(said, code, message, compiled, programs):
    programs("openocd").answer("openocd", said, code=1)
    assert message in refused(code, "flash", compiled("stm32f746"), "--tool", "openocd")


def test_st_flash_is_asked_which_chip_it_is_then_writes(compiled, programs):
    stlink = programs("st-info", "st-flash")
    stlink.answer("st-info --probe", STLINK.format(chip=0x449))
    folder = compiled("stm32f746")
    succeeded("flash", folder, "--tool", "stlink")
    assert stlink.calls == [
        "st-info --probe",
        "st-info --probe",
        f"st-flash --serial 066DFF4855507551 --reset write {folder}/firmware.bin 0x08000000",
    ]


def test_st_flash_does_not_write_into_another_chip(compiled, programs):
    stlink = programs("st-info", "st-flash")
    stlink.answer("st-info --probe", STLINK.format(chip=0x451))
    assert "its DBGMCU_IDCODE is 0x00000451" in refused(
        2, "flash", compiled("stm32f746"), "--tool", "stlink"
    )
    assert not [call for call in stlink.calls if "write" in call]


def test_dfu_writes_reads_back_and_leaves(compiled, programs):
    dfu = programs("dfu-util")
    folder = compiled("stm32f405")
    listed = DFU.format(alt=1, serial="336D") + DFU.format(alt=0, serial="336D")
    dfu.answer("--list", listed)
    dfu.answer("-U", copied=(folder / "firmware.bin", "-U"))
    succeeded("flash", folder, "--tool", "dfu")
    nbytes = (folder / "firmware.bin").stat().st_size
    start = "dfu-util -d 0483:df11 -a 0 -S 336D -s 0x08000000"
    assert dfu.calls[1] == f"{start} -D {folder}/firmware.bin"
    assert dfu.calls[2].startswith(f"{start}:{nbytes}:leave -U ")


def test_dfu_notices_what_does_not_hold(own, programs):
    dfu = programs("dfu-util")
    folder = own("stm32f405")
    changed = bytearray((folder / "firmware.bin").read_bytes())
    changed[77] ^= 0xFF
    (folder.parent / "changed.bin").write_bytes(changed)
    dfu.answer("--list", DFU.format(alt=0, serial="336D"))
    dfu.answer("-U", copied=(folder.parent / "changed.bin", "-U"))
    message = refused(5, "flash", folder, "--tool", "dfu")
    assert "verification failed: at 0x0800004d" in message


def test_no_bootloader_is_nothing_connected(compiled, programs):
    programs("dfu-util").answer("--list", "dfu-util 0.11\n")
    message = refused(5, "flash", compiled("stm32f405"), "--tool", "dfu")
    assert "dfu: found nothing" in message


def test_bossac_asks_the_bootloader_then_writes_behind_it(compiled, programs, monkeypatch):
    monkeypatch.setattr("tinyengine.product.flash.programs._DEVICES", "/nowhere")
    bossac = programs("bossac")
    bossac.answer("--info", "Device       : ATSAMD51x19\nVersion      : v3\n")
    folder = compiled("metro-m4")
    message = refused(5, "flash", folder, "--tool", "bossac")
    assert "bossac: found nothing" in message
    monkeypatch.setattr("tinyengine.product.flash.programs._DEVICES", str(bossac.folder))
    (bossac.folder / "ttyACM0").touch()
    succeeded("flash", folder, "--tool", "bossac")
    port = f"--port={bossac.folder}/ttyACM0"
    assert bossac.calls[-2:] == [
        f"bossac {port} --info",
        f"bossac {port} --erase --write --verify --reset --offset=0x4000 {folder}/firmware.bin",
    ]


@pytest.mark.parametrize("board", ["nrf52840", "nrf5340"])
def test_nrfutil_names_the_chip_then_takes_an_intel_hex(compiled, programs, board):
    nrfutil = programs("nrfutil")
    nrfutil.answer("device-info", f"deviceVersion  {board.upper()}_xxAA_REV3\n")
    succeeded("flash", compiled(board), "--tool", "nrfutil", "--probe", "683")
    first, second = nrfutil.calls
    assert first == "nrfutil device device-info --serial-number 683"
    assert "verify=VERIFY_READ,reset=RESET_SYSTEM --serial-number 683" in second


def test_nrfutil_does_not_write_into_another_chip(compiled, programs):
    nrfutil = programs("nrfutil")
    nrfutil.answer("device-info", "deviceVersion  NRF52833_xxAA_REV1\n")
    message = refused(2, "flash", compiled("nrf52840"), "--tool", "nrfutil")
    assert "another chip is connected: nrfutil does not name nrf52840" in message
    assert nrfutil.calls == ["nrfutil device device-info"]


def test_the_intel_hex_is_what_its_specification_says():
    text = to_intel_hex(0x0800FFF8, bytes(range(20)))
    records = [bytes.fromhex(line[1:]) for line in text.splitlines()]
    assert all(sum(record) & 0xFF == 0 for record in records)
    upper, memory = 0, {}
    for record in records[:-1]:
        nbytes, place, kind, data = (
            record[0],
            int.from_bytes(record[1:3], "big"),
            record[3],
            record[4:-1],
        )
        assert nbytes == len(data)
        if kind == 4:
            upper = int.from_bytes(data, "big") << 16
        else:
            memory |= {upper + ((place + i) & 0xFFFF): byte for i, byte in enumerate(data)}
    assert records[-1] == bytes([0, 0, 0, 1, 0xFF])
    assert memory == {0x0800FFF8 + i: i for i in range(20)}


def test_teensys_loader_gets_a_hex_file_and_the_name_of_the_chip(compiled, programs):
    teensy = programs("teensy_loader_cli")
    told = succeeded("flash", compiled("teensy41"), "--json").json()
    assert told["tool"] == "teensy"
    (call,) = teensy.calls
    assert call.startswith("teensy_loader_cli --mcu=TEENSY41 -w ") and call.endswith(".hex")
