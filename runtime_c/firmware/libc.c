/* The part of the C library that compilers call by themselves, so that none need be installed.
 *
 * The functions whose names begin with __aeabi_mem are the same under the names that Arm's run-time
 * ABI gives them; clang calls these. Source: Arm IHI 0043, section 4.3.4, memory copying.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Calls to these appear only after link-time optimization: it must not drop them before. */
#define LIBC __attribute__((used))

#define BLOCK_BYTES 16u

/* Two and four bytes of whatever is in memory; the loose ones at addresses of any alignment, where
 * the core can load from these.
 */
typedef uint32_t __attribute__((may_alias)) word;
#if defined(__ARM_FEATURE_UNALIGNED)
typedef uint32_t __attribute__((may_alias, aligned(1))) loose_word;
typedef uint16_t __attribute__((may_alias, aligned(1))) loose_half;
#define HAS_LOOSE_WORDS 1
#else
typedef word loose_word;
typedef uint16_t __attribute__((may_alias)) loose_half;
#define HAS_LOOSE_WORDS 0
#endif

/* Keeps the compiler from making of a loop the call of the very function that it is in. */
#define KEEP_LOOP() __asm__ volatile("" : : : "memory")

static inline int is_aligned(const void *one, const void *other)
{
    return (((uintptr_t)one | (uintptr_t)other) & 3u) == 0u;
}

/* Copy BLOCK_BYTES bytes between multiples of 4, and step behind them. */
static inline void copy_block(uint8_t **to, const uint8_t **from)
{
#if defined(__arm__)
    __asm__ volatile("ldmia %1!, {r3, r4, r5, r6} \n\t"
                     "stmia %0!, {r3, r4, r5, r6}"
                     : "+l"(*to), "+l"(*from)
                     :
                     : "r3", "r4", "r5", "r6", "memory");
#else
    for (uint32_t i = 0u; i < BLOCK_BYTES; ++i) {
        *(*to)++ = *(*from)++;
        KEEP_LOOP();
    }
#endif
}

/* Copy one value of a type, and step behind it. */
#define COPY_ONE(TYPE, TO, FROM)                                                                   \
    do {                                                                                           \
        *(TYPE *)(void *)(TO) = *(const TYPE *)(const void *)(FROM);                               \
        (TO) += sizeof(TYPE);                                                                      \
        (FROM) += sizeof(TYPE);                                                                    \
    } while (0)

/* Copy less than a block: the bits of `nbytes` say in which pieces. */
static inline void copy_rest(uint8_t *to, const uint8_t *from, size_t nbytes)
{
    if ((nbytes & 8u) != 0u) {
        COPY_ONE(loose_word, to, from);
        COPY_ONE(loose_word, to, from);
    }
    if ((nbytes & 4u) != 0u) {
        COPY_ONE(loose_word, to, from);
    }
    if ((nbytes & 2u) != 0u) {
        COPY_ONE(loose_half, to, from);
    }
    if ((nbytes & 1u) != 0u) {
        *to = *from;
    }
}

__attribute__((noinline)) static void copy_bytes(uint8_t *to, const uint8_t *from, size_t nbytes)
{
    for (; nbytes > 0u; --nbytes) {
        *to++ = *from++;
        KEEP_LOOP();
    }
}

/* Copy at least one block. */
__attribute__((noinline)) static void copy_blocks(uint8_t *to, const uint8_t *from, size_t nbytes)
{
    if (is_aligned(to, from)) {
        for (; nbytes >= BLOCK_BYTES; nbytes -= BLOCK_BYTES) {
            copy_block(&to, &from);
        }
    }
    for (; nbytes >= BLOCK_BYTES; nbytes -= BLOCK_BYTES) {
        COPY_ONE(loose_word, to, from);
        COPY_ONE(loose_word, to, from);
        COPY_ONE(loose_word, to, from);
        COPY_ONE(loose_word, to, from);
        KEEP_LOOP();
    }
    copy_rest(to, from, nbytes);
}

static inline void copy(void *to, const void *from, size_t nbytes)
{
    if (!HAS_LOOSE_WORDS && !is_aligned(to, from)) {
        copy_bytes(to, from, nbytes);
    } else if (nbytes >= BLOCK_BYTES) {
        copy_blocks(to, from, nbytes);
    } else {
        copy_rest(to, from, nbytes);
    }
}

LIBC void *memcpy(void *restrict to, const void *restrict from, size_t nbytes)
{
    copy(to, from, nbytes);
    return to;
}

/* Copy in the direction in which nothing is overwritten before it is read. */
static inline void move(void *to, const void *from, size_t nbytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= nbytes) {
        copy_bytes(out, in, nbytes);
        return;
    }
    while (nbytes > 0u) {
        --nbytes;
        out[nbytes] = in[nbytes];
        KEEP_LOOP();
    }
}

