/* Arithmetic that a core lacks, so that no compiler's library is needed: mostly for the Cortex-M0.
 * Source: Arm IHI 0043, sections 4.2 and 4.3.1, the run-time ABI's integer functions.
 */
#include <stdint.h>

/* Calls to these appear only after link-time optimization: it must not drop them before. */
#define AEABI __attribute__((used))

AEABI uint64_t __aeabi_uidivmod(uint32_t numerator, uint32_t denominator);
AEABI uint64_t __aeabi_idivmod(int32_t numerator, int32_t denominator);
AEABI uint64_t __aeabi_lmul(uint64_t lhs, uint64_t rhs);
AEABI uint64_t __aeabi_llsl(uint64_t value, int32_t count);
AEABI uint64_t __aeabi_llsr(uint64_t value, int32_t count);
AEABI int64_t __aeabi_lasr(int64_t value, int32_t count);

static inline uint64_t pair(uint32_t low, uint32_t high)
{
    return ((uint64_t)high << 32) | low;
}

/* One bit of the quotient, and what is left of the numerator. */
#define DIVIDE_BIT(BIT)                                                                            \
    if (numerator >> (BIT) >= denominator) {                                                       \
        numerator -= denominator << (BIT);                                                         \
        quotient += 1u << (BIT);                                                                   \
    }

/* Give quotient (low word) and remainder (high word), bit by bit from the highest; small quotients,
 * which are the usual ones, skip most of them. By 0 the quotient is 0.
 */
__attribute__((noinline)) uint64_t __aeabi_uidivmod(uint32_t numerator, uint32_t denominator)
{
    uint32_t quotient = 0u;
    if (denominator == 0u) {
        return pair(0u, numerator);
    }
    if (numerator >> 8 >= denominator) {
        for (uint32_t bit = 31u; bit >= 8u; --bit) {
            DIVIDE_BIT(bit)
        }
    }
    if (numerator >> 4 >= denominator) {
        DIVIDE_BIT(7u)
        DIVIDE_BIT(6u)
        DIVIDE_BIT(5u)
        DIVIDE_BIT(4u)
    }
    DIVIDE_BIT(3u)
    DIVIDE_BIT(2u)
    DIVIDE_BIT(1u)
    DIVIDE_BIT(0u)
    return pair(quotient, numerator);
}

static inline uint32_t magnitude(int32_t value)
{
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

/* The remainder has the sign of the numerator, as in C. */
uint64_t __aeabi_idivmod(int32_t numerator, int32_t denominator)
{
    if (numerator >= 0 && denominator >= 0) {
        return __aeabi_uidivmod((uint32_t)numerator, (uint32_t)denominator);
    }
    const uint64_t both = __aeabi_uidivmod(magnitude(numerator), magnitude(denominator));
    const uint32_t quotient = (uint32_t)both;
    const uint32_t remainder = (uint32_t)(both >> 32);
    return pair((numerator ^ denominator) < 0 ? 0u - quotient : quotient,
                numerator < 0 ? 0u - remainder : remainder);
}

/* Who asks for the quotient alone does not look at the remainder beside it. */
#define SAME_AS(FUNCTION) __attribute__((used, alias(#FUNCTION)))

SAME_AS(__aeabi_uidivmod) uint64_t __aeabi_uidiv(uint32_t numerator, uint32_t denominator);
SAME_AS(__aeabi_idivmod) uint64_t __aeabi_idiv(int32_t numerator, int32_t denominator);

/* Schoolbook, by halves of the low words; of the high words only the low product counts. */
uint64_t __aeabi_lmul(uint64_t lhs, uint64_t rhs)
{
    const uint32_t a = (uint32_t)lhs;
    const uint32_t b = (uint32_t)rhs;
    const uint32_t low = (a & 0xffffu) * (b & 0xffffu);
    const uint32_t middle = (a >> 16) * (b & 0xffffu) + (low >> 16);
    const uint32_t other = (a & 0xffffu) * (b >> 16) + (middle & 0xffffu);
    const uint32_t high = (a >> 16) * (b >> 16) + (middle >> 16) + (other >> 16);
    const uint32_t outer = a * (uint32_t)(rhs >> 32) + b * (uint32_t)(lhs >> 32);
    return pair((other << 16) | (low & 0xffffu), high + outer);
}

uint64_t __aeabi_llsl(uint64_t value, int32_t count)
{
    const uint32_t low = (uint32_t)value;
    if (count >= 32) {
        return pair(0u, low << (count - 32));
    }
    if (count == 0) {
        return value;
    }
    return pair(low << count, ((uint32_t)(value >> 32) << count) | (low >> (32 - count)));
}

uint64_t __aeabi_llsr(uint64_t value, int32_t count)
{
    const uint32_t high = (uint32_t)(value >> 32);
    if (count >= 32) {
        return pair(high >> (count - 32), 0u);
    }
    if (count == 0) {
        return value;
    }
    return pair(((uint32_t)value >> count) | (high << (32 - count)), high >> count);
}

int64_t __aeabi_lasr(int64_t value, int32_t count)
{
    const uint32_t sign = value < 0 ? 0xffffffffu : 0u;
    const uint64_t bits = (uint64_t)value ^ pair(sign, sign);
    return (int64_t)(__aeabi_llsr(bits, count) ^ pair(sign, sign));
}
