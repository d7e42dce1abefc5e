/* SCI of Renesas' RA6. The low byte of BOARD_UART_DIVISOR is BRR, which counts 8 clocks less one; the
 * high byte is MDDR, the 256ths of that rate.
 * Source: Renesas RA6M5 Group User's Manual: Hardware (R01UH0891), 30.2 SCI registers.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define SCI_SMR (BOARD_UART_BASE + 0x00u)
#define SCI_BRR (BOARD_UART_BASE + 0x01u)
#define SCI_SCR (BOARD_UART_BASE + 0x02u)
#define SCI_TDR (BOARD_UART_BASE + 0x03u)
#define SCI_SSR (BOARD_UART_BASE + 0x04u)
#define SCI_RDR (BOARD_UART_BASE + 0x05u)
#define SCI_SEMR (BOARD_UART_BASE + 0x07u)
#define SCI_MDDR (BOARD_UART_BASE + 0x12u)

#define SCR_RE (1u << 4)
#define SCR_TE (1u << 5)
#define SSR_ERRORS (7u << 3)
#define SSR_RDRF (1u << 6)
#define SSR_TDRE (1u << 7)
#define SEMR_BRME (1u << 2)
#define SEMR_ABCS (1u << 4)
#define SEMR_BGDM (1u << 6)

void uart_init(void)
{
    *reg8(SCI_SCR) = 0u;
    *reg8(SCI_SMR) = 0u;
    *reg8(SCI_SEMR) = SEMR_BGDM | SEMR_ABCS | SEMR_BRME;
    *reg8(SCI_BRR) = (uint8_t)(BOARD_UART_DIVISOR & 0xffu);
    *reg8(SCI_MDDR) = (uint8_t)(BOARD_UART_DIVISOR >> 8);
    *reg8(SCI_SCR) = SCR_TE | SCR_RE;
}

uint8_t uart_getc(void)
{
    uint32_t status = *reg8(SCI_SSR);
    while ((status & SSR_RDRF) == 0u) {
        /* Nothing more is received until errors are cleared; the other flags are kept by ones. */
        if ((status & SSR_ERRORS) != 0u) {
            *reg8(SCI_SSR) = (uint8_t)(~SSR_ERRORS & 0xffu);
        }
        status = *reg8(SCI_SSR);
    }
    const uint8_t byte = *reg8(SCI_RDR);
    *reg8(SCI_SSR) = (uint8_t)(~SSR_RDRF & 0xffu);
    return byte;
}

void uart_putc(uint8_t byte)
{
    while ((*reg8(SCI_SSR) & SSR_TDRE) == 0u) {
    }
    *reg8(SCI_TDR) = byte;
    *reg8(SCI_SSR) = (uint8_t)(~SSR_TDRE & 0xffu);
}
