/* What functions of assembly are made with. */
#ifndef TE_ASSEMBLY_H
#define TE_ASSEMBLY_H

#include <stddef.h>

/* A function of assembly alone: no code before and after it, arguments in r0 to r3. The compiler
 * must not look into it for the registers that it leaves alone.
 */
#if defined(__clang__)
#define TE_NAKED __attribute__((naked, noinline, unused))
#else
#define TE_NAKED __attribute__((naked, noipa, unused))
#endif

/* The value of a macro as text: a number of the C code as an operand. */
#define TE_TEXT(value) TE_TEXT_OF(value)
#define TE_TEXT_OF(value) #value

/* Holds the offset that assembly reads a member at to where the compiler puts it. */
#define TE_HOLD(type, member, offset)                                                              \
    _Static_assert(offsetof(type, member) == (offset), "assembly reads " #member " at " #offset)

#endif
