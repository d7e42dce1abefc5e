/* SERCOM of SAM D21 and D51 as a USART; the pins are TXPO and RXPO.
 * Source: Microchip SAM D21 (DS40001882) and SAM D5x/E5x (DS60001507) data sheets, SERCOM USART.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define USART_CTRLA (BOARD_UART_BASE + 0x00u)
#define USART_CTRLB (BOARD_UART_BASE + 0x04u)
#define USART_BAUD (BOARD_UART_BASE + 0x0cu)
#define USART_INTFLAG (BOARD_UART_BASE + 0x18u)
#define USART_SYNCBUSY (BOARD_UART_BASE + 0x1cu)
#define USART_DATA (BOARD_UART_BASE + 0x28u)

#define CTRLA_ENABLE (1u << 1)
#define CTRLA_INTERNAL_CLOCK (1u << 2)
#define CTRLA_TXPO(pad) ((pad) << 16)
#define CTRLA_RXPO(pad) ((pad) << 20)
#define CTRLA_LSB_FIRST (1u << 30)
#define CTRLB_TXEN (1u << 16)
#define CTRLB_RXEN (1u << 17)
#define INTFLAG_DRE (1u << 0)
#define INTFLAG_RXC (1u << 2)

static void synchronize(void)
{
    while (*reg32(USART_SYNCBUSY) != 0u) {
    }
}

void uart_init(void)
{
    const uint32_t control = CTRLA_INTERNAL_CLOCK | CTRLA_LSB_FIRST |
                             CTRLA_TXPO(BOARD_UART_TX_PIN) | CTRLA_RXPO(BOARD_UART_RX_PIN);
    *reg32(USART_CTRLA) = control;
    *reg32(USART_BAUD) = BOARD_UART_DIVISOR;
    *reg32(USART_CTRLB) = CTRLB_TXEN | CTRLB_RXEN;
    synchronize();
    *reg32(USART_CTRLA) = control | CTRLA_ENABLE;
    synchronize();
}

uint8_t uart_getc(void)
{
    while ((*reg32(USART_INTFLAG) & INTFLAG_RXC) == 0u) {
    }
    return (uint8_t)(*reg32(USART_DATA) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(USART_INTFLAG) & INTFLAG_DRE) == 0u) {
    }
    *reg32(USART_DATA) = byte;
}
