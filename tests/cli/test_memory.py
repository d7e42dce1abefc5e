"""`--objective`, `--sram` and `--stream-input` decide how much memory the firmware takes."""

import json
import re

import pytest

from tests.builders.networks import small_network
from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.cli.command import kernel_files, refused, succeeded
from tests.support import ROOT, require_tool

BOARD = ("--board", "stm32f746")
DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
STEPS = 10


@pytest.fixture(autouse=True)
def _tools():
    require_tool("arm-none-eabi-gcc")


def wide_network() -> bytes:
    """Give int8 [1, 48, 32, 4] → 1x1 to 24 channels → depthwise 3x3 → 1x1 to 4 → pools → [1, 3]."""
    writer = ModelWriter()
    x = writer.tensor([1, 48, 32, 4], scale=0.05, name="image")
    image = x
    for index, (opcode, out_c, kernel) in enumerate(
        [("CONV_2D", 24, 1), ("DEPTHWISE_CONV_2D", 24, 3), ("CONV_2D", 4, 1)]
    ):
        in_c = 24 if index else 4
        depthwise = opcode == "DEPTHWISE_CONV_2D"
        shape = [1, kernel, kernel, out_c] if depthwise else [out_c, kernel, kernel, in_c]
        count = kernel * kernel * out_c * (1 if depthwise else in_c)
        weight = writer.tensor(
            shape,
            scale=[0.01] * out_c,
            zero_point=[0] * out_c,
            axis=3 if depthwise else 0,
            data=[(7 * i) % 255 - 127 for i in range(count)],
        )
        bias = writer.tensor([out_c], "int32", data=[0] * out_c)
        y = writer.tensor([1, 48, 32, out_c], scale=0.1, name=f"made{index}")
        options = {"depth_multiplier": 1} if depthwise else {}
        writer.op(opcode, [x, weight, bias], [y], padding="SAME", stride_h=1, stride_w=1, **options)
        x = y
    pooled = writer.tensor([1, 12, 8, 4], scale=0.1, name="pooled")
    window = {"padding": "VALID", "stride_h": 4, "stride_w": 4, "filter_height": 4}
    writer.op("MAX_POOL_2D", [x], [pooled], filter_width=4, **window)
    weight = writer.tensor([3, 384], scale=0.01, data=[i % 200 - 100 for i in range(1152)])
    scores = writer.tensor([1, 3], scale=0.3, name="scores")
    writer.op("FULLY_CONNECTED", [pooled, weight, -1], [scores])
    return writer.finish([image], [scores])


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    path = tmp_path_factory.mktemp("wide") / "wide.tflite"
    path.write_bytes(wide_network())
    return path


def triple_network() -> bytes:
    """Give x int8 [1, 64, 64, 12] → (1x1 of x + another 1x1 of x) + x: three of them meet."""
    writer = ModelWriter()
    shape = [1, 64, 64, 12]
    x = writer.tensor(shape, scale=0.05, name="x")
    made = []
    for index in range(2):
        data = [(5 * i + index) % 255 - 127 for i in range(144)]
        weight = writer.tensor(
            [12, 1, 1, 12], scale=[0.01] * 12, zero_point=[0] * 12, axis=0, data=data
        )
        bias = writer.tensor([12], "int32", data=[0] * 12)
        made.append(writer.tensor(shape, scale=0.1, name=f"made{index}"))
        window = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
        writer.op("CONV_2D", [x, weight, bias], [made[-1]], **window)
    both = writer.tensor(shape, scale=0.1, name="both")
    writer.op("ADD", made, [both])
    result = writer.tensor(shape, scale=0.1, name="result")
    writer.op("ADD", [both, x], [result])
    return writer.finish([x], [result])


