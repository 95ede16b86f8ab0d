#include "machines.h"

#pragma STDC FP_CONTRACT OFF

// Versions for wider vectors exist where the compiler can choose between them at start.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_WIDER_PROCESSORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_WIDER_PROCESSORS
#endif

typedef double doubles8 __attribute__((ext_vector_type(8), aligned(8)));
typedef float floats8 __attribute__((ext_vector_type(8), aligned(4)));
typedef int64_t longs8 __attribute__((ext_vector_type(8)));

#define WIDENED(values) __builtin_convertvector(*(const floats8 *)(values), doubles8)

// e to the power of eight numbers that are not above zero, into `result`: n is the whole number
// nearest to x / ln 2, found by the rounding of a great sum; the rest takes a Taylor series to the
// 9th power, which is good to 1e-11, far below what a float holds.
#define POWER_OF_E(x, result)                                                                      \
    {                                                                                              \
        const doubles8 bounded = (x) < -700 ? (doubles8){0} - 700 : (x);                           \
        const doubles8 great = bounded * 1.4426950408889634 + 0x1.8p52;                            \
        const doubles8 n = great - 0x1.8p52;                                                       \
        const doubles8 r = (bounded - n * 6.931471803691238e-1) - n * 1.9082149292705877e-10;      \
        doubles8 series = (doubles8){0} + 1.0 / 362880;                                            \
        series = series * r + 1.0 / 40320;                                                         \
        series = series * r + 1.0 / 5040;                                                          \
        series = series * r + 1.0 / 720;                                                           \
        series = series * r + 1.0 / 120;                                                           \
        series = series * r + 1.0 / 24;                                                            \
        series = series * r + 1.0 / 6;                                                             \
        series = series * r + 0.5;                                                                 \
        series = series * r + 1.0;                                                                 \
        series = series * r + 1.0;                                                                 \
        /* The low bits of the great sum are n. */                                                 \
        const longs8 exponent = (__builtin_bit_cast(longs8, great) + 1023) << 52;                  \
        result = series * __builtin_bit_cast(doubles8, exponent);                                  \
    }

// What becomes of a sum of products: `gamma * x . y + coefficient`, to a whole power.
static inline __attribute__((always_inline)) void power(doubles8 *sum, int32_t exponent) {
    doubles8 factor = *sum;
    doubles8 result = (doubles8){0} + 1.0;
    for (int32_t rest = exponent; rest > 0; rest /= 2) {
        if (rest % 2 == 1) result *= factor;
        factor *= factor;
    }
    *sum = result;
}

// Sums over the features of four tiles at once, which hides how long an addition takes.
#define SUMS(tile, term)                                                                           \
    for (int32_t feature = 0; feature < width; feature++) {                                        \
        const double own = row[feature];                                                           \
        const double *at = tile + (ptrdiff_t)feature * 8;                                          \
        for (int part = 0; part < 4; part++) {                                                     \
            const doubles8 other = *(const doubles8 *)(at + part * step);                          \
            sums[part] += term;                                                                    \
        }                                                                                          \
    }

