/* Arm PrimeCell UART. BOARD_UART_DIVISOR counts 1/64 of 16 bit times, BOARD_UART_CONTROL are bits of
 * the control register that the chip's maker has added.
 * Source: Arm PrimeCell UART (PL011) Technical Reference Manual (DDI0183), chapter 3.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define UART_DR (BOARD_UART_BASE + 0x00u)
#define UART_FR (BOARD_UART_BASE + 0x18u)
#define UART_IBRD (BOARD_UART_BASE + 0x24u)
#define UART_FBRD (BOARD_UART_BASE + 0x28u)
#define UART_LCR_H (BOARD_UART_BASE + 0x2cu)
#define UART_CR (BOARD_UART_BASE + 0x30u)

#ifndef BOARD_UART_CONTROL
#define BOARD_UART_CONTROL 0u
#endif

#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define LCR_H_FEN (1u << 4)
#define LCR_H_8_BITS (3u << 5)
#define CR_UARTEN (1u << 0)
#define CR_TXE (1u << 8)
#define CR_RXE (1u << 9)

void uart_init(void)
{
    const uint32_t divisor = BOARD_UART_DIVISOR;
    *reg32(UART_CR) = BOARD_UART_CONTROL;
    *reg32(UART_IBRD) = divisor >> 6;
    *reg32(UART_FBRD) = divisor & 63u;
    /* Writing the line control takes the divisor over. */
    *reg32(UART_LCR_H) = LCR_H_8_BITS | LCR_H_FEN;
    *reg32(UART_CR) = BOARD_UART_CONTROL | CR_UARTEN | CR_TXE | CR_RXE;
}

uint8_t uart_getc(void)
{
    while ((*reg32(UART_FR) & FR_RXFE) != 0u) {
    }
    return (uint8_t)(*reg32(UART_DR) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(UART_FR) & FR_TXFF) != 0u) {
    }
    *reg32(UART_DR) = byte;
}
