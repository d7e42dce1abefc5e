/* Pools for MVE: sums and greatest elements of several channels over runs of pixels. */
#ifndef TE_MVE_POOL_H
#define TE_MVE_POOL_H

#include "te_mve.h"
#include "te_rows.h"
#include "te_window.h"

#define TE_MVE_SUMS 8           /* channels summed at a time */
#define TE_MVE_MAXIMA 16        /* channels compared at a time */
#define TE_MVE_GREATEST_RUN 256 /* pixels whose sum surely fits 16 bits */

/* The pixels of a window: `rows` runs of `pixels` pixels of `channels` bytes. */
typedef struct {
    te_row_walk walk; /* at the first row */
    int32_t at;       /* the first pixel, in bytes from the start of a row */
    int32_t rows;
    int32_t pixels;
    int32_t channels;
} te_mve_runs;

#if TE_HAS_MVE

/* Adds the sums of `lanes` channels over `pixels` in [1, 256] pixels, `step` bytes apart. Five
 * instructions for eight elements.
 */
static inline void te_mve_sum_pixels(int32_t *sums, const int8_t *from, int32_t pixels,
                                     int32_t step, int32_t lanes)
{
    __asm__ volatile("vctp.16 %[lanes]\n\t"
                     "vmov.i32 q0, #0\n\t"
                     "dls lr, %[pixels]\n"
                     "1:\tvpst\n\t"
                     "vldrbt.s16 q1, [%[from]]\n\t"
                     "add %[from], %[from], %[step]\n\t"
                     "vadd.i16 q0, q0, q1\n\t"
                     "le lr, 1b\n\t"
                     "vld20.32 {q2, q3}, [%[sums]]\n\t"
                     "vld21.32 {q2, q3}, [%[sums]]\n\t"
                     "vmovlb.s16 q1, q0\n\t"
                     "vmovlt.s16 q0, q0\n\t"
                     "vadd.i32 q2, q2, q1\n\t"
                     "vadd.i32 q3, q3, q0\n\t"
                     "vst20.32 {q2, q3}, [%[sums]]\n\t"
                     "vst21.32 {q2, q3}, [%[sums]]"
                     : [from] "+l"(from)
                     : [sums] "r"(sums), [pixels] "r"(pixels), [step] "r"(step), [lanes] "r"(lanes)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
}

/* Raises `best`, 16 bytes, to the elements of `lanes` channels of `pixels` >= 1 pixels. */
static inline void te_mve_raise_pixels(int8_t *best, const int8_t *from, int32_t pixels,
                                       int32_t step, int32_t lanes)
{
    __asm__ volatile("vctp.8 %[lanes]\n\t"
                     "vldrb.8 q0, [%[best]]\n\t"
                     "dls lr, %[pixels]\n"
                     "1:\tvpst\n\t"
                     "vldrbt.8 q1, [%[from]]\n\t"
                     "add %[from], %[from], %[step]\n\t"
                     "vmax.s8 q0, q0, q1\n\t"
                     "le lr, 1b\n\t"
                     "vstrb.8 q0, [%[best]]"
                     : [from] "+r"(from)
                     : [best] "r"(best), [pixels] "r"(pixels), [step] "r"(step), [lanes] "r"(lanes)
                     : "lr", "q0", "q1", "memory");
}

#else

static inline void te_mve_sum_pixels(int32_t *sums, const int8_t *from, int32_t pixels,
                                     int32_t step, int32_t lanes)
{
    for (int32_t i = 0; i < pixels; i++) {
        for (int32_t lane = 0; lane < lanes; lane++) {
            sums[lane] += from[lane];
        }
        from += i + 1 < pixels ? step : 0;
    }
}

static inline void te_mve_raise_pixels(int8_t *best, const int8_t *from, int32_t pixels,
                                       int32_t step, int32_t lanes)
{
    for (int32_t i = 0; i < pixels; i++) {
        for (int32_t lane = 0; lane < lanes; lane++) {
            best[lane] = best[lane] < from[lane] ? from[lane] : best[lane];
        }
        from += i + 1 < pixels ? step : 0;
    }
}

#endif

/* Gives the runs of a window of `rows` rows from where `walk` stands, `pixels` wide from column
 * `iw` on. Rows that follow each other in memory without a gap become one.
 */
static inline te_mve_runs te_mve_find_runs(te_row_walk walk, int32_t iw, int32_t rows,
                                           int32_t pixels, int32_t channels)
{
    te_mve_runs runs = {walk, iw * channels, rows, pixels, channels};
    if (walk.step == pixels * channels && walk.offset + rows * walk.step <= walk.end) {
        runs.rows = 1;
        runs.pixels = rows * pixels;
    }
    return runs;
}

/* Adds the sums of `lanes` <= 8 channels over `pixels` pixels. */
static inline void te_mve_sum_run(int32_t *sums, const int8_t *from, int32_t pixels,
                                  int32_t channels, int32_t lanes)
{
    for (int32_t pixel = 0; pixel < pixels; pixel += TE_MVE_GREATEST_RUN) {
        const int32_t left = pixels - pixel;
        const int32_t count = left < TE_MVE_GREATEST_RUN ? left : TE_MVE_GREATEST_RUN;
        te_mve_sum_pixels(sums, from + pixel * channels, count, channels, lanes);
    }
}

/* Sums `lanes` <= 8 channels from `channel` on. */
static inline void te_mve_sum_runs(te_src in, te_mve_runs runs, int32_t channel, int32_t lanes,
                                   int32_t *sums)
{
    for (int32_t i = 0; i < TE_MVE_SUMS; i++) {
        sums[i] = 0;
    }
    for (int32_t row = 0; row < runs.rows; row++) {
        const int8_t *const from = (const int8_t *)in.base + runs.walk.offset + runs.at + channel;
        te_mve_sum_run(sums, from, runs.pixels, runs.channels, lanes);
        te_walk_on(&runs.walk);
    }
}

/* Adds the sums of all channels over `pixels` pixels, each to its own. */
static inline void te_mve_add_channels(const int8_t *from, int32_t pixels, int32_t channels,
                                       int32_t *totals)
{
    for (int32_t channel = 0; channel < channels; channel += TE_MVE_SUMS) {
        const int32_t left = channels - channel;
        const int32_t lanes = left < TE_MVE_SUMS ? left : TE_MVE_SUMS;
        int32_t sums[TE_MVE_SUMS] = {0};
        te_mve_sum_run(sums, from + channel, pixels, channels, lanes);
        for (int32_t i = 0; i < lanes; i++) {
            totals[channel + i] += sums[i];
        }
    }
}

#endif
