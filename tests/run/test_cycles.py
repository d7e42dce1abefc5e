"""The models of time against the cores' timing tables, and what others measured or know of them."""

import pytest

from tinyengine.run.cycles import TIMINGS, block_cycles
from tinyengine.run.cycles.disassembly import Instruction, Kind, parse_disassembly
from tinyengine.run.result import ExecutedBlock


def code(*texts):
    """Give instructions one after another; narrow ones where the mnemonic says so."""
    made, at = [], 0x100
    for text in texts:
        mnemonic, _, operands = text.partition(" ")
        nbytes = 2 if mnemonic.endswith(".n") else 4
        name = mnemonic.removesuffix(".n").removesuffix(".w")
        made.append(Instruction(address=at, nbytes=nbytes, mnemonic=name, operands=operands))
        at += nbytes
    return tuple(made)


# -- one instruction at a time --------------------------------------------------------------------

M4 = [  # Source: Cortex-M4 TRM, 3.3.1 and 3.3.2.
    (1, "add r0, r1, r2"),
    (1, "smlad r0, r1, r2, r3"),
    (1, "smlal r0, r1, r2, r3"),
    (1, "mla r0, r1, r2, r3"),
    (1, "ssat r0, #8, r0"),
    (2, "ldr r0, [r1]"),
    (2 + 1, "ldr r0, [r1]", "ldr r2, [r3]"),
    (2 + 2, "ldr r0, [r1]", "ldr r2, [r0]"),
    (2 + 1 + 1, "ldr r0, [r1]", "add r4, r4, r5", "str r2, [r3]"),
    (1, "strb r0, [r1], #1"),
    (3, "ldrd r0, r1, [r2]"),
    (1 + 4, "push {r4, r5, r6, lr}"),
    (1 + 2, "ldmia r3!, {r0, r1}"),
    (1 + 0 + 1, "cmp.n r0, r1", "it.n lt", "movlt r0, r1"),
    (1 + 1 + 1, "cmp.w r0, r1", "it.n lt", "movlt r0, r1"),
]


@pytest.mark.parametrize("case", M4, ids=lambda case: "; ".join(case[1:]))
def test_cortex_m4_follows_its_table(case):
    expected, *texts = case
    assert TIMINGS["cortex-m4"].edge_cycles((), code(*texts), taken=False) == expected


@pytest.mark.parametrize(
    ("core", "text", "plain", "taken"),
    [
        ("cortex-m4", "bne 10", 1, 3),
        ("cortex-m4", "bl 10", 1, 3),
        ("cortex-m4", "pop {r4, pc}", 3, 5),
        ("cortex-m3", "bne 10", 1, 3),
        ("cortex-m0", "bne 10", 1, 3),
        ("cortex-m0", "bl 10", 1, 4),
        ("cortex-m0", "bx lr", 1, 3),
        ("cortex-m0", "pop {r4, pc}", 3, 4 + 2),
        ("cortex-m0plus", "bne 10", 1, 2),
        ("cortex-m0plus", "bl 10", 1, 3),
        ("cortex-m0plus", "pop {r4, pc}", 3, 3 + 2),
    ],
)
def test_a_taken_branch_costs_its_refill(core, text, plain, taken):
    model, after = TIMINGS[core], code("add r0, r1, r2")
    assert model.edge_cycles((), code(text), taken=False) == plain
    there = model.edge_cycles(code(text), after, taken=True)
    assert plain + there == taken + 1


@pytest.mark.parametrize(
    ("core", "text", "expected"),
    [
        ("cortex-m0", "ldr r0, [r1, #0]", 2),
        ("cortex-m0", "str r0, [r1, #0]", 2),
        ("cortex-m0", "muls r0, r1, r0", 1),
        ("cortex-m0plus", "ldrb r0, [r1, #0]", 2),
        ("cortex-m3", "mla r0, r1, r2, r3", 2),
        ("cortex-m3", "smull r0, r1, r2, r3", 4),
        ("cortex-m3", "str r0, [r1, #0]", 1),
    ],
)
def test_other_cores_follow_their_tables(core, text, expected):
    assert TIMINGS[core].edge_cycles((), code(text), taken=False) == expected