FOR_WIDER_PROCESSORS
void boreal_kernel_values(const boreal_kernel *kernel, const double *row, int32_t first,
                          int32_t end, float *values) {
    const int32_t width = kernel->width;
    const ptrdiff_t tile_size = (ptrdiff_t)width * 8;
    const doubles8 gamma = (doubles8){0} + kernel->gamma;
    for (int32_t tile = first / 8; tile * 8 < end; tile += 4) {
        const int32_t left = (end + 7) / 8 - tile;
        const double *base = kernel->tiles + tile * tile_size;
        // Of fewer than four tiles the first is computed again.
        const int32_t parts = left < 4 ? left : 4;
        const ptrdiff_t step = left < 4 ? 0 : tile_size;
        for (int32_t begin = 0; begin < (step ? 1 : parts); begin++) {
            doubles8 sums[4] = {{0}, {0}, {0}, {0}};
            const double *tiles = base + begin * tile_size;
            if (kernel->kind == boreal_kernel_radial) {
                SUMS(tiles, (other - own) * (other - own))
            } else {
                SUMS(tiles, other * own)
            }
            for (int part = 0; part < (step ? 4 : 1); part++) {
                doubles8 sum = sums[part];
                if (kernel->kind == boreal_kernel_radial) {
                    const doubles8 x = -(sum * gamma);
                    POWER_OF_E(x, sum)
                } else if (kernel->kind == boreal_kernel_polynomial) {
                    sum = sum * gamma + kernel->coefficient;
                    power(&sum, kernel->degree);
                } else if (kernel->kind == boreal_kernel_sigmoid) {
                    sum = sum * gamma + kernel->coefficient;
                    const doubles8 x = sum < 0 ? sum + sum : -(sum + sum);
                    doubles8 e;
                    POWER_OF_E(x, e)
                    const doubles8 tanh = (1 - e) / (1 + e);
                    sum = sum < 0 ? -tanh : tanh;
                }
                *(floats8 *)(values + (tile + begin + part) * 8) =
                    __builtin_convertvector(sum, floats8);
            }
        }
    }
}

FOR_WIDER_PROCESSORS
boreal_found boreal_move_errors(double *errors, const double *up, const float *left,
                                const float *right, double step, int32_t count) {
    doubles8 best = (doubles8){0} - __builtin_inf();
    longs8 place = {0};
    longs8 here = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int32_t index = 0; index < count; index += 8) {
        const doubles8 difference = WIDENED(left + index) - WIDENED(right + index);
        const doubles8 error = *(const doubles8 *)(errors + index) - difference * step;
        *(doubles8 *)(errors + index) = error;
        const doubles8 sum = error + *(const doubles8 *)(up + index);
        const longs8 is_greater = sum > best;
        best = is_greater ? sum : best;
        place = is_greater ? here : place;
        here += 8;
    }
    boreal_found found = {-__builtin_inf(), -1, 0};
    for (int lane = 0; lane < 8; lane++) {
        const int wins = best[lane] > found.value ||
                         (best[lane] == found.value && found.index >= 0 &&
                          place[lane] < found.index);
        if (!wins) continue;
        found.value = best[lane];
        found.index = (int32_t)place[lane];
    }
    return found;
}

// A gain is compared by a product, and divided out only where it is greater than the best so far,
// which is seldom: divisions took half of the time of this loop.
FOR_WIDER_PROCESSORS
boreal_found boreal_choose_partner(const double *errors, const double *down, const float *values,
                                   const double *diagonal, double greatest, double own,
                                   int32_t count) {
    doubles8 least = (doubles8){0} + __builtin_inf();
    boreal_found found = {0, -1, 0};
    for (int32_t index = 0; index < count; index += 8) {
        const doubles8 error = *(const doubles8 *)(errors + index);
        const doubles8 sum = error + *(const doubles8 *)(down + index);
        least = sum < least ? sum : least;
        const doubles8 over = greatest - sum;
        doubles8 curve = *(const doubles8 *)(diagonal + index) + own;
        curve = curve - 2 * WIDENED(values + index);
        curve = curve > 0 ? curve : (doubles8){0} + 1e-12;
        const longs8 wanted = (over > 0) & (over * over > curve * found.value);
        if (__builtin_expect(__builtin_reduce_or(wanted) == 0, 1)) continue;
        const doubles8 gains = over * over / curve;
        for (int lane = 0; lane < 8; lane++) {
            if (!wanted[lane] || !(gains[lane] > found.value)) continue;
            found.value = gains[lane];
            found.index = index + lane;
        }
    }
    found.least = least[0];
    for (int lane = 1; lane < 8; lane++) {
        if (least[lane] < found.least) found.least = least[lane];
    }
    return found;
}

FOR_WIDER_PROCESSORS
void boreal_subtract_values(double *errors, const float *values, double factor, int32_t count) {
    for (int32_t index = 0; index < count; index += 8) {
        *(doubles8 *)(errors + index) -= WIDENED(values + index) * factor;
    }
}
