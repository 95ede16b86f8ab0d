#include "dense.h"

#include <string.h>

#include "levels.h"

typedef double doubles4 __attribute__((vector_size(32), aligned(8)));
typedef double doubles8 __attribute__((vector_size(64), aligned(8)));
typedef int64_t bits8 __attribute__((vector_size(64), aligned(8)));

#define INLINE static inline __attribute__((always_inline))

// The lanes of a sum, in a fixed order.
#define SUM4(v) (((v)[0] + (v)[1]) + ((v)[2] + (v)[3]))
#define SUM8(v) ((((v)[0] + (v)[1]) + ((v)[2] + (v)[3])) + (((v)[4] + (v)[5]) + ((v)[6] + (v)[7])))

// Fetches what the caller will ask for next: the rows behind these. A block of rows is a short run
// of each column, too short for the processor to foresee the next; asked for a block ahead, packing
// 200 columns takes 15 ms instead of 25, and a walk over them 14 instead of 18. An address behind
// the last row does no harm.
#define PREFETCH(numbers, count)                                                                   \
    for (ptrdiff_t ahead = 0; ahead < (count); ahead += 8) {                                       \
        __builtin_prefetch((numbers) + ahead, 0, 2);                                               \
    }

FOR_WIDER_PROCESSORS
double boreal_sum(const double *values, ptrdiff_t count) {
    double total = 0;
    ptrdiff_t i = 0;
    while (i + 8 <= count) {
        const ptrdiff_t end = count - i < 4096 ? count : i + 4096;
        doubles8 sums = {0};
        for (; i + 8 <= end; i += 8) sums += *(const doubles8 *)(values + i);
        total += SUM8(sums);
    }
    for (; i < count; i++) total += values[i];
    return total;
}

FOR_WIDER_PROCESSORS
double boreal_square(const double *values, ptrdiff_t count, double from, const double *weights) {
    doubles8 sums = {0};
    ptrdiff_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const doubles8 x = *(const doubles8 *)(values + i) - from;
        sums += weights ? x * x * *(const doubles8 *)(weights + i) : x * x;
    }
    double sum = SUM8(sums);
    for (; i < count; i++) {
        sum += (values[i] - from) * (values[i] - from) * (weights ? weights[i] : 1);
    }
    return sum;
}

FOR_WIDER_PROCESSORS
void boreal_add(double *target, const double *source, double factor, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) target[i] += factor * source[i];
}

FOR_WIDER_PROCESSORS
void boreal_pack(const double *values, ptrdiff_t count, double shift, double factor,
                 const double *scales, double *packed) {
    PREFETCH(values + count, count);
    if (scales) {
        for (ptrdiff_t i = 0; i < count; i++) packed[i] = (values[i] - shift) * factor * scales[i];
    } else {
        for (ptrdiff_t i = 0; i < count; i++) packed[i] = (values[i] - shift) * factor;
    }
    for (ptrdiff_t i = count; i % 4 != 0; i++) packed[i] = 0;
}

// Columns are read along their rows, four lanes at once, so nothing is broadcast or transposed:
// twelve running sums take seven loads for twelve products, and stay in the sixteen registers of
// AVX2.
FOR_WIDER_PROCESSORS
void boreal_gram_tiles(const double *left, int32_t left_count, const double *right,
                       int32_t right_count, ptrdiff_t rows, int32_t is_diagonal, double *sums,
                       ptrdiff_t stride) {
    for (int32_t i = 0; i < left_count; i += 4) {
        const double *a = left + i * rows;
        for (int32_t j = is_diagonal ? i / 3 * 3 : 0; j < right_count; j += 3) {
            const double *b = right + j * rows;
            doubles4 s00 = {0}, s01 = {0}, s02 = {0}, s10 = {0}, s11 = {0}, s12 = {0};
            doubles4 s20 = {0}, s21 = {0}, s22 = {0}, s30 = {0}, s31 = {0}, s32 = {0};
            for (ptrdiff_t row = 0; row < rows; row += 4) {
                const doubles4 b0 = *(const doubles4 *)(b + row);
                const doubles4 b1 = *(const doubles4 *)(b + rows + row);
                const doubles4 b2 = *(const doubles4 *)(b + 2 * rows + row);
                const doubles4 a0 = *(const doubles4 *)(a + row);
                s00 += a0 * b0, s01 += a0 * b1, s02 += a0 * b2;
                const doubles4 a1 = *(const doubles4 *)(a + rows + row);
                s10 += a1 * b0, s11 += a1 * b1, s12 += a1 * b2;
                const doubles4 a2 = *(const doubles4 *)(a + 2 * rows + row);
                s20 += a2 * b0, s21 += a2 * b1, s22 += a2 * b2;
                const doubles4 a3 = *(const doubles4 *)(a + 3 * rows + row);
                s30 += a3 * b0, s31 += a3 * b1, s32 += a3 * b2;
            }
            double *line = sums + i * stride + j;
            line[0] += SUM4(s00), line[1] += SUM4(s01), line[2] += SUM4(s02);
            line += stride;
            line[0] += SUM4(s10), line[1] += SUM4(s11), line[2] += SUM4(s12);
            line += stride;
            line[0] += SUM4(s20), line[1] += SUM4(s21), line[2] += SUM4(s22);
            line += stride;
            line[0] += SUM4(s30), line[1] += SUM4(s31), line[2] += SUM4(s32);
        }
    }
}

