/* Lines of depthwise convolutions with windows 3x3 for cores without the DSP extension. */
#include "te_base_depthwise_line.h"

#if TE_LINE_IS_ASSEMBLY

#include "te_base_depthwise_strided_t2.h"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
TE_LINE(3, 3)
TE_LINE(4, 4)
TE_LINE(5, 5)
TE_LINE(6, 6)
TE_LINE_GROUPS(5, 5, 5, TE_LINE_FIRST_OF, TE_LINE_LAST_OF)
TE_LINE_GROUPS(6, 6, 6, TE_LINE_FIRST_OF, TE_LINE_LAST_OF)
TE_LINE(2, 2_2_left)
TE_LINE(2, 2_2_right)
TE_LINE(2, 2_2_both)
TE_LINE(3, 3_2_left)
TE_LINE(3, 3_2_right)
TE_LINE(3, 3_2_both)
TE_LINE(4, 4_2_left)
TE_LINE(4, 4_2_right)
TE_LINE(4, 4_2_both)
TE_LINE(5, 5_2_left)
TE_LINE(5, 5_2_right)
TE_LINE(5, 5_2_both)
TE_LINE_GROUPS(4, 4_2, 4_2_left, TE_LINE_FIRST_OF, TE_LINE_NO_LAST)
TE_LINE_GROUPS(4, 4_2, 4_2_right, TE_LINE_NO_FIRST, TE_LINE_LAST_OF)
TE_LINE_GROUPS(4, 4_2, 4_2_both, TE_LINE_FIRST_OF, TE_LINE_LAST_OF)
TE_LINE_GROUPS(5, 5_2, 5_2_left, TE_LINE_FIRST_OF, TE_LINE_NO_LAST)
TE_LINE_GROUPS(5, 5_2, 5_2_right, TE_LINE_NO_FIRST, TE_LINE_LAST_OF)
TE_LINE_GROUPS(5, 5_2, 5_2_both, TE_LINE_FIRST_OF, TE_LINE_LAST_OF)
#pragma GCC diagnostic pop

#else

#define TE_BASE_OUTPUT te_base_output
#include "te_base_depthwise.h"

TE_NOINLINE static void te_groups_1(const te_depthwise_channel *channel, int32_t groups,
                                    int8_t *out, int32_t step)
{
    te_depthwise_groups(channel, groups, out, step, 3, 1);
}

TE_NOINLINE static void te_groups_2(const te_depthwise_channel *channel, int32_t groups,
                                    int8_t *out, int32_t step)
{
    te_depthwise_groups(channel, groups, out, step, 3, 2);
}

/* Copies the three rows of a channel, of which [first, last) are inside the input. */
static void te_line_copy(const te_depthwise_line *line, int32_t width, int32_t at)
{
    const te_depthwise_conv2d_base_3x3_params *const op = line->op;
    te_row_walk row = line->walk;
    const int32_t room = width - op->pad_left;
    int8_t *to = line->padded + op->pad_left;
    for (int32_t kh = line->rows == TE_LINE_WHOLE ? 0 : 1; kh < 3; kh++) {
        te_depthwise_copy((const int8_t *)line->in.base + row.offset + at, op->in_pixel_step, to,
                          room < op->in_w ? room : op->in_w);
        te_walk_on(&row);
        to += width;
    }
}

/* The twin in C of all with one stride. */
static inline void te_line(const te_depthwise_line *line, const int32_t stride,
                           te_depthwise_fn groups)
{
    const te_depthwise_conv2d_base_3x3_params *const op = line->op;
    const int32_t width = te_line_width(op);
    const int32_t above = line->rows == TE_LINE_TOP ? 3 : 0;
    const int32_t below = line->rows == TE_LINE_BOTTOM ? 3 : 0;
    te_depthwise_channel channel = {line->padded, 0, (9 - above - below) / 3, width, 0, {0, 0, 0}};
    const int8_t *weight = op->weight;
    const int32_t *factors = op->factors;
    int8_t *out = line->out;
    for (int32_t c = 0; c < op->channels; c++) {
        te_line_copy(line, width, c * op->in_channel_step);
        channel.weight = weight + above;
        channel.bias = te_depthwise_bias(factors[0]) +
                       op->in_zero_point * (te_depthwise_sum(weight, above) +
                                            te_depthwise_sum(weight + 9 - below, below));
        channel.factors =
            te_base_fold(factors[1], te_depthwise_shift(factors[0]), op->out_zero_point);
        te_depthwise_run(channel, op->out_w, out, op->out_pixel_step, stride, groups);
        out += op->out_channel_step;
        weight += 9;
        factors += 2;
    }
}

TE_NOINLINE static void te_line_1(const te_depthwise_line *line)
{
    te_line(line, 1, te_groups_1);
}

TE_NOINLINE static void te_line_2(const te_depthwise_line *line)
{
    te_line(line, 2, te_groups_2);
}

#define TE_LINE(name, twin)                                                                        \
    TE_SHARED void te_depthwise_##name(const te_depthwise_line *line)                              \
    {                                                                                              \
        twin(line);                                                                                \
    }
TE_LINE(line_3, te_line_1)
TE_LINE(line_4, te_line_1)
TE_LINE(line_5, te_line_1)
TE_LINE(line_6, te_line_1)
TE_LINE(groups_5, te_line_1)
TE_LINE(groups_6, te_line_1)
TE_LINE(line_2_2_left, te_line_2)
TE_LINE(line_2_2_right, te_line_2)
TE_LINE(line_2_2_both, te_line_2)
TE_LINE(line_3_2_left, te_line_2)
TE_LINE(line_3_2_right, te_line_2)
TE_LINE(line_3_2_both, te_line_2)
TE_LINE(line_4_2_left, te_line_2)
TE_LINE(line_4_2_right, te_line_2)
TE_LINE(line_4_2_both, te_line_2)
TE_LINE(line_5_2_left, te_line_2)
TE_LINE(line_5_2_right, te_line_2)
TE_LINE(line_5_2_both, te_line_2)
TE_LINE(groups_4_2_left, te_line_2)
TE_LINE(groups_4_2_right, te_line_2)
TE_LINE(groups_4_2_both, te_line_2)
TE_LINE(groups_5_2_left, te_line_2)
TE_LINE(groups_5_2_right, te_line_2)
TE_LINE(groups_5_2_both, te_line_2)

#endif