# -- two at a time --------------------------------------------------------------------------------

NARROW = ("nop.n", "nop.n")
"""What a transfer of several registers needs near it; it takes a cycle itself."""

M7 = [  # Source: jnk0le, "pipeline cycle test", cortex_m7.md: measured on an STM32H743.
    ("sums that do not depend pair", 1, "add.w r0, r1, r2", "add.w r3, r4, r5"),
    ("the late ALU chains every cycle", 2, "eor.w r0, r0, r1", "eor.w r0, r0, r2"),
    ("sums chain every cycle", 2, "smlad r0, r1, r2, r0", "smlad r0, r4, r5, r0"),
    ("multiplications do not pair", 2, "mla r0, r1, r2, r0", "mla r3, r4, r5, r3"),
    ("a multiplication and a sum pair", 1, "smlad r0, r1, r2, r0", "add.w r3, r4, r5"),
    ("a multiplication and a store do not", 2, "smlad r0, r1, r2, r0", "str.w r3, [r4]"),
    ("loads of an even and an odd word pair", 1, "ldr.w r0, [r1]", "ldr.w r2, [r1, #4]"),
    ("loads from one bank do not", 2, "ldr.w r0, [r1]", "ldr.w r2, [r1, #8]"),
    ("stores do not pair", 2, "str.w r0, [r1]", "str.w r2, [r1, #4]"),
    ("a store and a load pair", 1, "str.w r0, [r1]", "ldr.w r2, [r3]"),
    ("what is loaded is stored at once", 1, "ldr.w r0, [r1]", "str.w r0, [r3]"),
    ("post-indexed loads run every cycle", 1, "ldr.w r0, [r1], #4"),
    ("packings do not pair", 2, "sxtb16 r0, r1", "sxtb16 r2, r1"),
    ("movw and movt pair", 1, "movw r0, #1", "movt r0, #2"),
    ("eight registers take four", 4 + 1, "push {r4, r5, r6, r7, r8, r9, r10, r11}", *NARROW),
    ("two registers take one", 1 + 1, "ldrd r0, r1, [r2]", *NARROW),
    ("shifted operands do not pair", 2, "add.w r0, r1, r2, lsl #2", "add.w r3, r4, r5, lsl #2"),
    ("a count-down takes a cycle", 1, "subs r0, #1", "bne.n 100"),
]


@pytest.mark.parametrize("case", M7, ids=lambda case: case[0])
def test_cortex_m7_follows_the_measurements(case):
    _, expected, *texts = case
    block = code(*(texts * 8))
    model = TIMINGS["cortex-m7"]
    assert model.edge_cycles(block, block, taken=True) / 8 == pytest.approx(expected, abs=0.25)


def test_cortex_m7_multiplies_two_cycles_after_the_load():
    model = TIMINGS["cortex-m7"]
    near = code("ldr.w r0, [r1]", "mul r2, r0, r0")
    assert model.edge_cycles((), near, taken=False) == 2
    assert model.edge_cycles((), code("ldr.w r0, [r1]", "add.w r2, r0, r0"), taken=False) == 1


def test_cortex_m7_multiplies_what_ldrd_loads_three_cycles_after_it():
    # 1: ldrd alone, 2: nothing, for a load is not there for a multiplication in the next cycle,
    # 3: smlad. Source: LLVM, isNonSubwordLoadList; SLOTHY, Cortex-M7: LDRD has latency 3.
    model = TIMINGS["cortex-m7"]
    near = code(*NARROW, "ldrd r0, r1, [r2]", "smlad r3, r0, r1, r4")
    far = code(*NARROW, "ldrd r0, r1, [r2]", "add.w r5, r0, r1")
    assert model.edge_cycles((), near, taken=False) - model.edge_cycles((), far, taken=False) == 1