FOR_WIDER_PROCESSORS
double boreal_dot(const double *a, const double *b, ptrdiff_t count) {
    doubles8 low = {0}, high = {0};
    ptrdiff_t i = 0;
    for (; i + 16 <= count; i += 16) {
        low += *(const doubles8 *)(a + i) * *(const doubles8 *)(b + i);
        high += *(const doubles8 *)(a + i + 8) * *(const doubles8 *)(b + i + 8);
    }
    low += high;
    double sum = SUM8(low);
    for (; i < count; i++) sum += a[i] * b[i];
    return sum;
}

// Four columns share each load of the vector and hide each other's latency.
FOR_WIDER_PROCESSORS
void boreal_dots(const double *vector, ptrdiff_t count, const double *const *columns,
                 ptrdiff_t first, ptrdiff_t columns_count, double *sums) {
    const ptrdiff_t whole = count & ~(ptrdiff_t)7;
    ptrdiff_t column = 0;
    for (; column + 4 <= columns_count; column += 4) {
        const double *c0 = columns[column] + first, *c1 = columns[column + 1] + first;
        const double *c2 = columns[column + 2] + first, *c3 = columns[column + 3] + first;
        doubles8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (ptrdiff_t i = 0; i < whole; i += 8) {
            const doubles8 v = *(const doubles8 *)(vector + i);
            s0 += v * *(const doubles8 *)(c0 + i);
            s1 += v * *(const doubles8 *)(c1 + i);
            s2 += v * *(const doubles8 *)(c2 + i);
            s3 += v * *(const doubles8 *)(c3 + i);
        }
        double t0 = SUM8(s0), t1 = SUM8(s1), t2 = SUM8(s2), t3 = SUM8(s3);
        for (ptrdiff_t i = whole; i < count; i++) {
            t0 += vector[i] * c0[i], t1 += vector[i] * c1[i];
            t2 += vector[i] * c2[i], t3 += vector[i] * c3[i];
        }
        sums[column] += t0, sums[column + 1] += t1;
        sums[column + 2] += t2, sums[column + 3] += t3;
    }
    for (; column < columns_count; column++) {
        const double *c = columns[column] + first;
        doubles8 s = {0};
        for (ptrdiff_t i = 0; i < whole; i += 8) {
            s += *(const doubles8 *)(vector + i) * *(const doubles8 *)(c + i);
        }
        double t = SUM8(s);
        for (ptrdiff_t i = whole; i < count; i++) t += vector[i] * c[i];
        sums[column] += t;
    }
}

FOR_WIDER_PROCESSORS
void boreal_combine(double *vector, ptrdiff_t count, const double *const *columns, ptrdiff_t first,
                    ptrdiff_t columns_count, const double *factors) {
    ptrdiff_t column = 0;
    for (; column + 4 <= columns_count; column += 4) {
        const double *c0 = columns[column] + first, *c1 = columns[column + 1] + first;
        const double *c2 = columns[column + 2] + first, *c3 = columns[column + 3] + first;
        const double f0 = factors[column], f1 = factors[column + 1];
        const double f2 = factors[column + 2], f3 = factors[column + 3];
        PREFETCH(c0 + count, count);
        PREFETCH(c1 + count, count);
        PREFETCH(c2 + count, count);
        PREFETCH(c3 + count, count);
        for (ptrdiff_t i = 0; i < count; i++) {
            vector[i] += (f0 * c0[i] + f1 * c1[i]) + (f2 * c2[i] + f3 * c3[i]);
        }
    }
    for (; column < columns_count; column++) {
        const double *c = columns[column] + first;
        const double f = factors[column];
        for (ptrdiff_t i = 0; i < count; i++) vector[i] += f * c[i];
    }
}

