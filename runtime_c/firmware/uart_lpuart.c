/* LPUART of NXP's i.MX RT and MCX. BOARD_UART_DIVISOR counts 13 clocks of the port.
 * Source: NXP i.MX RT1060 Processor Reference Manual (IMXRT1060RM), LPUART memory map.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define LPUART_BAUD (BOARD_UART_BASE + 0x10u)
#define LPUART_STAT (BOARD_UART_BASE + 0x14u)
#define LPUART_CTRL (BOARD_UART_BASE + 0x18u)
#define LPUART_DATA (BOARD_UART_BASE + 0x1cu)

#define BAUD_13_SAMPLES (12u << 24)
#define STAT_OR (1u << 19)
#define STAT_RDRF (1u << 21)
#define STAT_TDRE (1u << 23)
#define CTRL_RE (1u << 18)
#define CTRL_TE (1u << 19)

void uart_init(void)
{
    *reg32(LPUART_CTRL) = 0u;
    *reg32(LPUART_BAUD) = BAUD_13_SAMPLES | BOARD_UART_DIVISOR;
    *reg32(LPUART_CTRL) = CTRL_TE | CTRL_RE;
}

uint8_t uart_getc(void)
{
    uint32_t status = *reg32(LPUART_STAT);
    while ((status & STAT_RDRF) == 0u) {
        /* Nothing more is received until an overrun is acknowledged. */
        if ((status & STAT_OR) != 0u) {
            *reg32(LPUART_STAT) = STAT_OR;
        }
        status = *reg32(LPUART_STAT);
    }
    return (uint8_t)(*reg32(LPUART_DATA) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(LPUART_STAT) & STAT_TDRE) == 0u) {
    }
    *reg32(LPUART_DATA) = byte;
}
