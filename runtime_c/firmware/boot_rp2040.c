/* What the ROM of the RP2040 runs first: 252 bytes and their CRC, at the start of the flash.
 *
 * It makes the flash readable like memory, by the command that every flash chip knows, and goes on
 * with the program: its stack pointer and entry stand in the vector table behind.
 * Source: RP2040 Datasheet, 2.8.1.3 boot stage 2 and its checksum (polynomial 04C11DB7, from
 * FFFFFFFF on, most significant bit first), 4.10 SSI.
 */

/* clang-format off */
__asm__(".syntax unified\n"
        ".pushsection .boot, \"ax\"\n"
        ".thumb\n"
        "boot_code:\n"
        "ldr  r3, =0x18000000  /* XIP_SSI */                               \n"
        "movs r0, #0                                                       \n"
        "str  r0, [r3, #0x08]  /* SSIENR: off */                           \n"
        "movs r0, #4                                                       \n"
        "str  r0, [r3, #0x14]  /* BAUDR: a fourth of the core's clock */   \n"
        "ldr  r0, =0x001f0300  /* frames of 32 bits, command and address first */\n"
        "str  r0, [r3, #0x00]  /* CTRLR0 */                                \n"
        "movs r0, #0                                                       \n"
        "str  r0, [r3, #0x04]  /* CTRLR1: one frame each */                \n"
        "ldr  r0, =0x03000218  /* command 03h of 8 bits, 24 address bits */\n"
        "ldr  r1, =0x180000f4  /* SPI_CTRLR0 */                            \n"
        "str  r0, [r1]                                                     \n"
        "movs r0, #1                                                       \n"
        "str  r0, [r3, #0x08]  /* SSIENR: on */                            \n"
        "ldr  r0, =0x10000100  /* the vector table */                      \n"
        "ldr  r1, =0xe000ed08  /* VTOR */                                  \n"
        "str  r0, [r1]                                                     \n"
        "ldmia r0!, {r1, r2}                                               \n"
        "mov  sp, r1                                                       \n"
        "bx   r2                                                           \n"
        ".ltorg\n"
        ".org boot_code + 252\n"
        ".word 0x6e37d23f\n"
        ".popsection\n");
/* clang-format on */