FOR_WIDER_PROCESSORS
void boreal_spread(const double *vector, ptrdiff_t count, double *const *columns,
                   ptrdiff_t columns_count, const double *factors) {
    for (ptrdiff_t column = 0; column < columns_count; column++) {
        double *restrict c = columns[column];
        const double f = factors[column];
        for (ptrdiff_t i = 0; i < count; i++) c[i] += f * vector[i];
    }
}

// exp(x) of eight numbers from -708 to 0: x = n ln 2 + r, the Taylor series of r to the 13th power,
// and n added to the exponent. Rounding to a whole n by adding 1.5 * 2^52 leaves n in the low bits.
INLINE void exp8(const doubles8 *source, doubles8 *target) {
    const doubles8 x = *source;
    const doubles8 magic = (doubles8){0} + 0x1.8p52;
    const doubles8 rounded = x * 1.4426950408889634 + magic;
    const doubles8 n = rounded - magic;
    const doubles8 r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    doubles8 sum = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
    sum = sum * r + 1.0 / 39916800.0;
    sum = sum * r + 1.0 / 3628800.0;
    sum = sum * r + 1.0 / 362880.0;
    sum = sum * r + 1.0 / 40320.0;
    sum = sum * r + 1.0 / 5040.0;
    sum = sum * r + 1.0 / 720.0;
    sum = sum * r + 1.0 / 120.0;
    sum = sum * r + 1.0 / 24.0;
    sum = sum * r + 1.0 / 6.0;
    sum = sum * r + 0.5;
    sum = sum * r + 1.0;
    sum = sum * r + 1.0;
    const bits8 power = ((bits8)rounded + 1023) << 52;
    *target = sum * (doubles8)power;
}

// 2 artanh(s) for |s| <= 1/3, by its series: log((1 + s) / (1 - s)).
INLINE void artanh8(const doubles8 *source, doubles8 *target) {
    const doubles8 s = *source, z = s * s;
    doubles8 sum = z * (1.0 / 33.0) + 1.0 / 31.0;
    sum = sum * z + 1.0 / 29.0;
    sum = sum * z + 1.0 / 27.0;
    sum = sum * z + 1.0 / 25.0;
    sum = sum * z + 1.0 / 23.0;
    sum = sum * z + 1.0 / 21.0;
    sum = sum * z + 1.0 / 19.0;
    sum = sum * z + 1.0 / 17.0;
    sum = sum * z + 1.0 / 15.0;
    sum = sum * z + 1.0 / 13.0;
    sum = sum * z + 1.0 / 11.0;
    sum = sum * z + 1.0 / 9.0;
    sum = sum * z + 1.0 / 7.0;
    sum = sum * z + 1.0 / 5.0;
    sum = sum * z + 1.0 / 3.0;
    sum = sum * z + 1.0;
    *target = 2 * s * sum;
}

// `a` where the mask is set, else `b`.
#define CHOOSE(mask, a, b) ((doubles8)(((bits8)(a) & (mask)) | ((bits8)(b) & ~(mask))))
// Eight numbers of an array, or the rest of it with zeros behind.
#define LOAD(array, i, rest) memcpy(&(array##8), (array) + (i), (size_t)(rest) * sizeof(double))

