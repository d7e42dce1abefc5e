/* What the ROM of the i.MX RT1170 reads at the start of the serial flash: how to read it fast, and
 * where the program begins.
 * Source: NXP i.MX RT1170 Processor Reference Manual (IMXRT1170RM), System Boot: serial NOR flash,
 * image vector table and boot data; FlexSPI look-up table; ISSI IS25WP128 data sheet, EBh.
 */
#include <stdint.h>

#define FLASH_ORIGIN 0x30000000u
#define FLASH_NBYTES 0x01000000u
#define HEADER_WORDS 0x800
#define FLASH(offset) ((0x400 + (offset)) / 4) /* a word of the configuration of the flash */
#define TABLE_WORD 0x400 /* the image vector table stands at 1000h, the boot data behind it */
#define BOOT_DATA_WORD (TABLE_WORD + 8)
#define ADDRESS_OF(word) (FLASH_ORIGIN + 4u * (word))

/* Two instructions of a sequence: operation, pads (0: one, 2: four), operand. */
#define STEP(operation, pads, operand) ((operation) << 10 | (pads) << 8 | (operand))
#define STEPS(first, second) ((first) | (second) << 16)
#define COMMAND 0x01u
#define ADDRESS 0x02u
#define MODE 0x07u
#define READ 0x09u
#define DUMMY 0x0cu
#define STOP 0x00u

void Reset_Handler(void);

/* The program's first instruction is an address, which C has no integer constant of. */
typedef union {
    uint32_t number;
    void (*entry)(void);
} word;

extern const word boot_header[HEADER_WORDS];

__attribute__((used, section(".boot"))) const word boot_header[HEADER_WORDS] = {
    [FLASH(0x000)] = {0x42464346u}, /* "FCFB" */
    [FLASH(0x004)] = {0x56010000u}, /* version 1.0 */
    [FLASH(0x00c)] = {0x00030301u}, /* samples by the DQS pad; 3 cycles around chip select */
    [FLASH(0x044)] = {0x00050401u}, /* serial NOR, four pads, 100 MHz */
    [FLASH(0x050)] = {FLASH_NBYTES},
    /* The first sequence reads: quad output and address, with mode bits that end it. */
    [FLASH(0x080)] = {STEPS(STEP(COMMAND, 0u, 0xebu), STEP(ADDRESS, 2u, 24u))},
    [FLASH(0x084)] = {STEPS(STEP(MODE, 2u, 0xffu), STEP(DUMMY, 2u, 4u))},
    [FLASH(0x088)] = {STEPS(STEP(READ, 2u, 4u), STEP(STOP, 0u, 0u))},
    [FLASH(0x1c0)] = {256u},   /* bytes of a page */
    [FLASH(0x1c4)] = {4096u},  /* bytes of a sector */
    [FLASH(0x1d0)] = {65536u}, /* bytes of a block */

    [TABLE_WORD] = {0x412000d1u}, /* tag D1h, 20h bytes, version 4.1 */
    [TABLE_WORD + 1] = {.entry = Reset_Handler},
    [TABLE_WORD + 4] = {ADDRESS_OF(BOOT_DATA_WORD)},
    [TABLE_WORD + 5] = {ADDRESS_OF(TABLE_WORD)}, /* itself */

    [BOOT_DATA_WORD] = {FLASH_ORIGIN},
    [BOOT_DATA_WORD + 1] = {FLASH_NBYTES},
};
