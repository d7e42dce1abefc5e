/* What the ROM of the i.MX RT1060 reads at the start of the serial flash: how to read it fast, and
 * where the program begins.
 * Source: NXP i.MX RT1060 Processor Reference Manual (IMXRT1060RM), 9.6.3 serial NOR flash, 9.7.1
 * image vector table and boot data, 27.7 FlexSPI look-up table; Winbond W25Q64JV data sheet, EBh.
 */
#include <stdint.h>

#define FLASH_ORIGIN 0x60000000u
#define FLASH_NBYTES 0x00800000u
#define HEADER_WORDS 0x800
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
    [0x000 / 4] = {0x42464346u}, /* "FCFB" */
    [0x004 / 4] = {0x56010000u}, /* version 1.0 */
    [0x00c / 4] = {0x00030301u}, /* samples by the DQS pad; 3 cycles around chip select */
    [0x044 / 4] = {0x00060401u}, /* serial NOR, four pads, 100 MHz */
    [0x050 / 4] = {FLASH_NBYTES},
    /* The first sequence reads: quad output and address, with mode bits that end it. */
    [0x080 / 4] = {STEPS(STEP(COMMAND, 0u, 0xebu), STEP(ADDRESS, 2u, 24u))},
    [0x084 / 4] = {STEPS(STEP(MODE, 2u, 0xffu), STEP(DUMMY, 2u, 4u))},
    [0x088 / 4] = {STEPS(STEP(READ, 2u, 4u), STEP(STOP, 0u, 0u))},
    [0x1c0 / 4] = {256u},   /* bytes of a page */
    [0x1c4 / 4] = {4096u},  /* bytes of a sector */
    [0x1d0 / 4] = {65536u}, /* bytes of a block */

    [TABLE_WORD] = {0x412000d1u}, /* tag D1h, 20h bytes, version 4.1 */
    [TABLE_WORD + 1] = {.entry = Reset_Handler},
    [TABLE_WORD + 4] = {ADDRESS_OF(BOOT_DATA_WORD)},
    [TABLE_WORD + 5] = {ADDRESS_OF(TABLE_WORD)}, /* itself */

    [BOOT_DATA_WORD] = {FLASH_ORIGIN},
    [BOOT_DATA_WORD + 1] = {FLASH_NBYTES},
};