def test_only_the_last_pair_of_an_ldm_is_late():
    model = TIMINGS["cortex-m7"]
    last = code(*NARROW, "ldmia r9!, {r0, r1, r2, r3}", "smlad r4, r2, r3, r4")
    first = code(*NARROW, "ldmia r9!, {r0, r1, r2, r3}", "smlad r4, r0, r1, r4")
    assert model.edge_cycles((), last, taken=False) - model.edge_cycles((), first, taken=False) == 1


def test_an_ldrd_amid_wide_instructions_is_a_cycle_late():
    # Two narrow ones before it, or in the 7 cycles after it, make up for that.
    model, wide = TIMINGS["cortex-m7"], ("add.w r5, r6, r7",) * 2
    late = model.edge_cycles((), code(*wide, "ldrd r0, r1, [r2]", *wide), taken=False)
    before = model.edge_cycles((), code(*NARROW, "ldrd r0, r1, [r2]", *wide), taken=False)
    after = model.edge_cycles((), code(*wide, "ldrd r0, r1, [r2]", *NARROW), taken=False)
    assert (late - before, late - after) == (1, 1)


@pytest.mark.parametrize(
    ("expected", "texts"),
    [  # Source: jnk0le, "stores": cycles of a store when there is one every cycle.
        (4.0, ["strb.w r0, [r1]"] * 8),
        (2.0, ["strb.w r0, [r1]", "strb.w r0, [r1, #4]"] * 4),
        (2.4, ["strb.w r0, [r1], #1"] * 8),
        (1.0, ["str.w r0, [r1]"] * 8),
    ],
)
def test_long_runs_of_byte_stores_wait_for_the_store_buffer(expected, texts):
    model, block = TIMINGS["cortex-m7"], code(*texts)
    cycles = model.edge_cycles(block, block, taken=True)
    assert cycles / 8 == pytest.approx(expected, abs=0.2)


def test_four_byte_stores_wait_for_nothing():
    four = code(*["strb.w r0, [r1]"] * 4, "add.w r2, r3, r4")
    assert TIMINGS["cortex-m7"].edge_cycles((), four, taken=False) == 3  # the sum in the last one's


# The product of two channels and four pixels as the fast kernels compute it, a line a cycle.
AHEAD = """
ldr.w r4, [lr], #4; smlad r5, r3, r1, r5
smlad r9, r3, r2, r9
ldr.w r3, [lr], #4; smlad r6, r4, r1, r6
smlad r10, r4, r2, r10
ldr.w r4, [lr], #4; smlad r7, r3, r1, r7
smlad r11, r3, r2, r11; ldr.w r3, [lr], #4
smlad r8, r4, r1, r8; ldr.w r1, [r0], #4
smlad r12, r4, r2, r12; ldr.w r2, [r0], #4
"""


def test_a_load_goes_with_a_multiplication_of_what_was_loaded_two_cycles_before():
    lines = AHEAD.strip().splitlines()
    block = code(*(text.strip() for line in lines for text in line.split(";")))
    assert TIMINGS["cortex-m7"].edge_cycles(block, block, taken=True) == len(lines)


def test_a_computed_jump_is_predicted_to_go_where_it_goes_most_often():
    listing = "\n".join(
        [" 100:\tf8dd f018 \tldr.w\tpc, [sp, #24]", " 110:\tbf00      \tnop",
         " 120:\tbf00      \tnop"]
    )  # fmt: skip
    executed = (block(0x100, 4, 10, 0), block(0x110, 2, 9, 0x100), block(0x120, 2, 1, 0x100))
    model = TIMINGS["cortex-m7"]
    _, often, seldom = block_cycles(executed, parse_disassembly(listing), model)
    assert seldom - often / 9 == model.misprediction_cycles


# -- blocks ---------------------------------------------------------------------------------------


def block(address, nbytes, count, previous):
    return ExecutedBlock(site=0, previous=previous, address=address, nbytes=nbytes, count=count)


