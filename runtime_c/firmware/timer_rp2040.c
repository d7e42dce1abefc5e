/* The microsecond timer of the RP2040, whose tick the watchdog makes from the crystal.
 * Source: RP2040 Datasheet, 4.6 Timer and 4.7.2 Tick generation.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define TIMER_TIMERAWL (BOARD_TIMER_BASE + 0x28u)

void timer_init(void)
{
    /* It runs once its tick does. */
}

uint32_t timer_ticks(void)
{
    return *reg32(TIMER_TIMERAWL);
}