FOR_WIDER_PROCESSORS
double boreal_logistic(double *scores, const double *labels, const double *weights,
                       ptrdiff_t count) {
    doubles8 total = {0};
    for (ptrdiff_t i = 0; i < count; i += 8) {
        const ptrdiff_t rest = count - i < 8 ? count - i : 8;
        doubles8 scores8 = {0}, labels8 = {0}, weights8 = {0};
        if (rest == 8) {
            scores8 = *(const doubles8 *)(scores + i);
            labels8 = *(const doubles8 *)(labels + i);
            weights8 = weights ? *(const doubles8 *)(weights + i) : (doubles8){0} + 1;
        } else {
            LOAD(scores, i, rest);
            LOAD(labels, i, rest);
            for (ptrdiff_t k = 0; k < rest; k++) weights8[k] = weights ? weights[i + k] : 1;
        }
        const bits8 is_negative = (bits8)(scores8 < 0);
        const doubles8 negated = CHOOSE(is_negative, scores8, -scores8);
        const doubles8 clamped = CHOOSE((bits8)(negated > -708), negated, (doubles8){0} - 708);
        doubles8 power, logarithm;
        exp8(&clamped, &power);
        const doubles8 quotient = power / (2 + power);
        artanh8(&quotient, &logarithm);
        const doubles8 p = CHOOSE(is_negative, power, (doubles8){0} + 1) / (1 + power);
        const doubles8 above = CHOOSE(is_negative, (doubles8){0}, scores8);
        total += weights8 * (logarithm + (above - labels8 * scores8));
        const doubles8 slope = weights8 * (p - labels8);
        memcpy(scores + i, &slope, (size_t)rest * sizeof(double));
    }
    return SUM8(total);
}

// log(x) of eight numbers that are at least 1.
INLINE void log8(const doubles8 *source, doubles8 *target) {
    const bits8 bits = (bits8)*source;
    // A whole number below 2^52 as a double: its bits put behind those of 2^52.
    const bits8 base = (bits8){0} + 0x4330000000000000;
    const doubles8 exponent = (doubles8)((bits >> 52) | base) - (0x1p52 + 1023);
    const doubles8 m = (doubles8)((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
    const doubles8 s = (m - 1) / (m + 1);
    doubles8 logarithm;
    artanh8(&s, &logarithm);
    *target = exponent * 1.90821492927058770002e-10 + logarithm
              + exponent * 6.93147180369123816490e-01;
}

FOR_WIDER_PROCESSORS
double boreal_softmax(double *scores, ptrdiff_t stride, int32_t classes, const double *labels,
                      const double *weights, ptrdiff_t count, double *greatest) {
    for (ptrdiff_t i = 0; i < count; i++) greatest[i] = scores[i];
    for (int32_t k = 1; k < classes; k++) {
        const double *own = scores + k * stride;
        for (ptrdiff_t i = 0; i < count; i++) {
            greatest[i] = own[i] > greatest[i] ? own[i] : greatest[i];
        }
    }
    double total = 0;
    for (ptrdiff_t i = 0; i < count; i += 8) {
        const ptrdiff_t rest = count - i < 8 ? count - i : 8;
        const size_t bytes = (size_t)rest * sizeof(double);
        doubles8 most = {0}, sum = {0}, chosen = {0}, labels8 = {0}, weights8 = {0}, logarithm;
        memcpy(&most, greatest + i, bytes);
        memcpy(&labels8, labels + i, bytes);
        for (ptrdiff_t k = 0; k < rest; k++) weights8[k] = weights ? weights[i + k] : 1;
        for (int32_t k = 0; k < classes; k++) {
            doubles8 z = {0};
            memcpy(&z, scores + k * stride + i, bytes);
            z -= most;
            chosen = CHOOSE((bits8)(labels8 == (double)k), z, chosen);
            z = CHOOSE((bits8)(z > -708), z, (doubles8){0} - 708);
            exp8(&z, &z);
            sum += z;
            memcpy(scores + k * stride + i, &z, bytes);
        }
        // Behind the last row nothing was added up.
        sum = CHOOSE((bits8)(sum >= 1), sum, (doubles8){0} + 1);
        log8(&sum, &logarithm);
        const doubles8 losses = weights8 * (logarithm - chosen);
        for (ptrdiff_t k = 0; k < rest; k++) total += losses[k];
        const doubles8 factor = weights8 / sum;
        for (int32_t k = 0; k < classes; k++) {
            doubles8 z = {0};
            memcpy(&z, scores + k * stride + i, bytes);
            z = z * factor;
            z = CHOOSE((bits8)(labels8 == (double)k), z - weights8, z);
            memcpy(scores + k * stride + i, &z, bytes);
        }
    }
    return total;
}
