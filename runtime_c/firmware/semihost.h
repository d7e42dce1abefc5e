/* Ask the emulator for the command line, and end it with an exit code. Emulated boards only. */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

/* Say whether `word` is one of the words of the command line. */
int semihost_has_argument(const char *word);

/* End the emulator with `code`. */
__attribute__((noreturn)) void semihost_exit(uint32_t code);

#endif