def test_the_rarer_way_of_a_branch_is_mispredicted():
    listing = "\n".join(
        [" 100:\t3801      \tsubs\tr0, #1", " 102:\td1fd      \tbne.n\t100 <f>",
         " 104:\t4770      \tbx\tlr"]
    )  # fmt: skip
    executed = (block(0x100, 4, 1, 0), block(0x100, 4, 9, 0x100), block(0x104, 2, 1, 0x100))
    instructions = parse_disassembly(listing)
    loop, last = (block_cycles(executed, instructions, TIMINGS["cortex-m7"])[i] for i in (1, 2))
    assert loop == 9
    assert last - TIMINGS["cortex-m7"].misprediction_cycles in (0, 1)
    m4 = block_cycles(executed, instructions, TIMINGS["cortex-m4"])
    assert m4 == (2, 9 * (2 + 2), 1)


def test_objdump_is_read():
    listing = """
00000040 <layer_0>:
      40:\tb510      \tpush\t{r4, lr}
      42:\tf44f 72a0 \tmov.w\tr2, #320\t@ 0x140
      7e:\t4803      \tldr\tr0, [pc, #12]\t@ (8c <layer_0+0x4c>)
      8c:\t000034ec \t.word\t0x000034ec
"""
    found = parse_disassembly(listing)
    assert [(i.mnemonic, i.nbytes, i.operands) for i in found.values()] == [
        ("push", 2, "{r4, lr}"),
        ("mov", 4, "r2, #320"),
        ("ldr", 2, "r0, [pc, #12]"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ldrhi r0, [r1]", Kind.LOAD),
        ("ldrsb r0, [r1]", Kind.LOAD),
        ("strbne r0, [r1]", Kind.STORE),
        ("ldmdb r0!, {r1, r2}", Kind.LOAD_MANY),
        ("bls 10", Kind.BRANCH),
        ("blx r3", Kind.BRANCH_REGISTER),
        ("bl 10", Kind.CALL),
        ("bic r0, r1, r2", Kind.ALU),
        ("cbnz r0, 10", Kind.BRANCH),
        ("itte eq", Kind.IT),
        ("sdivle r0, r1, r2", Kind.DIVIDE),
        ("mls r0, r1, r2, r3", Kind.ACCUMULATE),
        ("smmlar r0, r1, r2, r3", Kind.ACCUMULATE),
        ("smlalbb r0, r1, r2, r3", Kind.LONG_ACCUMULATE),
        ("umull r0, r1, r2, r3", Kind.LONG),
        ("muls r0, r1", Kind.MULTIPLY),
        ("addlt r0, r1", Kind.ALU),
        ("adds r0, r1", Kind.ALU),
        ("subs r0, r1", Kind.ALU),
        ("movs r0, #1", Kind.ALU),
        ("sxtab16 r0, r1, r2", Kind.DSP),
        ("ssub8 r0, r1, r2", Kind.DSP),
        ("qadd r0, r1, r2", Kind.DSP),
        ("rev16 r0, r1", Kind.DSP),
        ("svc 0", Kind.ALU),
    ],
)
def test_kinds_of_instructions(text, kind):
    (made,) = code(text)
    assert made.kind is kind


@pytest.mark.parametrize(
    ("text", "writes", "reads"),
    [
        ("add r0, r1", {"r0"}, {"r0", "r1"}),
        ("mov r0, r1", {"r0"}, {"r1"}),
        ("mvns r0, r1", {"r0"}, {"r1"}),
        ("add r0, r1, sl, lsl #2", {"r0"}, {"r1", "r10"}),
        ("cmp r0, r1", set(), {"r0", "r1"}),
        ("smlad r0, r1, r2, r3", {"r0"}, {"r1", "r2"}),
        ("smull r0, r1, r2, r3", {"r0", "r1"}, {"r2", "r3"}),
        ("movt r0, #1", {"r0"}, {"r0"}),
        ("ldr r0, [r1, r2]", {"r0"}, set()),
        ("str r0, [r1, #4]!", set(), set()),
        ("uxtb r0, r1", {"r0"}, {"r1"}),
    ],
)
def test_registers_of_instructions(text, writes, reads):
    (made,) = code(text)
    assert (made.writes, made.reads) == (writes, reads)


