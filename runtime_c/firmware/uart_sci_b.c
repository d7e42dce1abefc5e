/* SCI_B of Renesas' RA8. The low byte of BOARD_UART_DIVISOR is BRR, which counts 8 clocks less one;
 * the high byte is MDDR, the 256ths of that rate.
 * Source: Renesas RA8M1 Group User's Manual: Hardware (R01UH0994), 30.2 SCI registers.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define SCI_RDR (BOARD_UART_BASE + 0x00u)
#define SCI_TDR (BOARD_UART_BASE + 0x04u)
#define SCI_CCR0 (BOARD_UART_BASE + 0x08u)
#define SCI_CCR1 (BOARD_UART_BASE + 0x0cu)
#define SCI_CCR2 (BOARD_UART_BASE + 0x10u)
#define SCI_CCR3 (BOARD_UART_BASE + 0x14u)
#define SCI_CSR (BOARD_UART_BASE + 0x48u)
#define SCI_CFCLR (BOARD_UART_BASE + 0x68u)

#define CCR0_RE (1u << 0)
#define CCR0_TE (1u << 4)
#define CCR1_TXD_IDLES_HIGH (3u << 4)
#define CCR2_BGDM (1u << 4)
#define CCR2_ABCS (1u << 5)
#define CCR2_BRME (1u << 16)
#define CCR2_BRR(value) (((value)&0xffu) << 8)
#define CCR2_MDDR(value) (((value) >> 8) << 24)
#define CCR3_8_BITS (2u << 8)
#define CCR3_LSB_FIRST (1u << 12)

/* The status and what clears it have the same bits: overrun, parity, framing, room, received. */
#define CSR_ERRORS (1u << 24 | 1u << 27 | 1u << 28)
#define CSR_TDRE (1u << 29)
#define CSR_RDRF (1u << 31)

void uart_init(void)
{
    const uint32_t divisor = BOARD_UART_DIVISOR;
    *reg32(SCI_CCR0) = 0u;
    *reg32(SCI_CCR1) = CCR1_TXD_IDLES_HIGH;
    *reg32(SCI_CCR2) = CCR2_BGDM | CCR2_ABCS | CCR2_BRME | CCR2_BRR(divisor) | CCR2_MDDR(divisor);
    *reg32(SCI_CCR3) = CCR3_8_BITS | CCR3_LSB_FIRST;
    *reg32(SCI_CCR0) = CCR0_TE | CCR0_RE;
}

uint8_t uart_getc(void)
{
    uint32_t status = *reg32(SCI_CSR);
    while ((status & CSR_RDRF) == 0u) {
        /* Nothing more is received until errors are cleared. */
        *reg32(SCI_CFCLR) = status & CSR_ERRORS;
        status = *reg32(SCI_CSR);
    }
    const uint8_t byte = (uint8_t)(*reg32(SCI_RDR) & 0xffu);
    *reg32(SCI_CFCLR) = CSR_RDRF;
    return byte;
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(SCI_CSR) & CSR_TDRE) == 0u) {
    }
    *reg32(SCI_TDR) = byte;
    *reg32(SCI_CFCLR) = CSR_TDRE;
}
