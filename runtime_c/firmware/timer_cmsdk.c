/* Arm CMSDK APB timer, 32 bits, counting down, of the MPS2 boards.
 * Source: Arm Cortex-M System Design Kit TRM (DDI0479), APB timer.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define TIMER_CTRL (BOARD_TIMER_BASE + 0x00u)
#define TIMER_VALUE (BOARD_TIMER_BASE + 0x04u)
#define TIMER_RELOAD (BOARD_TIMER_BASE + 0x08u)

#define CTRL_ENABLE (1u << 0)

void timer_init(void)
{
    *reg32(TIMER_CTRL) = 0u;
    *reg32(TIMER_RELOAD) = 0xffffffffu;
    *reg32(TIMER_VALUE) = 0xffffffffu;
    *reg32(TIMER_CTRL) = CTRL_ENABLE;
}

uint32_t timer_ticks(void)
{
    return 0u - *reg32(TIMER_VALUE);
}