def test_registers_of_memory_accesses():
    (load,) = code("ldr r0, [r1], #4")
    assert (load.address_registers, load.updated_base) == ({"r1"}, {"r1"})
    (store,) = code("str r0, [r1, r2, lsl #2]")
    assert (store.address_registers, store.stored) == ({"r1", "r2"}, {"r0"})
    (many,) = code("ldmia r3!, {r0, r1}")
    assert (many.listed, many.updated_base) == (("r0", "r1"), {"r3"})
    (pop,) = code("pop {r4, pc}")
    assert (pop.listed, pop.address_registers) == (("r4", "r15"), {"r13"})


# -- in two beats ---------------------------------------------------------------------------------

M55 = [  # Source: LLVM, ARMScheduleM55.td, its comments and latencies; SLOTHY where named.
    (
        "pipelines overlap",
        4,
        "vldrw.u32 q0, [r0]", "vadd.i32 q1, q2, q3", "vmul.i32 q4, q5, q6", "vstrw.32 q7, [r1]",
    ),
    (
        "two loads do not",
        5,
        "vldrw.u32 q0, [r0]", "vldrb.u8 q1, [r2]", "vadd.i32 q4, q2, q3", "vstrw.32 q7, [r1]",
    ),
    ("a sum is there in the next cycle", 2, "vadd.i32 q0, q1, q2", "vmul.i32 q3, q0, q0"),
    ("a product a cycle later", 3, "vmul.i32 q0, q1, q2", "vadd.i32 q3, q0, q0"),
    ("but not for a store", 2, "vmul.i32 q0, q1, q2", "vstrw.32 q0, [r1]"),
    (
        "SLOTHY: simple1_loop on the M55",
        5,
        "vldrw.u32 q0, [r0]", "vmla.s32 q0, q1, r9", "vmla.s32 q0, q1, r9", "vstrw.32 q0, [r1]",
    ),
    ("narrowing takes three", 4, "vqmovnb.s32 q0, q1", "vadd.i32 q2, q0, q0"),
    ("dot products go to registers", 3, "vmladav.s8 r0, q0, q1", "add.w r1, r0, r0"),
    ("a predicate has a pipeline of its own", 2, "vctp.8 r0", "vldrb.u8 q0, [r1]"),
    ("a loaded word is there a cycle later", 3, "ldr.w r0, [r1]", "add.w r2, r0, r0"),
    ("narrow pairs", 1, "lsls.n r0, r1, #2", "adds.n r2, #1"),
    ("not where one waits for the other", 2, "lsls.n r0, r1, #2", "adds.n r0, #1"),
    ("nor wide ones", 2, "lsl.w r0, r1, #2", "add.w r2, r2, #1"),
    ("the end of a loop is free", 1, "vldrb.u8 q0, [r1]", "letp lr, 100"),
]  # fmt: skip


@pytest.mark.parametrize("case", M55, ids=lambda case: case[0])
def test_cortex_m55_follows_its_schedule(case):
    _, expected, *texts = case
    assert TIMINGS["cortex-m55"].edge_cycles((), code(*texts), taken=False) == expected


def test_loads_hide_behind_products_in_a_hardware_loop():
    """Two pipelines of two cycles each: as many loads as products take two cycles a pair."""
    model = TIMINGS["cortex-m55"]
    loop = code("vldrb.u8 q0, [r0], #16", "vmlava.s8 r2, q0, q1", "le lr, 100")
    assert model.edge_cycles(loop, loop, taken=True) == pytest.approx(2, abs=0.3)
    loads = code("vldrb.u8 q0, [r0], #16", "vldrb.u8 q1, [r1], #16", "le lr, 100")
    assert model.edge_cycles(loads, loads, taken=True) == 4


def test_a_taken_branch_of_the_cortex_m55_refills():
    model, after = TIMINGS["cortex-m55"], code("add.w r0, r1, r2")
    plain = model.edge_cycles(code("bne.n 10"), after, taken=False)
    assert model.edge_cycles(code("bne.n 10"), after, taken=True) == plain + 2
