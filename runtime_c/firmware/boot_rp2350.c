/* The block by which the ROM of the RP2350 knows the program, at the start of the flash.
 *
 * It says that this is a secure program for the Arm cores, and where its vector table stands; the
 * ROM itself makes the flash readable like memory.
 * Source: RP2350 Datasheet, 5.9.1 blocks, 5.9.3.1 IMAGE_DEF, 5.9.3.3 VECTOR_TABLE.
 */
#include <stdint.h>

#define BLOCK_WORDS 64

#define MARKER_START 0xffffded3u
#define MARKER_END 0xab123579u

/* An item: what it is, its words, and 16 bits of its own. */
#define ITEM(type, words, value) ((type) | (words) << 8 | (uint32_t)(value) << 16)
#define IMAGE_TYPE 0x42u
#define VECTOR_TABLE 0x03u
#define LAST 0xffu

/* Executable, secure, Arm, RP2350. */
#define EXECUTABLE (1u | 2u << 4 | 0u << 8 | 1u << 12)

#define TABLE_ADDRESS 0x10000100u

extern const uint32_t boot_block[BLOCK_WORDS];

__attribute__((used, section(".boot"))) const uint32_t boot_block[BLOCK_WORDS] = {
    MARKER_START,
    ITEM(IMAGE_TYPE, 1u, EXECUTABLE),
    ITEM(VECTOR_TABLE, 2u, 0u),
    TABLE_ADDRESS,
    /* All items have three words; there is no other block. */
    LAST | 3u << 8,
    0u,
    MARKER_END,
};
