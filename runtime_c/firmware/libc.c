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
#define HAS_LOOSE_WORDS 0
#endif

/* What stands `offset` bytes behind an address, as a value of some type. */
#define AT(TYPE, TO, OFFSET) (*(TYPE *)(void *)((uint8_t *)(TO) + (OFFSET)))
#define FROM(TYPE, FROM, OFFSET) (*(const TYPE *)(const void *)((const uint8_t *)(FROM) + (OFFSET)))

/* Keeps the compiler from making of a loop the call of the very function that it is in. */
#define KEEP_LOOP() __asm__ volatile("" : : : "memory")

/* Keeps it from counting beforehand how often a loop repeats, which takes more code than it saves. */
#define KEEP_UNCOUNTED(POINTER) __asm__ volatile("" : "+r"(POINTER))

/* What few bytes do not need is apart, and gives `to` as memcpy does, which saves them a frame. */
#define APART __attribute__((noinline)) static

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

APART void *copy_bytes(void *to, const void *from, size_t nbytes)
{
    uint8_t *out = to;
    for (const uint8_t *in = from; nbytes > 0u; --nbytes) {
        *out++ = *in++;
        KEEP_LOOP();
    }
    return to;
}

#if HAS_LOOSE_WORDS

/* Less than a block is what stands at both ends, which may meet. */
#define COPY_AT(TYPE, OFFSET) (AT(TYPE, to, OFFSET) = FROM(TYPE, from, OFFSET))

static inline void copy_few(void *to, const void *from, size_t nbytes)
{
    if (nbytes >= 8u) {
        COPY_AT(loose_word, 0u);
        COPY_AT(loose_word, 4u);
        COPY_AT(loose_word, nbytes - 8u);
        COPY_AT(loose_word, nbytes - 4u);
    } else if (nbytes >= 4u) {
        COPY_AT(loose_word, 0u);
        COPY_AT(loose_word, nbytes - 4u);
    } else if (nbytes >= 2u) {
        COPY_AT(loose_half, 0u);
        COPY_AT(loose_half, nbytes - 2u);
    } else if (nbytes == 1u) {
        COPY_AT(uint8_t, 0u);
    }
}

/* Copy BLOCK_BYTES bytes between any addresses. */
static inline void copy_loose_block(uint8_t *to, const uint8_t *from)
{
    COPY_AT(loose_word, 0u);
    COPY_AT(loose_word, 4u);
    COPY_AT(loose_word, 8u);
    COPY_AT(loose_word, 12u);
    KEEP_LOOP();
}

/* Copy at least one block. The last one may begin within the one before. */
APART void *copy_blocks(void *to, const void *from, size_t nbytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    uint8_t *const last = out + nbytes - BLOCK_BYTES;
    const uint8_t *const last_in = in + nbytes - BLOCK_BYTES;
    if (is_aligned(out, in)) {
        while (out < last) {
            copy_block(&out, &in);
        }
    }
    for (; out < last; out += BLOCK_BYTES, in += BLOCK_BYTES) {
        copy_loose_block(out, in);
        KEEP_UNCOUNTED(out);
    }
    copy_loose_block(last, last_in);
    return to;
}

static inline void *copy(void *to, const void *from, size_t nbytes)
{
    if (nbytes >= BLOCK_BYTES) {
        return copy_blocks(to, from, nbytes);
    }
    copy_few(to, from, nbytes);
    return to;
}

#else

/* Copy between multiples of 4. */
APART void *copy_words(void *to, const void *from, size_t nbytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    for (; nbytes >= BLOCK_BYTES; nbytes -= BLOCK_BYTES) {
        copy_block(&out, &in);
    }
    for (; nbytes >= sizeof(word); nbytes -= sizeof(word)) {
        AT(word, out, 0u) = FROM(word, in, 0u);
        out += sizeof(word);
        in += sizeof(word);
        KEEP_LOOP();
    }
    (void)copy_bytes(out, in, nbytes);
    return to;
}

static inline void *copy(void *to, const void *from, size_t nbytes)
{
    return is_aligned(to, from) ? copy_words(to, from, nbytes) : copy_bytes(to, from, nbytes);
}

#endif