def test_an_arena_that_fits_no_bank_is_split_over_two(tmp_path):
    """Three tensors of 48 KiB, layer by layer, on a board with 128 KiB and 64 KiB."""
    model, target = tmp_path / "triple.tflite", tmp_path / "out"
    model.write_bytes(triple_network())
    on = ("--board", "stm32f405", "--schedule", "layer")
    report = succeeded("compile", model, *on, "-o", target, "--json").json()
    first, second = report["sram"]["banks"]
    assert first <= 128 << 10 and 48 << 10 <= second <= 64 << 10
    assert report["sram"]["arena"] == first + second
    header = (target / "triple.h").read_text()
    assert f"#define TRIPLE_ARENA_BYTES {first}\n" in header
    assert f"#define TRIPLE_ARENA1_BYTES {second}\n" in header
    assert "int triple_run(void *arena, void *arena1, const int8_t *input" in header
    told = succeeded("validate", model, *on, "--samples", 2, "--json").json()
    assert told["bit_exact"] and told["writes_traced"]


def test_an_arena_that_fits_one_bank_stays_in_one_piece(tmp_path):
    model = tmp_path / "triple.tflite"
    model.write_bytes(triple_network())
    arguments = ("--board", "stm32f405", "-o", tmp_path / "out", "--json")
    report = succeeded("compile", model, *arguments).json()
    assert report["sram"]["banks"] == [report["sram"]["arena"]]


def test_a_bank_that_qemu_lacks_is_told(tmp_path):
    require_tool("qemu-system-arm")
    model = tmp_path / "triple.tflite"
    model.write_bytes(triple_network())
    on = ("--board", "stm32f405", "--schedule", "layer", "--emulator", "qemu")
    assert refused(5, "validate", model, *on) == (
        "error: stm32f405: QEMU lacks the board's memory 'ccm', which this firmware uses\n"
        "  hint: run it with --emulator unicorn"
    )


def verdict(model, *options):
    """Validate two samples: exact, and nothing is written but the arena and the stack."""
    told = succeeded("validate", model, *BOARD, "--samples", 2, "--json", *options).json()
    assert told["bit_exact"] and told["writes_traced"]
    return told


@pytest.fixture(scope="module")
def smallest(wide):
    """What validating for objective sram tells."""
    return verdict(wide, "--objective", "sram")


def test_objectives_trade_bytes_for_instructions(wide, smallest):
    speed = verdict(wide, "--objective", "speed")
    # Layer by layer, two tensors of 48·32·24 bytes meet; streamed, just rows of them do.
    assert speed["sram"]["arena"] > 48 * 32 * 24
    assert smallest["sram"]["arena"] < 48 * 32 * 24 / 3
    assert speed["instructions"] <= smallest["instructions"]


def test_a_streamed_input_is_exact_and_takes_no_place(wide, smallest):
    streamed = verdict(wide, "--objective", "sram", "--stream-input")
    # The whole input has 48·32·4 bytes; of the streamed one a few rows of 32·4 are held.
    assert streamed["sram"]["total"] <= smallest["sram"]["total"] - (48 - 8) * 32 * 4


def test_a_streamed_input_is_declared_and_reported(wide, tmp_path):
    target = tmp_path / "out"
    succeeded("compile", wide, *BOARD, "--stream-input", "-o", target)
    report = json.loads((target / "report.json").read_text())
    (port,) = report["inputs"]
    assert port["offset"] is None and port["bytes"] == 48 * 32 * 4
    header = (target / "wide.h").read_text()
    assert "#define WIDE_INPUT_ROWS 48\n" in header
    assert "#define WIDE_INPUT_ROW_BYTES 128\n" in header
    declared = re.search(r"int wide_run_rows\(([^)]*)\)", header)
    assert declared is not None
    assert [word.strip() for word in declared[1].split(",")] == [
        "void *arena", "te_read_row read_row", "void *context", "int8_t *output",
    ]  # fmt: skip
    assert "--stream-input\n" in header.partition("*/")[0]
    told = succeeded("run", target, "--json").json()
    assert told["outputs"][0]["shape"] == [1, 3]


@pytest.mark.parametrize("command", ["compile", "validate", "pareto"])
def test_inputs_that_cannot_be_streamed_are_refused(command, edges):
    assert refused(3, command, edges, *BOARD, "--stream-input") == (
        "error: edges: a streamed input needs a model with one input, this one has 2\n"
        "  hint: compile without --stream-input"
    )


