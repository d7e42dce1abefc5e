/* Arm CMSDK APB UART of the MPS2 and MPS3 boards.
 * Source: Arm Cortex-M System Design Kit TRM (DDI0479), APB UART.
 */
#include "uart.h"

#include "board.h"
#include "registers.h"

#define UART_DATA (BOARD_UART_BASE + 0x00u)
#define UART_STATE (BOARD_UART_BASE + 0x04u)
#define UART_CTRL (BOARD_UART_BASE + 0x08u)
#define UART_BAUDDIV (BOARD_UART_BASE + 0x10u)

#define STATE_TX_FULL (1u << 0)
#define STATE_RX_FULL (1u << 1)
#define CTRL_TX_ENABLE (1u << 0)
#define CTRL_RX_ENABLE (1u << 1)

void uart_init(void)
{
    *reg32(UART_BAUDDIV) = BOARD_UART_DIVISOR;
    *reg32(UART_CTRL) = CTRL_TX_ENABLE | CTRL_RX_ENABLE;
}

uint8_t uart_getc(void)
{
    while ((*reg32(UART_STATE) & STATE_RX_FULL) == 0u) {
    }
    return (uint8_t)(*reg32(UART_DATA) & 0xffu);
}

void uart_putc(uint8_t byte)
{
    while ((*reg32(UART_STATE) & STATE_TX_FULL) != 0u) {
    }
    *reg32(UART_DATA) = byte;
}
