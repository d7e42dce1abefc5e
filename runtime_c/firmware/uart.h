/* The serial port of the test firmware: one driver per kind of UART, polled, 115200 baud 8N1. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

/* Make the port ready; the startup code has switched its clock and pins on. */
void uart_init(void);

/* Wait for one byte and give it. */
uint8_t uart_getc(void);

/* Wait until one byte can be taken, and send it. */
void uart_putc(uint8_t byte);

#endif
