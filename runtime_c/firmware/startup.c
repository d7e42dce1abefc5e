/* From reset to main, and from a fault to one line on the serial port; for every Cortex-M. */
#include <stdint.h>
#include <string.h>

#include "board.h"
#include "clock.h"
#include "fault.h"
#include "registers.h"

/* System control block. Source: Armv7-M Architecture Reference Manual (DDI0403), section B3.2. */
#define SCB_VTOR 0xe000ed08u
#define SCB_CCR 0xe000ed14u

#define CCR_UNALIGN_TRP (1u << 3)
#define CCR_DIV_0_TRP (1u << 4)

#define SYSTEM_HANDLERS 15

/* Defined by the linker script. */
extern uint32_t __data_load[];
extern uint32_t __data_start[];
extern uint32_t __data_end[];
extern uint32_t __bss_start[];
extern uint32_t __bss_end[];
extern uint32_t __stack_top[];

int main(void);
void Reset_Handler(void);
__attribute__((used)) void firmware_start(void);

/* The first words of the program: the initial stack pointer and the system handlers. */
typedef struct {
    uint32_t *stack_top;
    void (*handlers[SYSTEM_HANDLERS])(void);
} vector_table;

extern const vector_table vectors;

/* Reserved vectors are 0: the ROM of NXP's LPC and MCX reads there that this is a plain image. */
__attribute__((used, section(".vectors"))) const vector_table vectors = {
    __stack_top,
    {Reset_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler,
     Fault_Handler, 0, 0, 0, Fault_Handler, Fault_Handler, 0, Fault_Handler, Fault_Handler},
};

/* Sets the stack limit and switches the coprocessors CP10 and CP11 (FPU, MVE) on before any
 * compiled code runs, which may use them. A core without them ignores the write.
 * Source: Armv8-M Architecture Reference Manual (DDI0553), CPACR and MSPLIM.
 */
__attribute__((naked)) void Reset_Handler(void)
{
    __asm__ volatile(".syntax unified      \n"
#if __ARM_ARCH_ISA_THUMB >= 2
                     "ldr  r0, =0xe000ed88 \n"
                     "ldr  r1, [r0]        \n"
                     "orr  r1, #0x00f00000 \n"
                     "str  r1, [r0]        \n"
                     "dsb                  \n"
                     "isb                  \n"
#endif
#if __ARM_ARCH >= 8 && __ARM_ARCH_ISA_THUMB >= 2
                     "ldr  r0, =__stack_limit \n"
                     "msr  msplim, r0      \n"
#endif
                     "ldr  r0, =__stack_top \n"
                     "mov  sp, r0          \n"
                     "ldr  r0, =firmware_start \n"
                     "bx   r0              \n"
                     ".ltorg               \n");
}

static void trap_undefined_behaviour(void)
{
#if __ARM_ARCH_ISA_THUMB >= 2
    *reg32(SCB_VTOR) = (uint32_t)&vectors;
    *reg32(SCB_CCR) |= CCR_DIV_0_TRP;
#if BOARD_TRAP_UNALIGNED
    *reg32(SCB_CCR) |= CCR_UNALIGN_TRP;
#endif
#endif
}

__attribute__((noreturn)) void firmware_start(void)
{
    trap_undefined_behaviour();
    board_setup();
    memcpy(__data_start, __data_load, (uint32_t)__data_end - (uint32_t)__data_start);
    memset(__bss_start, 0, (uint32_t)__bss_end - (uint32_t)__bss_start);
    clock_start();
    (void)main();
    for (;;) {
    }
}
