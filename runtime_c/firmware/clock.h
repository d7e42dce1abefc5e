/* Bring the core from its reset clock to its rated one, by the steps in board.h. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* One access to a register of `nbytes` bytes. Without `polls`: the bits of `mask` become those of
 * `value`; a full mask writes the register without reading it. With `polls`: wait until these bits
 * are those of `value`, and read the register so often at most; where that is in vain `left_out` - 1
 * of the next steps are left out, or all where it is 0.
 */
typedef struct {
    uint32_t address;
    uint16_t nbytes;
    uint16_t left_out;
    uint32_t mask;
    uint32_t value;
    uint32_t polls;
} clock_step;

/* Take all steps and switch the caches on; stop at such a wait that is in vain: the core then still
 * runs at its reset clock.
 */
void clock_start(void);

/* Say whether all steps were taken. */
int clock_is_rated(void);

#endif
