/* STM32 USART of the first kind (F1, F2, F4).
 * Source: ST RM0090, section 30.6, USART registers.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define USART_SR (BOARD_UART_BASE + 0x00u)
#define USART_DR (BOARD_UART_BASE + 0x04u)
#define USART_BRR (BOARD_UART_BASE + 0x08u)
#define USART_CR1 (BOARD_UART_BASE + 0x0cu)

#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_UE (1u << 13)

void uart_init(void)
{
    *reg32(USART_BRR) = BOARD_UART_DIVISOR;
    *reg32(USART_CR1) = CR1_UE | CR1_TE | CR1_RE;
}

uint8_t uart_getc(void)
{
    while ((*reg32(USART_SR) & SR_RXNE) == 0u) {
    }
    return (uint8_t)(*reg32(USART_DR) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(USART_SR) & SR_TXE) == 0u) {
    }
    *reg32(USART_DR) = byte;
}
