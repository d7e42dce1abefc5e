/* Carries out the steps of a request on a Cortex-M55 of QEMU's mps3-an547, for emulated.py.
 *
 * The request is in memory when the core starts: from STEPS on, a command, the number of its
 * operands and these, all words. What is read goes to standard output; the exit status is 0 unless
 * there was a fault or a kernel changed what it must preserve.
 */
#include <stdint.h>

#define STEPS 0x31000000u
#define STACK_TOP 0x30080000u

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT_EXTENDED = 0x20 };
enum { END, WRITE, CALL, READ };

void reset(void);
void fault(void);
void carry_out(void);
void call(uint32_t function, const uint32_t *words, uint32_t count);

__attribute__((used, section(".vectors"))) const uintptr_t vectors[16] = {
    STACK_TOP,        (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};

static uint32_t semihost(uint32_t operation, const void *block)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void leave(uint32_t status)
{
    const uint32_t block[] = {0x20026u, status};
    for (;;) {
        (void)semihost(SYS_EXIT_EXTENDED, block);
    }
}

void fault(void)
{
    leave(101);
}

/* Switches the coprocessors that MVE belongs to on, before any compiled code runs. */
__attribute__((naked)) void reset(void)
{
    __asm__("ldr r0, =0xe000ed88\n\t"
            "mov r1, #0x00f00000\n\t"
            "str r1, [r0]\n\t"
            "dsb\n\t"
            "isb\n\t"
            "b carry_out\n\t"
            ".ltorg");
}

/* Calls `function` with `count` >= 4 words: four in registers, the rest on the stack. A function that
 * leaves the stack pointer, r4 to r11 or d8 to d15 changed is a fault.
 */
__attribute__((naked)) void call(uint32_t function __attribute__((unused)),
                                 const uint32_t *words __attribute__((unused)),
                                 uint32_t count __attribute__((unused)))
{
    __asm__("push {r3-r11, lr}\n\t"
            "vpush {d8-d15}\n\t"
            "mov r4, r0\n\t"
            "mov r5, sp\n\t"
            "add r2, r1, r2, lsl #2\n\t"
            "add r6, r1, #16\n\t"
            "sub r3, r2, r6\n\t"
            "lsls r3, r3, #29\n\t"
            "it mi\n\t"
            "submi sp, sp, #4\n"
            "1:\tcmp r2, r6\n\t"
            "beq 2f\n\t"
            "ldr r3, [r2, #-4]!\n\t"
            "push {r3}\n\t"
            "b 1b\n"
            "2:\tmov r6, sp\n\t"
            ".irp number, 7, 8, 9, 10, 11\n\t"
            "mov r\\number, #\\number\n\t"
            ".endr\n\t"
            ".irp number, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
            "vmov d\\number, r7, r6\n\t"
            ".endr\n\t"
            "ldm r1, {r0-r3}\n\t"
            "blx r4\n\t"
            "mov r3, sp\n\t"
            "cmp r3, r6\n\t"
            "bne fault\n\t"
            ".irp number, 7, 8, 9, 10, 11\n\t"
            "cmp r\\number, #\\number\n\t"
            "bne fault\n\t"
            ".endr\n\t"
            ".irp number, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
            "vmov r0, r1, d\\number\n\t"
            "cmp r0, r7\n\t"
            "bne fault\n\t"
            "cmp r1, r6\n\t"
            "bne fault\n\t"
            ".endr\n\t"
            "mov sp, r5\n\t"
            "vpop {d8-d15}\n\t"
            "pop {r3-r11, pc}");
}

void carry_out(void)
{
    static const char console[] = ":tt";
    const uintptr_t name[] = {(uintptr_t)console, 4, sizeof console - 1};
    const uint32_t output = semihost(SYS_OPEN, name);
    const uint32_t *step = (const uint32_t *)STEPS;
    for (; step[0] != END; step += 2 + step[1]) {
        const uint32_t *const operands = step + 2;
        if (step[0] == WRITE) {
            volatile uint8_t *to = (volatile uint8_t *)operands[0];
            const uint8_t *from = (const uint8_t *)operands[1];
            for (uint32_t i = 0; i < operands[2]; i++) {
                to[i] = from[i];
            }
        } else if (step[0] == CALL) {
            call(operands[0], operands + 1, step[1] - 1);
        } else {
            const uint32_t block[] = {output, operands[0], operands[1]};
            (void)semihost(SYS_WRITE, block);
        }
    }
    leave(0);
}
