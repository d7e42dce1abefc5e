/* Tell which fault stopped the core and where: `FAULT cfsr=.. hfsr=.. bfar=.. pc=.. lr=..`. */
#include "fault.h"

#include <stdint.h>

#include "board.h"
#include "line.h"
#include "registers.h"
#include "uart.h"

/* Source: Armv7-M Architecture Reference Manual (DDI0403), section B3.2. */
#define SCB_CFSR 0xe000ed28u
#define SCB_HFSR 0xe000ed2cu
#define SCB_BFAR 0xe000ed38u

__attribute__((used)) void fault_report(uint32_t pc, uint32_t lr);

/* Reads pc and lr from the exception frame if it lies in the stack, then starts a fresh stack,
 * because the fault may be that the old one overflowed.
 * Source: Armv7-M Architecture Reference Manual (DDI0403), section B1.5.6, exception entry.
 */
__attribute__((naked)) void Fault_Handler(void)
{
    __asm__ volatile(".syntax unified      \n"
                     "mov  r2, sp          \n"
                     "movs r0, #0          \n"
                     "movs r1, #0          \n"
                     "ldr  r4, =__stack_top \n"
                     "mov  r3, r4          \n"
                     "subs r3, #32         \n"
                     "cmp  r2, r3          \n"
                     "bhi  1f              \n"
                     "ldr  r3, =__stack_limit \n"
                     "cmp  r2, r3          \n"
                     "blo  1f              \n"
                     "ldr  r0, [r2, #24]   \n"
                     "ldr  r1, [r2, #20]   \n"
                     "1:                   \n"
                     "mov  sp, r4          \n"
                     "ldr  r3, =fault_report \n"
                     "bx   r3              \n"
                     ".ltorg               \n");
}

static void put_register(const char *name, uint32_t value)
{
    line_text(name);
    line_hex32(value);
}

__attribute__((noreturn)) void fault_report(uint32_t pc, uint32_t lr)
{
    uint32_t cfsr = 0u;
    uint32_t hfsr = 0u;
    uint32_t bfar = 0u;
#if __ARM_ARCH_ISA_THUMB >= 2
    cfsr = *reg32(SCB_CFSR);
    hfsr = *reg32(SCB_HFSR);
    bfar = *reg32(SCB_BFAR);
#endif
    uart_init();
    line_begin();
    line_text("FAULT");
    put_register(" cfsr=", cfsr);
    put_register(" hfsr=", hfsr);
    put_register(" bfar=", bfar);
    put_register(" pc=", pc);
    put_register(" lr=", lr);
    line_end();
    for (;;) {
    }
}