def test_a_budget_just_below_the_least_total_is_refused_and_told_the_least(wide, smallest):
    """The least of all computes some columns twice, which only a budget asks for."""
    message = refused(4, "validate", wide, *BOARD, "--sram", smallest["sram"]["total"] // 2)
    arena = re.search(r"needs an arena of ([\d,]+) bytes at least", message)
    assert arena is not None
    message = refused(4, "validate", wide, *BOARD, "--sram", int(arena[1].replace(",", "")) + 1)
    total = re.search(r"needs ([\d,]+) bytes of SRAM at least", message)
    assert total is not None
    budget = int(total[1].replace(",", ""))
    least = verdict(wide, "--sram", budget)["sram"]
    assert least["total"] == budget < smallest["sram"]["total"]
    budget = least["total"] - 1
    first, parts, *_ = refused(4, "validate", wide, *BOARD, "--sram", budget).splitlines()
    assert first == (
        f"error: wide.tflite on stm32f746: needs {least['total']:,} bytes of SRAM at least, "
        f"the budget is {budget:,}"
    )
    assert parts == f"  arena {least['arena']:,}, static 0, stack {least['stack']:,}"


def test_a_budget_just_met_is_met_whatever_the_objective_and_nothing_else_is_left(
    wide, smallest, tmp_path
):
    """Plans that were tried first left too little for the stack; none of their files remain."""
    least, target = smallest["sram"]["total"], tmp_path / "out"
    arguments = ("--objective", "speed", "--sram", least, "--json", "-o", target)
    report = succeeded("compile", wide, *BOARD, *arguments).json()
    assert report["objective"] == "speed" and report["sram"]["total"] <= least
    assert {path.name for path in (target / "te").glob("*.c")} == kernel_files(report)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small", "digits", "wide"])
def test_budgets_are_met_and_more_of_them_never_costs_instructions(name, wide, tmp_path):
    """Instructions are chosen by estimates: what is measured may be off by one percent."""
    small = tmp_path / "small.tflite"
    small.write_bytes(small_network())
    model = {"small": small, "digits": DIGITS, "wide": wide}[name]
    least = verdict(model, "--objective", "sram")["sram"]["total"]
    most = verdict(model, "--objective", "speed")["sram"]["total"]
    fewest = None
    for step in range(STEPS + 1):
        budget = least + (most - least) * step // STEPS
        told = verdict(model, "--objective", "speed", "--sram", budget)
        assert told["sram"]["total"] <= budget
        assert fewest is None or told["instructions"] <= fewest * 1.01
        fewest = told["instructions"] if fewest is None else min(fewest, told["instructions"])


# -- flash ----------------------------------------------------------------------------------------


def test_a_budget_of_flash_that_the_firmware_keeps_by_itself_changes_nothing(wide):
    free = verdict(wide, "--objective", "speed")
    total = free["flash"]["total"]
    for budget in (total, total + 1000):
        assert verdict(wide, "--objective", "speed", "--flash", budget)["flash"] == free["flash"]


def test_budgets_of_flash_are_met_down_to_the_least_that_the_refusal_names(wide, tmp_path):
    total = verdict(wide, "--objective", "speed")["flash"]["total"]
    refusal = refused(4, "compile", wide, *BOARD, "--flash", total // 2, "-o", tmp_path / "no")
    least = int(re.search(r"needs ([0-9,]+) bytes of flash", refusal)[1].replace(",", ""))
    assert least < total
    fewest = None
    for budget in (least, (least + total) // 2, total - 1):
        arguments = ("--objective", "speed", "--flash", budget, "--json", "-o", tmp_path / "out")
        report = succeeded("compile", wide, *BOARD, *arguments).json()
        assert report["flash"]["total"] <= budget
        instructions = report["measured"]["instructions"]
        assert fewest is None or instructions <= fewest * 1.01
        fewest = instructions


def test_a_budget_that_small_code_just_keeps_changes_nothing_either(tmp_path):
    path = tmp_path / "product.tflite"
    weight = Spec(shape=(64, 256), scale=0.01, data=[i % 255 - 127 for i in range(64 * 256)])
    operands = [Spec(shape=(1, 256), scale=0.1), weight, None]
    path.write_bytes(one_op_model("FULLY_CONNECTED", operands, Spec(shape=(1, 64), scale=2.0)))
    free = verdict(path)
    assert free["flash"]["code"] < 8000
    assert verdict(path, "--flash", free["flash"]["total"])["flash"] == free["flash"]