LIBC void *memmove(void *to, const void *from, size_t nbytes)
{
    move(to, from, nbytes);
    return to;
}

/* Fill BLOCK_BYTES bytes at a multiple of 4 with `pattern`, and give where they end. */
static inline uint8_t *fill_block(uint8_t *to, word pattern)
{
    word *words = (word *)(void *)to;
    words[0] = pattern;
    words[1] = pattern;
    words[2] = pattern;
    words[3] = pattern;
    KEEP_LOOP();
    return to + BLOCK_BYTES;
}

/* Fill less than a block: the bits of `nbytes` say in which pieces. Branches around what is not
 * done take fewer instructions than its execution under a condition. */
static inline void fill_rest(uint8_t *to, word pattern, size_t nbytes)
{
    if ((nbytes & 8u) != 0u) {
        *(loose_word *)(void *)to = pattern;
        *(loose_word *)(void *)(to + 4) = pattern;
        to += 8;
        KEEP_LOOP();
    }
    if ((nbytes & 4u) != 0u) {
        *(loose_word *)(void *)to = pattern;
        to += 4;
        KEEP_LOOP();
    }
    if ((nbytes & 2u) != 0u) {
        *(loose_half *)(void *)to = (uint16_t)pattern;
        to += 2;
        KEEP_LOOP();
    }
    if ((nbytes & 1u) != 0u) {
        *to = (uint8_t)pattern;
        KEEP_LOOP();
    }
}

static inline void fill(void *to, int value, size_t nbytes)
{
    uint8_t *out = to;
    word pattern = (uint8_t)value;
    pattern |= pattern << 8;
    pattern |= pattern << 16;
    if (HAS_LOOSE_WORDS && nbytes < BLOCK_BYTES) {
        fill_rest(out, pattern, nbytes);
        return;
    }
    for (; nbytes > 0u && !is_aligned(out, out); --nbytes) {
        *out++ = (uint8_t)value;
        KEEP_LOOP();
    }
    for (; nbytes >= BLOCK_BYTES; nbytes -= BLOCK_BYTES) {
        out = fill_block(out, pattern);
    }
    for (; nbytes >= sizeof(word); nbytes -= sizeof(word)) {
        *(word *)(void *)out = pattern;
        out += sizeof(word);
        KEEP_LOOP();
    }
    for (; nbytes > 0u; --nbytes) {
        *out++ = (uint8_t)value;
        KEEP_LOOP();
    }
}

LIBC void *memset(void *to, int value, size_t nbytes)
{
    fill(to, value, nbytes);
    return to;
}

LIBC int memcmp(const void *lhs, const void *rhs, size_t nbytes)
{
    const uint8_t *one = lhs;
    const uint8_t *other = rhs;
    for (; nbytes > 0u; --nbytes, ++one, ++other) {
        if (*one != *other) {
            return *one < *other ? -1 : 1;
        }
    }
    return 0;
}

#if defined(__arm__)

/* Names of Arm's ABI: a 4 or 8 at the end promises addresses that are so aligned. None calls a
 * function above by its name: clang would make of that a call of the very function it is in.
 */
#define SAME_AS(FUNCTION) __attribute__((used, alias(#FUNCTION)))

LIBC void __aeabi_memcpy(void *to, const void *from, size_t nbytes);
LIBC void __aeabi_memmove(void *to, const void *from, size_t nbytes);
LIBC void __aeabi_memset(void *to, size_t nbytes, int value);
LIBC void __aeabi_memclr(void *to, size_t nbytes);

void __aeabi_memcpy(void *to, const void *from, size_t nbytes)
{
    copy(to, from, nbytes);
}

void __aeabi_memmove(void *to, const void *from, size_t nbytes)
{
    move(to, from, nbytes);
}

void __aeabi_memset(void *to, size_t nbytes, int value)
{
    fill(to, value, nbytes);
}

void __aeabi_memclr(void *to, size_t nbytes)
{
    fill(to, 0, nbytes);
}

SAME_AS(__aeabi_memcpy) void __aeabi_memcpy4(void *to, const void *from, size_t nbytes);
SAME_AS(__aeabi_memcpy) void __aeabi_memcpy8(void *to, const void *from, size_t nbytes);
SAME_AS(__aeabi_memmove) void __aeabi_memmove4(void *to, const void *from, size_t nbytes);
SAME_AS(__aeabi_memmove) void __aeabi_memmove8(void *to, const void *from, size_t nbytes);
SAME_AS(__aeabi_memset) void __aeabi_memset4(void *to, size_t nbytes, int value);
SAME_AS(__aeabi_memset) void __aeabi_memset8(void *to, size_t nbytes, int value);
SAME_AS(__aeabi_memclr) void __aeabi_memclr4(void *to, size_t nbytes);
SAME_AS(__aeabi_memclr) void __aeabi_memclr8(void *to, size_t nbytes);

#endif
