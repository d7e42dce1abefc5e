/* TIM2 of an STM32: 32 bits, counting up at the core's clock after reset. QEMU models it.
 * Source: ST RM0090, section 18.4, TIM2 to TIM5 registers.
 */
#include "timer.h"

#include "board.h"
#include "registers.h"

#define TIM_CR1 (BOARD_TIMER_BASE + 0x00u)
#define TIM_CNT (BOARD_TIMER_BASE + 0x24u)

#define CR1_CEN (1u << 0)

void timer_init(void)
{
    *reg32(TIM_CR1) = CR1_CEN;
}

uint32_t timer_ticks(void)
{
    return *reg32(TIM_CNT);
}
