/* Take the steps to the rated clock, and switch on the caches of cores that have some. */
#include "clock.h"

#include "board.h"
#include "registers.h"

/* System control block. Source: Armv7-M Architecture Reference Manual (DDI0403), B3.2 and B2.2. */
#define SCB_CCR 0xe000ed14u
#define SCB_CCSIDR 0xe000ed80u
#define SCB_CSSELR 0xe000ed84u
#define SCB_ICIALLU 0xe000ef50u
#define SCB_DCISW 0xe000ef60u

#define CCR_DC (1u << 16)
#define CCR_IC (1u << 17)

static int is_rated;

#if BOARD_CLOCK_STEPS > 0
static int take(const clock_step *step)
{
    const uint32_t whole = 0xffffffffu >> (32u - 8u * step->nbytes);
    if (step->polls == 0u) {
        const uint32_t kept =
            step->mask == whole ? 0u : reg_read(step->address, step->nbytes) & ~step->mask;
        reg_write(step->address, step->nbytes, kept | step->value);
        return 1;
    }
    for (uint32_t poll = 0u; poll < step->polls; ++poll) {
        if ((reg_read(step->address, step->nbytes) & step->mask) == step->value) {
            return 1;
        }
    }
    return 0;
}

static int take_all(void)
{
    static const clock_step steps[BOARD_CLOCK_STEPS] = BOARD_CLOCK_TABLE;
    for (uint32_t i = 0u; i < BOARD_CLOCK_STEPS; ++i) {
        if (take(&steps[i])) {
            continue;
        }
        if (steps[i].left_out == 0u) {
            return 0;
        }
        i += steps[i].left_out - 1u;
    }
    return 1;
}
#else
static int take_all(void)
{
    return 1;
}
#endif

#if BOARD_HAS_CACHES
static void barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* What the caches hold after power-on is anything: invalidate, then enable. Lines have 32 bytes,
 * the data cache four ways. Source: Arm Cortex-M7 Technical Reference Manual (DDI0489), 5.2.
 */
static void enable_caches(void)
{
    *reg32(SCB_ICIALLU) = 0u;
    barrier();
    *reg32(SCB_CCR) |= CCR_IC;
    barrier();
    if ((*reg32(SCB_CCR) & CCR_DC) != 0u) {
        return; /* a bootloader has done so, and what it holds is valid */
    }
    *reg32(SCB_CSSELR) = 0u;
    barrier();
    const uint32_t sets = (*reg32(SCB_CCSIDR) >> 13) & 0x7fffu;
    for (uint32_t set = 0u; set <= sets; ++set) {
        for (uint32_t way = 0u; way < 4u; ++way) {
            *reg32(SCB_DCISW) = (way << 30) | (set << 5);
        }
    }
    barrier();
    *reg32(SCB_CCR) |= CCR_DC;
    barrier();
}
#endif

void clock_start(void)
{
#if BOARD_HAS_CACHES
    enable_caches();
#endif
    is_rated = take_all();
}

int clock_is_rated(void)
{
    return is_rated;
}
