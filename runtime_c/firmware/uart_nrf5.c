/* Nordic UART of the nRF51 and nRF52.
 * Source: Nordic nRF51 Series Reference Manual v3.0, UART; nRF52840 Product
 * Specification v1.7, UART.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define UART_STARTRX (BOARD_UART_BASE + 0x000u)
#define UART_STARTTX (BOARD_UART_BASE + 0x008u)
#define UART_RXDRDY (BOARD_UART_BASE + 0x108u)
#define UART_TXDRDY (BOARD_UART_BASE + 0x11cu)
#define UART_ENABLE (BOARD_UART_BASE + 0x500u)
#define UART_PSELTXD (BOARD_UART_BASE + 0x50cu)
#define UART_PSELRXD (BOARD_UART_BASE + 0x514u)
#define UART_RXD (BOARD_UART_BASE + 0x518u)
#define UART_TXD (BOARD_UART_BASE + 0x51cu)
#define UART_BAUDRATE (BOARD_UART_BASE + 0x524u)

#define ENABLE_UART 4u

void uart_init(void)
{
    *reg32(UART_PSELTXD) = BOARD_UART_TX_PIN;
    *reg32(UART_PSELRXD) = BOARD_UART_RX_PIN;
    *reg32(UART_BAUDRATE) = BOARD_UART_DIVISOR;
    *reg32(UART_ENABLE) = ENABLE_UART;
    *reg32(UART_RXDRDY) = 0u;
    *reg32(UART_STARTRX) = 1u;
    *reg32(UART_STARTTX) = 1u;
}

uint8_t uart_getc(void)
{
    while (*reg32(UART_RXDRDY) == 0u) {
    }
    /* The event is cleared before the byte is taken: the next one in the FIFO raises it again. */
    *reg32(UART_RXDRDY) = 0u;
    return (uint8_t)(*reg32(UART_RXD) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    *reg32(UART_TXDRDY) = 0u;
    *reg32(UART_TXD) = byte;
    while (*reg32(UART_TXDRDY) == 0u) {
    }
}
