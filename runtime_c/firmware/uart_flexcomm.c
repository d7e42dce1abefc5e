/* Flexcomm of NXP's LPC as a USART. BOARD_UART_DIVISOR counts 13 clocks of the port.
 * Source: NXP LPC55S6x User Manual (UM11126), chapters Flexcomm and USART.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define USART_CFG (BOARD_UART_BASE + 0x000u)
#define USART_BRG (BOARD_UART_BASE + 0x020u)
#define USART_OSR (BOARD_UART_BASE + 0x028u)
#define USART_FIFOCFG (BOARD_UART_BASE + 0xe00u)
#define USART_FIFOSTAT (BOARD_UART_BASE + 0xe04u)
#define USART_FIFOWR (BOARD_UART_BASE + 0xe20u)
#define USART_FIFORD (BOARD_UART_BASE + 0xe30u)
#define FLEXCOMM_PSELID (BOARD_UART_BASE + 0xff8u)

#define PSELID_USART 1u
#define CFG_ENABLE (1u << 0)
#define CFG_8_BITS (1u << 2)
#define OSR_13_SAMPLES 12u
#define FIFOCFG_ENABLE_BOTH 3u
#define FIFOSTAT_TXNOTFULL (1u << 5)
#define FIFOSTAT_RXNOTEMPTY (1u << 6)

void uart_init(void)
{
    *reg32(FLEXCOMM_PSELID) = PSELID_USART;
    *reg32(USART_OSR) = OSR_13_SAMPLES;
    *reg32(USART_BRG) = BOARD_UART_DIVISOR - 1u;
    *reg32(USART_FIFOCFG) = FIFOCFG_ENABLE_BOTH;
    *reg32(USART_CFG) = CFG_ENABLE | CFG_8_BITS;
}

uint8_t uart_getc(void)
{
    while ((*reg32(USART_FIFOSTAT) & FIFOSTAT_RXNOTEMPTY) == 0u) {
    }
    return (uint8_t)(*reg32(USART_FIFORD) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(USART_FIFOSTAT) & FIFOSTAT_TXNOTFULL) == 0u) {
    }
    *reg32(USART_FIFOWR) = byte;
}
