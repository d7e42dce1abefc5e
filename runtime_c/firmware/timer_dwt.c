/* Core cycles from the DWT unit of silicon Cortex-M3 and later; QEMU does not model it.
 * Source: Armv7-M Architecture Reference Manual (DDI0403), chapter C1, DWT; the lock of the
 * Cortex-M7's is CoreSight's LAR.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define DEMCR 0xe000edfcu
#define DWT_CTRL (BOARD_TIMER_BASE + 0x000u)
#define DWT_CYCCNT (BOARD_TIMER_BASE + 0x004u)
#define DWT_LAR (BOARD_TIMER_BASE + 0xfb0u)

#define DEMCR_TRCENA (1u << 24)
#define CTRL_CYCCNTENA (1u << 0)
#define LAR_KEY 0xc5acce55u

void timer_init(void)
{
    *reg32(DEMCR) |= DEMCR_TRCENA;
    *reg32(DWT_LAR) = LAR_KEY;
    *reg32(DWT_CYCCNT) = 0u;
    *reg32(DWT_CTRL) |= CTRL_CYCCNTENA;
}

uint32_t timer_ticks(void)
{
    return *reg32(DWT_CYCCNT);
}
