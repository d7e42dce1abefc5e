/* TIMER0 of Nordic's nRF51, 32 bits at 16 MHz.
 * Source: Nordic nRF51 Series Reference Manual v3.0, TIMER.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define TIMER_START (BOARD_TIMER_BASE + 0x000u)
#define TIMER_CLEAR (BOARD_TIMER_BASE + 0x00cu)
#define TIMER_CAPTURE0 (BOARD_TIMER_BASE + 0x040u)
#define TIMER_MODE (BOARD_TIMER_BASE + 0x504u)
#define TIMER_BITMODE (BOARD_TIMER_BASE + 0x508u)
#define TIMER_PRESCALER (BOARD_TIMER_BASE + 0x510u)
#define TIMER_CC0 (BOARD_TIMER_BASE + 0x540u)

#define MODE_TIMER 0u
#define BITMODE_32 3u

void timer_init(void)
{
    *reg32(TIMER_MODE) = MODE_TIMER;
    *reg32(TIMER_BITMODE) = BITMODE_32;
    *reg32(TIMER_PRESCALER) = 0u;
    *reg32(TIMER_CLEAR) = 1u;
    *reg32(TIMER_START) = 1u;
}

uint32_t timer_ticks(void)
{
    *reg32(TIMER_CAPTURE0) = 1u;
    return *reg32(TIMER_CC0);
}
