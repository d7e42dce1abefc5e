/* A pair of timer counters of the SAM D21 as one of 32 bits.
 * Source: Microchip SAM D21 data sheet (DS40001882), TC in 32-bit mode, and 14.3 read requests.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define TC_CTRLA_READREQ (BOARD_TIMER_BASE + 0x00u)
#define TC_COUNT (BOARD_TIMER_BASE + 0x10u)

/* CTRLA is the low half of the word, READREQ the high one. */
#define CTRLA_ENABLE (1u << 1)
#define CTRLA_COUNT32 (2u << 2)
#define READREQ_COUNT_ON_AND_ON ((0x8000u | 0x4000u | 0x10u) << 16)

void timer_init(void)
{
    *reg32(TC_CTRLA_READREQ) = CTRLA_ENABLE | CTRLA_COUNT32;
    *reg32(TC_CTRLA_READREQ) = CTRLA_ENABLE | CTRLA_COUNT32 | READREQ_COUNT_ON_AND_ON;
}

uint32_t timer_ticks(void)
{
    return *reg32(TC_COUNT);
}
