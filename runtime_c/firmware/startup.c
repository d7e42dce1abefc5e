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
typedef struct {
    const void *from;
    uint8_t *to;
    uint8_t *end;
} section_copy;

extern const section_copy __copies_start[];
extern const section_copy __copies_end[];
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

/* Bits of a register to clear, then to set. */
typedef struct {
    uint32_t address;
    uint32_t clear;
    uint32_t set;
} register_update;

extern const register_update board_updates[];

__attribute__((used)) const register_update board_updates[] = BOARD_UPDATES;

/* Takes the board's updates in registers alone, because the stack's memory may need them. Then sets
 * the stack limit and switches the coprocessors CP10 and CP11 (FPU, MVE) on before any
 * compiled code runs, which may use them. A core without them ignores the write.
 * Source: Armv8-M Architecture Reference Manual (DDI0553), CPACR and MSPLIM.
 */
__attribute__((naked)) void Reset_Handler(void)
{
    __asm__ volatile(".syntax unified      \n"
                     "ldr  r0, =board_updates \n"
                     "1:                   \n"
                     "ldmia r0!, {r1, r2, r3} \n"
                     "cmp  r1, #0          \n"
                     "beq  2f              \n"
                     "ldr  r4, [r1]        \n"
                     "bics r4, r2          \n"
                     "orrs r4, r3          \n"
                     "str  r4, [r1]        \n"
                     "b    1b              \n"
                     "2:                   \n"
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

/* Variables with their first values and, on boards with a memory for it, code. */
static void copy_sections(void)
{
    for (const section_copy *copy = __copies_start; copy < __copies_end; ++copy) {
        memcpy(copy->to, copy->from, (uint32_t)(copy->end - copy->to));
    }
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

__attribute__((noreturn)) void firmware_start(void)
{
    trap_undefined_behaviour();
    board_setup();
    copy_sections();
    memset(__bss_start, 0, (uint32_t)__bss_end - (uint32_t)__bss_start);
    clock_start();
    (void)main();
    for (;;) {
    }
}
