/* Ask the emulator for the command line, and end it with an exit code. Emulated boards only.
 * Source: Arm Semihosting for AArch32 and AArch64, sections 6.7 and 6.9.
 */
#include "semihost.h"

#define SYS_GET_CMDLINE 0x15u
#define SYS_EXIT_EXTENDED 0x20u
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

#define COMMAND_LINE_BYTES 256u

static uint32_t semihost_call(uint32_t operation, uint32_t *arguments)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static int is_separator(char c)
{
    return c == ' ' || c == '\0';
}

/* Compare `word` with what stands at `text` up to a separator; set `*end` behind it. */
static int word_at(const char *text, const char *word, const char **end)
{
    int same = 1;
    for (; !is_separator(*text); ++text) {
        same = same && *word == *text;
        word += *word != '\0' ? 1 : 0;
    }
    *end = text;
    return same && *word == '\0';
}

int semihost_has_argument(const char *word)
{
    char line[COMMAND_LINE_BYTES] = {0};
    uint32_t arguments[2] = {(uint32_t)line, sizeof line - 1u};
    if (semihost_call(SYS_GET_CMDLINE, arguments) != 0u) {
        return 0;
    }
    const char *rest = line;
    while (*rest != '\0') {
        if (word_at(rest, word, &rest)) {
            return 1;
        }
        rest += *rest == ' ' ? 1 : 0;
    }
    return 0;
}

__attribute__((noreturn)) void semihost_exit(uint32_t code)
{
    uint32_t arguments[2] = {ADP_STOPPED_APPLICATION_EXIT, code};
    (void)semihost_call(SYS_EXIT_EXTENDED, arguments);
    for (;;) {
    }
}
