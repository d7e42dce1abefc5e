/* Memory-mapped 32-bit registers. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

static inline volatile uint32_t *reg32(uint32_t address)
{
    return (volatile uint32_t *)address;
}

/* Clear and set bits; reading back gives a clock that was just switched on time to start. */
static inline void reg32_update(uint32_t address, uint32_t clear, uint32_t set)
{
    *reg32(address) = (*reg32(address) & ~clear) | set;
    (void)*reg32(address);
}

#endif
