/* STM32 USART of the second kind (F0, F3, F7, H7, L4) and its LPUART, which differ in BRR only.
 * Source: ST RM0385, USART registers; ST RM0432, LPUART registers.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define USART_CR1 (BOARD_UART_BASE + 0x00u)
#define USART_BRR (BOARD_UART_BASE + 0x0cu)
#define USART_ISR (BOARD_UART_BASE + 0x1cu)
#define USART_ICR (BOARD_UART_BASE + 0x20u)
#define USART_RDR (BOARD_UART_BASE + 0x24u)
#define USART_TDR (BOARD_UART_BASE + 0x28u)

#define CR1_UE (1u << 0)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define ISR_ORE (1u << 3)
#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)

void uart_init(void)
{
    *reg32(USART_CR1) = 0u;
    *reg32(USART_BRR) = BOARD_UART_DIVISOR;
    *reg32(USART_CR1) = CR1_UE | CR1_TE | CR1_RE;
}

uint8_t uart_getc(void)
{
    uint32_t status = *reg32(USART_ISR);
    while ((status & ISR_RXNE) == 0u) {
        if ((status & ISR_ORE) != 0u) {
            *reg32(USART_ICR) = ISR_ORE;
        }
        status = *reg32(USART_ISR);
    }
    return (uint8_t)(*reg32(USART_RDR) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(USART_ISR) & ISR_TXE) == 0u) {
    }
    *reg32(USART_TDR) = byte;
}
