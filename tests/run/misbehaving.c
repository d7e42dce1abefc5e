/* A model that does what its input's first byte says: compute, or one of the ways to go wrong. */
#include "fake.h"

#define WORD(address) (*(volatile uint32_t *)(address))

enum {
    COMPUTE,
    FAIL,
    WRITE_FLASH,
    READ_NOWHERE,
    WRITE_NOWHERE,
    CALL_RAM,
    CALL_NOWHERE,
    UNDEFINED,
    SUPERVISOR_CALL,
    BREAKPOINT,
    UNKNOWN_PERIPHERAL,
    HANG,
    DIVIDE,
    WRITE_STATIC,
    READ_PAST_RAM,
    WRITE_PAST_RAM,
    SLEEP,
    UNALIGNED_PAIR,
    DEEP_STACK,
    LOOP,
    READ_OUTSIDE_BLOCK,
    CALL_PAST_FLASH,
    UNALIGNED_HALF,
    UNALIGNED_READ
};

static volatile uint32_t stray;

__attribute__((noipa)) static void read_at(uint32_t address)
{
    (void)WORD(address);
}

__attribute__((noipa)) static void write_at(uint32_t address)
{
    WORD(address) = 1u;
}

__attribute__((noipa)) static void write_half_at(uint32_t address)
{
    *(volatile uint16_t *)address = 1u;
}

__attribute__((noipa)) static void call(uint32_t address)
{
    ((void (*)(void))address)();
}

__attribute__((noipa)) static void write_static(void)
{
    stray = 7u;
}

/* Seven instructions a round for 100,000 rounds, and three more. */
__attribute__((noipa, naked)) static void loop(void)
{
    __asm__ volatile(".syntax unified      \n"
                     "ldr  r0, =100000     \n"
                     "movs r1, #0          \n"
                     "1:                   \n"
                     "adds r1, r1, #3      \n"
                     "lsls r2, r1, #1      \n"
                     "eors r2, r1          \n"
                     "mov  r3, r2          \n"
                     "nop                  \n"
                     "subs r0, r0, #1      \n"
                     "bne  1b              \n"
                     "bx   lr              \n"
                     ".ltorg               \n");
}

static void trap(int8_t kind)
{
    switch (kind) {
    case UNDEFINED:
        __asm__ volatile("udf #1");
        break;
    case SUPERVISOR_CALL:
        __asm__ volatile("svc #1");
        break;
    case BREAKPOINT:
        __asm__ volatile("bkpt #1");
        break;
    case SLEEP:
        __asm__ volatile("cpsid i\n wfi");
        break;
#if __ARM_ARCH_ISA_THUMB >= 2
    case UNALIGNED_PAIR:
        __asm__ volatile("ldr r0, =" FAKE_STRING(FAKE_RAM) "+1\n ldrd r2, r3, [r0]\n" ::
                             : "r0", "r2", "r3");
        break;
#endif
    default:
        break;
    }
}

static void access(int8_t kind, const void *arena)
{
    switch (kind) {
    case WRITE_FLASH:
        write_at(FAKE_FLASH + 0x40u);
        break;
    case READ_NOWHERE:
        read_at(0x70000000u);
        break;
    case WRITE_NOWHERE:
        write_at(0x70000000u);
        break;
    case CALL_RAM:
        call(FAKE_RAM + 1u);
        break;
    case CALL_NOWHERE:
        call(0x70000001u);
        break;
    case CALL_PAST_FLASH:
        call(FAKE_FLASH_END + 1u);
        break;
    case UNKNOWN_PERIPHERAL:
        write_at(0x4000fc00u);
        break;
    case READ_OUTSIDE_BLOCK:
        read_at(FAKE_UART + 0x400u);
        break;
    case UNALIGNED_HALF:
        write_half_at((uint32_t)arena + 1u);
        break;
    case UNALIGNED_READ:
        read_at(FAKE_RAM + 1u);
        break;
    case READ_PAST_RAM:
        read_at(FAKE_RAM_END - 2u);
        break;
    case WRITE_PAST_RAM:
        write_at(FAKE_RAM_END - 2u);
        break;
    default:
        break;
    }
}

static void compute(const int8_t *input, int8_t *output)
{
    for (uint32_t i = 0; i < FAKE_OUTPUT0_BYTES; i++) {
        output[i] = (int8_t)(3 * input[i % FAKE_INPUT0_BYTES] + (int8_t)i);
    }
}

int fake_run(void *arena, const int8_t *input, int8_t *output)
{
    volatile uint32_t zero = 0u;
    switch (input[0]) {
    case COMPUTE:
        compute(input, output);
        break;
    case FAIL:
        return -3;
    case HANG:
        for (;;) {
            zero = zero;
        }
    case DIVIDE:
        output[0] = (int8_t)(100 / input[1]);
        break;
    case WRITE_STATIC:
        write_static();
        break;
    case DEEP_STACK: {
        volatile uint8_t deep[1000];
        for (uint32_t i = 0; i < sizeof deep; i++) {
            deep[i] = 1u;
        }
        break;
    }
    case LOOP:
        loop();
        break;
    default:
        access(input[0], arena);
        trap(input[0]);
        break;
    }
    return 0;
}