LIBC void *memcpy(void *restrict to, const void *restrict from, size_t nbytes)
{
    return copy(to, from, nbytes);
}

/* Copy in the direction in which nothing is overwritten before it is read. */
static inline void move(void *to, const void *from, size_t nbytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= nbytes) {
        (void)copy_bytes(out, in, nbytes);
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

/* Fill BLOCK_BYTES bytes with a pattern of words of some alignment. */
#define FILL_BLOCK(TYPE, TO, PATTERN)                                                              \
    do {                                                                                           \
        AT(TYPE, TO, 0u) = (PATTERN);                                                              \
        AT(TYPE, TO, 4u) = (PATTERN);                                                              \
        AT(TYPE, TO, 8u) = (PATTERN);                                                              \
        AT(TYPE, TO, 12u) = (PATTERN);                                                             \
        KEEP_LOOP();                                                                               \
    } while (0)

static inline word pattern_of(int value)
{
    const word twice = (uint8_t)value | (word)(uint8_t)value << 8;
    return twice | twice << 16;
}

#if HAS_LOOSE_WORDS

/* Fill less than a block: what stands at both ends, which may meet. */
static inline void fill_few(void *to, word pattern, size_t nbytes)
{
    if (nbytes >= 8u) {
        AT(loose_word, to, 0u) = pattern;
        AT(loose_word, to, 4u) = pattern;
        AT(loose_word, to, nbytes - 8u) = pattern;
        AT(loose_word, to, nbytes - 4u) = pattern;
    } else if (nbytes >= 4u) {
        AT(loose_word, to, 0u) = pattern;
        AT(loose_word, to, nbytes - 4u) = pattern;
    } else if (nbytes >= 2u) {
        AT(loose_half, to, 0u) = (uint16_t)pattern;
        AT(loose_half, to, nbytes - 2u) = (uint16_t)pattern;
    } else if (nbytes == 1u) {
        AT(uint8_t, to, 0u) = (uint8_t)pattern;
    }
}

/* Fill at least one block. Only the first and the last, which meet others, may be unaligned. */
APART void *fill_blocks(void *to, word pattern, size_t nbytes)
{
    uint8_t *out = to;
    uint8_t *const last = out + nbytes - BLOCK_BYTES;
    FILL_BLOCK(loose_word, out, pattern);
    out += BLOCK_BYTES - ((uintptr_t)out & 3u);
    for (; out < last; out += BLOCK_BYTES) {
        FILL_BLOCK(word, out, pattern);
        KEEP_UNCOUNTED(out);
    }
    FILL_BLOCK(loose_word, last, pattern);
    return to;
}

static inline void *fill(void *to, int value, size_t nbytes)
{
    if (nbytes >= BLOCK_BYTES) {
        return fill_blocks(to, pattern_of(value), nbytes);
    }
    fill_few(to, pattern_of(value), nbytes);
    return to;
}

#else

static inline void *fill(void *to, int value, size_t nbytes)
{
    const word pattern = pattern_of(value);
    uint8_t *out = to;
    for (; nbytes > 0u && !is_aligned(out, out); --nbytes) {
        *out++ = (uint8_t)value;
        KEEP_LOOP();
    }
    for (; nbytes >= BLOCK_BYTES; nbytes -= BLOCK_BYTES) {
        FILL_BLOCK(word, out, pattern);
        out += BLOCK_BYTES;
    }
    for (; nbytes >= sizeof(word); nbytes -= sizeof(word)) {
        AT(word, out, 0u) = pattern;
        out += sizeof(word);
        KEEP_LOOP();
    }
    for (; nbytes > 0u; --nbytes) {
        *out++ = (uint8_t)value;
        KEEP_LOOP();
    }
    return to;
}

#endif

LIBC void *memset(void *to, int value, size_t nbytes)
{
    return fill(to, value, nbytes);
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
    (void)copy(to, from, nbytes);
}

void __aeabi_memmove(void *to, const void *from, size_t nbytes)
{
    move(to, from, nbytes);
}

void __aeabi_memset(void *to, size_t nbytes, int value)
{
    (void)fill(to, value, nbytes);
}

void __aeabi_memclr(void *to, size_t nbytes)
{
    (void)fill(to, 0, nbytes);
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
