/* System counter of Arm's SSE-300 subsystem (MPS3 AN547); its low 32 bits are enough here.
 * Source: Arm SSE-123 Example Subsystem TRM (101370), system counter.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define CNTCR (BOARD_TIMER_BASE + 0x0u)
#define CNTCV_LOW (BOARD_TIMER_BASE + 0x8u)

#define CNTCR_ENABLE (1u << 0)

void timer_init(void)
{
    *reg32(CNTCR) = CNTCR_ENABLE;
}

uint32_t timer_ticks(void)
{
    return *reg32(CNTCV_LOW);
}
