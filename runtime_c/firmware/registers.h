/* Memory-mapped registers of 8, 16 and 32 bits. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

static inline volatile uint32_t *reg32(uint32_t address)
{
    return (volatile uint32_t *)address;
}

static inline volatile uint16_t *reg16(uint32_t address)
{
    return (volatile uint16_t *)address;
}

static inline volatile uint8_t *reg8(uint32_t address)
{
    return (volatile uint8_t *)address;
}

/* Read a register of 1, 2 or 4 bytes. */
static inline uint32_t reg_read(uint32_t address, uint32_t nbytes)
{
    return nbytes == 4u ? *reg32(address) : nbytes == 2u ? *reg16(address) : *reg8(address);
}

/* Write a register of 1, 2 or 4 bytes. */
static inline void reg_write(uint32_t address, uint32_t nbytes, uint32_t value)
{
    if (nbytes == 4u) {
        *reg32(address) = value;
    } else if (nbytes == 2u) {
        *reg16(address) = (uint16_t)value;
    } else {
        *reg8(address) = (uint8_t)value;
    }
}

/* Clear and set bits; reading back gives a clock that was just switched on time to start. */
static inline void reg_update(uint32_t address, uint32_t nbytes, uint32_t clear, uint32_t set)
{
    reg_write(address, nbytes, (reg_read(address, nbytes) & ~clear) | set);
    (void)reg_read(address, nbytes);
}

#endif
