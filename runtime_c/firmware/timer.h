/* The timer of the test firmware: a free-running 32-bit count of BOARD_TIMER_HZ ticks per second. */
#ifndef TIMER_H
#define TIMER_H

#include <stdint.h>

/* Start the count. */
void timer_init(void);

/* Give the ticks since some fixed moment, modulo 2^32: differences are exact below 2^32 ticks. */
uint32_t timer_ticks(void);

#endif
