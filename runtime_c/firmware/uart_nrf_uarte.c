/* Nordic UARTE of the nRF53: it moves bytes to and from RAM itself, here one at a time; what arrives
 * meanwhile waits in its FIFO.
 * Source: Nordic nRF5340 Product Specification v1.3, UARTE.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define UARTE_STARTRX (BOARD_UART_BASE + 0x000u)
#define UARTE_STARTTX (BOARD_UART_BASE + 0x008u)
#define UARTE_ENDRX (BOARD_UART_BASE + 0x110u)
#define UARTE_ENDTX (BOARD_UART_BASE + 0x120u)
#define UARTE_ENABLE (BOARD_UART_BASE + 0x500u)
#define UARTE_PSELTXD (BOARD_UART_BASE + 0x50cu)
#define UARTE_PSELRXD (BOARD_UART_BASE + 0x514u)
#define UARTE_BAUDRATE (BOARD_UART_BASE + 0x524u)
#define UARTE_RXD_PTR (BOARD_UART_BASE + 0x534u)
#define UARTE_RXD_MAXCNT (BOARD_UART_BASE + 0x538u)
#define UARTE_TXD_PTR (BOARD_UART_BASE + 0x544u)
#define UARTE_TXD_MAXCNT (BOARD_UART_BASE + 0x548u)

#define ENABLE_UARTE 8u

static volatile uint8_t received;
static volatile uint8_t sent;

void uart_init(void)
{
    *reg32(UARTE_PSELTXD) = BOARD_UART_TX_PIN;
    *reg32(UARTE_PSELRXD) = BOARD_UART_RX_PIN;
    *reg32(UARTE_BAUDRATE) = BOARD_UART_DIVISOR;
    *reg32(UARTE_ENABLE) = ENABLE_UARTE;
    *reg32(UARTE_RXD_PTR) = (uint32_t)&received;
    *reg32(UARTE_RXD_MAXCNT) = 1u;
    *reg32(UARTE_TXD_PTR) = (uint32_t)&sent;
    *reg32(UARTE_TXD_MAXCNT) = 1u;
    *reg32(UARTE_ENDRX) = 0u;
    *reg32(UARTE_STARTRX) = 1u;
}

uint8_t uart_getc(void)
{
    while (*reg32(UARTE_ENDRX) == 0u) {
    }
    const uint8_t byte = received;
    *reg32(UARTE_ENDRX) = 0u;
    *reg32(UARTE_STARTRX) = 1u;
    return byte;
}

void uart_putc(uint8_t byte)
{
    sent = byte;
    *reg32(UARTE_ENDTX) = 0u;
    *reg32(UARTE_STARTTX) = 1u;
    while (*reg32(UARTE_ENDTX) == 0u) {
    }
}
