/* Logarithm of softmax, int8, portable C. */
#include "te_log_softmax.h"

#include "te_reciprocal.h"

/* Constants in Q0.31 of log(2^e * r) for r near the fourth root of 1/2. */
#define LOG_2 1488522236
#define SQRT_HALF 1518500250
#define FOURTH_ROOT_OF_HALF 1805811301
#define ALPHA_N 117049297
#define ALPHA_D 127690142
#define ALPHA_I 1057819769
#define ALPHA_F 638450708

#define SUM_INTEGER_BITS 12
#define FRACTION_BITS 25 /* of exponents: Q6.25 */
#define QUARTER (1 << (FRACTION_BITS - 2))

/* A sum as 2^exponent (Q6.25) times mantissa (Q0.31). */
typedef struct {
    int32_t exponent;
    int32_t mantissa;
} parts;

/* Of two ways, one with an exponent a quarter above a whole number and one a quarter below, the
 * greater exponent and the smaller mantissa. A sum is in [2^19, 2^31).
 */
static parts take_apart(int32_t sum)
{
    const int32_t zeros = te_leading_zeros(sum);
    const int32_t half_below = te_multiply_q31(sum << (zeros - 1), SQRT_HALF);
    const int32_t below = half_below > INT32_MAX >> 1 ? INT32_MAX : half_below * 2;
    const int32_t below_exponent = (SUM_INTEGER_BITS - zeros) * (1 << FRACTION_BITS) + QUARTER;
    const int32_t headroom = te_leading_zeros(te_multiply_q31(sum, SQRT_HALF)) - 1;
    const int32_t above = sum > INT32_MAX >> headroom ? INT32_MAX : sum << headroom;
    const int32_t above_exponent = (SUM_INTEGER_BITS - headroom) * (1 << FRACTION_BITS) - QUARTER;
    const parts result = {below_exponent > above_exponent ? below_exponent : above_exponent,
                          below < above ? below : above};
    return result;
}

/* log(sum) in Q5.26. */
static int32_t logarithm(int32_t sum)
{
    const parts of = take_apart(sum);
    const int32_t middle = (int32_t)(((uint32_t)of.mantissa + FOURTH_ROOT_OF_HALF + 1U) >> 1);
    const int32_t offset = (of.mantissa - FOURTH_ROOT_OF_HALF) * 2;
    const int32_t magnitude = offset < 0 ? -offset : offset;
    const int32_t square = te_multiply_q31(magnitude, magnitude);
    const int32_t numerator = te_multiply_q31(offset, of.mantissa) +
                              te_multiply_q31(te_multiply_q31(offset, square), ALPHA_N);
    const int32_t powers = ALPHA_I + offset + te_multiply_q31(square, ALPHA_D);
    const int32_t denominator = te_multiply_q31(middle, powers) + te_multiply_q31(offset, ALPHA_F);
    const int32_t quotient = te_multiply_q31(te_shift_right_rounded(numerator, 6),
                                             te_reciprocal_of_one_plus(denominator));
    const int32_t result = te_multiply_q31(of.exponent, LOG_2) + quotient;
    return result > INT32_MAX >> 1 ? INT32_MAX : result * 2;
}

static int8_t maximum(const int8_t *row, int32_t depth)
{
    int8_t most = row[0];
    for (int32_t i = 1; i < depth; i++) {
        most = row[i] > most ? row[i] : most;
    }
    return most;
}

static int32_t sum_exponentials(const te_log_softmax_params *op, const int8_t *row, int32_t most)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t difference = most - row[i];
        sum += difference < op->differences ? op->summands[difference] : 0;
    }
    return sum;
}

TE_SHARED void te_log_softmax_s8(const te_log_softmax_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        int8_t *output = te_dst_row(out, row);
        const int32_t most = maximum(input, op->depth);
        const int32_t log = logarithm(sum_exponentials(op, input, most));
        const int32_t lowest = te_requantize(log + INT32_MIN, op->back_multiplier, op->back_shift);
        const int32_t least = lowest > op->least ? lowest : op->least;
        for (int32_t i = 0; i < op->depth; i++) {
            const int32_t below = input[i] - most;
            int32_t value = INT8_MIN;
            if (below > least) {
                const int32_t scaled = te_requantize(below, op->multiplier, op->shift) - log;
                value = te_shift_right_rounded(scaled, 31 - 5 - 4) + INT8_MAX;
            }
            output[i] = (int8_t)te_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}
