/* Measure one run of the model: ticks between two calls, and the deepest stack. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* Keeps a function and its name as they are, whatever the linker optimizes. */
#if defined(__clang__)
#define BENCH_MARKER __attribute__((noinline, used))
#else
#define BENCH_MARKER __attribute__((noipa, used, externally_visible))
#endif

/* Called immediately before and after the model: instruction counters look for these two. */
BENCH_MARKER void bench_begin(void);
BENCH_MARKER void bench_end(void);

/* Give the timer's ticks between bench_begin and bench_end. */
uint32_t bench_ticks(void);

/* Give the caller's stack pointer. */
static inline uint32_t stack_pointer(void)
{
    uint32_t sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

/* Fill the free stack with a pattern; `caller` is the stack pointer that use is counted from. */
void stack_paint(uint32_t caller);

/* Find out how far down the stack was written since stack_paint. */
void stack_measure(void);

/* Give the bytes below stack_paint's `caller` that stack_measure found written. */
uint32_t stack_used(void);

/* Say whether the lowest word of the stack was found written: it was too small. */
int stack_overflowed(void);

#endif
