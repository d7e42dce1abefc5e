/* Lines of depthwise convolutions with windows five and seven wide for cores without DSP. */
#include "te_base_depthwise_large_line.h"

#if TE_LINE_IS_ASSEMBLY

#include "te_base_depthwise_large_t2.h"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
TE_LARGE(7, 1, 5)
TE_LARGE(7, 1, 3)
TE_LARGE(7, 2, 5)
TE_LARGE(5, 1, 5)
TE_LARGE(5, 2, 3)
TE_LARGE_PAIR(5, 1)
TE_LARGE_PAIR(7, 1)
TE_LARGE_PAIR(7, 2)
#pragma GCC diagnostic pop

#else

#define TE_BASE_OUTPUT te_base_output
#include "te_base_depthwise.h"

/* Copies the rows of a channel that are inside the input. */
static void te_large_copy(const te_depthwise_large *line, int32_t at)
{
    const te_depthwise_conv2d_base_large_params *const op = line->op;
    const int32_t room = op->width - op->pad_left;
    te_row_walk row = line->walk;
    int8_t *to = line->padded + op->pad_left;
    for (int32_t kh = line->rows.first; kh < line->rows.last; kh++) {
        te_depthwise_copy((const int8_t *)line->in.base + row.offset + at, op->in_pixel_step, to,
                          room < op->in_w ? room : op->in_w);
        te_walk_on(&row);
        to += op->width;
    }
}

/* The twin in C of all lines with one width and stride of windows. */
static inline void te_large(const te_depthwise_large *line, const int32_t kernel_w,
                            const int32_t stride, te_depthwise_fn groups)
{
    const te_depthwise_conv2d_base_large_params *const op = line->op;
    const int32_t taps = op->kernel_h * kernel_w;
    const int32_t above = line->rows.first * kernel_w;
    const int32_t below = (op->kernel_h - line->rows.last) * kernel_w;
    const int32_t rows = line->rows.last - line->rows.first;
    te_depthwise_channel channel = {line->padded, 0, rows, op->width, 0, {0, 0, 0}};
    const int8_t *weight = op->weight;
    const int32_t *factors = op->factors;
    int8_t *out = line->out;
    for (int32_t c = 0; c < op->channels; c++) {
        te_large_copy(line, c * op->in_channel_step);
        channel.weight = weight + above;
        channel.bias =
            factors[2] + op->in_zero_point * (te_depthwise_sum(weight, above) +
                                              te_depthwise_sum(weight + taps - below, below));
        channel.factors =
            te_base_fold(factors[1], te_depthwise_shift(factors[0]), op->out_zero_point);
        te_depthwise_run(channel, op->out_w, out, op->out_pixel_step, stride, groups);
        out += op->out_channel_step;
        weight += taps;
        factors += 3;
    }
}

#define TE_LARGE_TWIN(kernel_w, stride)                                                            \
    TE_NOINLINE static void te_groups_##kernel_w##_##stride(                                       \
        const te_depthwise_channel *channel, int32_t groups, int8_t *out, int32_t step)            \
    {                                                                                              \
        te_depthwise_groups(channel, groups, out, step, kernel_w, stride);                         \
    }                                                                                              \
    TE_NOINLINE static void te_large_##kernel_w##_##stride(const te_depthwise_large *line)         \
    {                                                                                              \
        te_large(line, kernel_w, stride, te_groups_##kernel_w##_##stride);                         \
    }
TE_LARGE_TWIN(5, 1)
TE_LARGE_TWIN(5, 2)
TE_LARGE_TWIN(7, 1)
TE_LARGE_TWIN(7, 2)

#define TE_LARGE(kernel_w, stride, count)                                                          \
    TE_SHARED void te_depthwise_large_##kernel_w##_##stride##_##count(                             \
        const te_depthwise_large *line)                                                            \
    {                                                                                              \
        te_large_##kernel_w##_##stride(line);                                                      \
    }
TE_LARGE(7, 1, 5)
TE_LARGE(7, 1, 3)
TE_LARGE(7, 2, 5)
TE_LARGE(5, 1, 5)
TE_LARGE(5, 2, 3)
TE_LARGE(5, 1, pair)
TE_LARGE(7, 1, pair)
TE_LARGE(7, 2, pair)

#endif
