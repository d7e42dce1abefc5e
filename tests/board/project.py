"""Write a hand-made model with the test firmware of a board around it, as `compile` would."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tinyengine.board import Board, place
from tinyengine.compiler import FIRMWARE_STATIC_NBYTES
from tinyengine.product.firmware import FirmwareProject, Port, firmware_files

PORT_NBYTES = 500
ARENA_NBYTES = 1024
OUTPUT_OFFSET = 512

HEADER = f"""\
#ifndef DUMMY_H
#define DUMMY_H

#include <stdint.h>

#define DUMMY_ARENA_BYTES {ARENA_NBYTES}
#define DUMMY_INPUT_COUNT 1
#define DUMMY_INPUT0_OFFSET 0
#define DUMMY_INPUT0_BYTES {PORT_NBYTES}
#define DUMMY_OUTPUT_COUNT 1
#define DUMMY_OUTPUT0_OFFSET {OUTPUT_OFFSET}
#define DUMMY_OUTPUT0_BYTES {PORT_NBYTES}

int dummy_run(void *arena, const int8_t *input0, int8_t *output0);

#endif
"""

# Adds one to every byte, with the instructions that the board's core is said to have.
ADD_ONE = """\
#include "dummy.h"
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif

int dummy_run(void *arena, const int8_t *input0, int8_t *output0)
{
    (void)arena;
#if defined(__ARM_FEATURE_MVE)
    for (int32_t i = 0; i < DUMMY_INPUT0_BYTES; i += 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(DUMMY_INPUT0_BYTES - i));
        const int8x16_t values = vldrbq_z_s8(&input0[i], lanes);
        vstrbq_p_s8(&output0[i], vaddq_n_s8(values, 1), lanes);
    }
#elif defined(__ARM_FEATURE_DSP)
    for (int32_t i = 0; i < DUMMY_INPUT0_BYTES; ++i) {
        uint32_t sum;
        __asm__("uadd8 %0, %1, %2" : "=r"(sum) : "r"((uint32_t)(uint8_t)input0[i]), "r"(1u));
        output0[i] = (int8_t)(uint8_t)sum;
    }
#else
    for (int32_t i = 0; i < DUMMY_INPUT0_BYTES; ++i) {
        output0[i] = (int8_t)(input0[i] + 1);
    }
#endif
    return 0;
}
"""

# Does what the first byte of the input says: 1 to 4 are faults, 3 and 4 at the address in bytes 4
# to 7, 5 overflows the stack, 6 fails.
MISBEHAVE = """\
#include <string.h>

#include "dummy.h"

extern uint32_t __stack_limit[];

static void overflow_the_stack(void)
{
    uint32_t sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    const uint32_t nbytes = sp - (uint32_t)__stack_limit + 64u;
    volatile uint8_t *bytes = __builtin_alloca(nbytes);
    for (uint32_t i = 0; i < nbytes; ++i) {
        bytes[i] = 0;
    }
}

int dummy_run(void *arena, const int8_t *input0, int8_t *output0)
{
    uint32_t address;
    memcpy(&address, &input0[4], sizeof address);
    output0[0] = 0;
    switch (input0[0]) {
    case 1:
        __asm__ volatile("udf #0");
        break;
    case 2:
        *(volatile uint32_t *)((uint32_t)arena + 1u) = 0;
        break;
    case 3:
        *(volatile uint32_t *)address = 0;
        break;
    case 4: {
        typedef void (*function)(void);
        ((function)(address | 1u))();
        break;
    }
    case 5:
        overflow_the_stack();
        break;
    case 6:
        return 7;
    default:
        break;
    }
    return 0;
}
"""

FAULTY = """\
#include "dummy.h"

int dummy_run(void *arena, const int8_t *input0, int8_t *output0)
{
    (void)arena;
    output0[0] = input0[0];
    __asm__ volatile("udf #0");
    return 0;
}
"""


ONE_PORT = {"inputs": ("int8_t",), "outputs": ("int8_t",)}


def write_project(
    directory: Path,
    board: Board,
    model: str,
    more: Mapping[str, str] = MappingProxyType({}),
    types: Mapping[str, tuple[str, ...]] = ONE_PORT,
) -> Path:
    """Write the C text `model` as `dummy.c`, `more` sources by path, and `board`'s firmware.

    Gives the folder. `types` are the C types of the ports; the header is for one of each.
    """
    sources = {"dummy.c": model, **more}
    project = FirmwareProject(
        name="dummy",
        banner="Made by hand for a test.",
        board=board,
        memory=place(board, ARENA_NBYTES, FIRMWARE_STATIC_NBYTES, 2048),
        inputs=tuple(Port(c_type=name, nbytes=PORT_NBYTES) for name in types["inputs"]),
        outputs=tuple(Port(c_type=name, nbytes=PORT_NBYTES) for name in types["outputs"]),
        model_sources=tuple(sources),
    )
    for path, text in {**firmware_files(project), **sources, "dummy.h": HEADER}.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    return directory
