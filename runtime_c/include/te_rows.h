/* Rows: how every kernel finds its input and output in memory.
 *
 * A tensor is a sequence of rows of `row_bytes` bytes. `rows` of them are held at a time: row r
 * stands at base + (r % rows) * row_bytes. With as many rows as the tensor has this is the whole
 * tensor; with fewer it is a ring, and the caller sees to it that the rows that a kernel reads
 * are there.
 */
#ifndef TE_ROWS_H
#define TE_ROWS_H

#include <stdint.h>

/* Keeps a function's stack frame its own: inlined into one caller, the frames would add up. */
#if defined(__GNUC__)
#define TE_NOINLINE __attribute__((noinline))
#else
#define TE_NOINLINE
#endif

/* A kernel: when two models bring the same file and both copies are compiled, either one serves both.
 * That they come from one release, te_runtime.c sees to.
 */
#if defined(__GNUC__)
#define TE_SHARED __attribute__((weak))
#else
#define TE_SHARED
#endif

/* What every caller keeps to, told to static analyzers and to nobody else. */
#if defined(__clang_analyzer__)
#define TE_ASSUME(CONDITION) ((CONDITION) ? (void)0 : __builtin_unreachable())
#else
#define TE_ASSUME(CONDITION) ((void)0)
#endif

/* Rows that a kernel reads, of any type of element. */
typedef struct {
    const void *base;
    int32_t row_bytes;
    int32_t rows;
} te_src;

/* Rows that a kernel writes, of any type of element. */
typedef struct {
    void *base;
    int32_t row_bytes;
    int32_t rows;
} te_dst;

static inline te_src te_in(const void *base, int32_t row_bytes, int32_t rows)
{
    const te_src src = {base, row_bytes, rows};
    return src;
}

static inline te_dst te_out(void *base, int32_t row_bytes, int32_t rows)
{
    const te_dst dst = {base, row_bytes, rows};
    return dst;
}

/* Where a row stands within its ring; divides only where a ring has wrapped. */
static inline int32_t te_ring_index(int32_t row, int32_t rows)
{
    return row < rows ? row : row % rows;
}

/* A row as bytes or int8; below as wider elements, which it must be aligned for. */
static inline const int8_t *te_src_row(te_src src, int32_t row)
{
    return (const int8_t *)src.base + te_ring_index(row, src.rows) * src.row_bytes;
}

static inline int8_t *te_dst_row(te_dst dst, int32_t row)
{
    return (int8_t *)dst.base + te_ring_index(row, dst.rows) * dst.row_bytes;
}

static inline const int16_t *te_src_row_s16(te_src src, int32_t row)
{
    return (const int16_t *)(const void *)te_src_row(src, row);
}

static inline int16_t *te_dst_row_s16(te_dst dst, int32_t row)
{
    return (int16_t *)(void *)te_dst_row(dst, row);
}

static inline const int32_t *te_src_row_s32(te_src src, int32_t row)
{
    return (const int32_t *)(const void *)te_src_row(src, row);
}

static inline int32_t *te_dst_row_s32(te_dst dst, int32_t row)
{
    return (int32_t *)(void *)te_dst_row(dst, row);
}

/* How many rows of an operator are due before `tick`: row r is due at tick offset + period * r. */
static inline int32_t te_due(int32_t tick, int32_t offset, int32_t period, int32_t rows)
{
    const int32_t due = tick > offset ? (tick - offset + period - 1) / period : 0;
    return due < rows ? due : rows;
}

#endif
