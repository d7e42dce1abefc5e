/* Measure one run of the model: ticks between two calls, and the deepest stack. */
#include "bench.h"

#include "registers.h"
#include "timer.h"

#define PAINT 0xa5c3965au

/* Defined by the linker script: the stack may grow down to here. */
extern uint32_t __stack_limit[];

static uint32_t begin_ticks;
static uint32_t end_ticks;
static uint32_t stack_base;
static uint32_t stack_lowest;

void bench_begin(void)
{
    begin_ticks = timer_ticks();
}

void bench_end(void)
{
    end_ticks = timer_ticks();
}

uint32_t bench_ticks(void)
{
    return end_ticks - begin_ticks;
}

/* Whatever this function itself keeps on the stack stands at its stack pointer or above. */
__attribute__((noinline)) void stack_paint(uint32_t caller)
{
    stack_base = caller;
    const uint32_t end = stack_pointer();
    for (uint32_t word = (uint32_t)__stack_limit; word < end; word += 4u) {
        *reg32(word) = PAINT;
    }
}

void stack_measure(void)
{
    stack_lowest = (uint32_t)__stack_limit;
    while (stack_lowest < stack_base && *reg32(stack_lowest) == PAINT) {
        stack_lowest += 4u;
    }
}

uint32_t stack_used(void)
{
    return stack_base - stack_lowest;
}

int stack_overflowed(void)
{
    return stack_lowest == (uint32_t)__stack_limit;
}
