#include "sequence.h"

#include <float.h>
#include <string.h>

#include "levels.h"

#define INLINE static inline __attribute__((always_inline))

typedef float floats16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t ints16 __attribute__((vector_size(64), aligned(4)));

enum { lanes = 16 };

#define AT(pointer) (*(const floats16 *)(pointer))
#define PUT(pointer) (*(floats16 *)(pointer))
#define CHOOSE(mask, yes, no) ((floats16)(((mask) & (ints16)(yes)) | (~(mask) & (ints16)(no))))

static const ints16 lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// What stands in the first `count` lanes, zero in the others.
#define FIRST_LANES(x, count)                                                                      \
    ((floats16)((ints16)(x) & (ints16)(lane_numbers < (int32_t)(count))))

INLINE float sum_of_lanes(const floats16 *x) {
    float a[8], b[4];
    for (int i = 0; i < 8; i++) a[i] = (*x)[i] + (*x)[i + 8];
    for (int i = 0; i < 4; i++) b[i] = a[i] + a[i + 4];
    return (b[0] + b[2]) + (b[1] + b[3]);
}

// e^x of numbers that are not above zero, to one unit in the last place or two: Cody and Waite's
// reduction and Moshier's polynomial. Below -87 it stays what it is there, 1.6e-38.
INLINE void exp16(floats16 *number) {
    const floats16 low = (floats16){0} - 87.0f;
    const floats16 x = CHOOSE((ints16)(*number > low), *number, low);
    // Adding 1.5 x 2^23 rounds to a whole number.
    const floats16 whole = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    const floats16 r = x - whole * 0.693359375f - whole * -2.12194440e-4f;
    floats16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const ints16 power = (__builtin_convertvector(whole, ints16) + 127) << 23;
    *number = p * (floats16)power;
}

FOR_SEVERAL_PROCESSORS
void boreal_pack_rows(const float *rows, ptrdiff_t stride, int64_t count, int32_t width,
                      float *panels) {
    for (int64_t first = 0; first < count; first += lanes) {
        const int64_t taken = count - first < lanes ? count - first : lanes;
        if (taken < lanes) memset(panels, 0, (size_t)width * lanes * sizeof(float));
        for (int32_t k = 0; k < width; k += lanes) {
            const float *from = rows + first * stride + k;
            float *to = panels + (ptrdiff_t)k * lanes;
            for (int64_t c = 0; c < taken; c++)
                for (int i = 0; i < lanes; i++) to[i * lanes + c] = from[c * stride + i];
        }
        panels += (ptrdiff_t)width * lanes;
    }
}

// exp(scale s - peak) of a row, zero behind its last column; their sum.
INLINE float powers(float *row, int64_t columns, float scale, float peak) {
    floats16 sum = {0};
    for (int64_t i = 0; i < columns; i += lanes) {
        floats16 x = AT(row + i) * scale - peak;
        exp16(&x);
        if (columns - i < lanes) x = FIRST_LANES(x, columns - i);
        PUT(row + i) = x;
        sum += x;
    }
    return sum_of_lanes(&sum);
}

INLINE void multiply_row(float *row, int64_t columns, float factor) {
    for (int64_t i = 0; i < columns; i += lanes) PUT(row + i) = AT(row + i) * factor;
}

FOR_SEVERAL_PROCESSORS
void boreal_attention_shares(float *scores, ptrdiff_t stride, int64_t rows, int64_t columns,
                             float scale, float *peaks, float *factors) {
    const floats16 least = (floats16){0} - FLT_MAX;
    for (int64_t r = 0; r < rows; r++) {
        float *row = scores + r * stride;
        floats16 most = least;
        for (int64_t i = 0; i < columns; i += lanes) {
            floats16 x = AT(row + i) * scale;
            if (columns - i < lanes)
                x = CHOOSE((ints16)(lane_numbers < (int32_t)(columns - i)), x, least);
            most = CHOOSE((ints16)(x > most), x, most);
        }
        float peak = most[0];
        for (int i = 1; i < lanes; i++) peak = most[i] > peak ? most[i] : peak;
        const float factor = 1 / powers(row, columns, scale, peak);
        multiply_row(row, columns, factor);
        peaks[r] = peak;
        factors[r] = factor;
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_attention_again(float *scores, ptrdiff_t stride, int64_t rows, int64_t columns,
                            float scale, const float *peaks, const float *factors) {
    for (int64_t r = 0; r < rows; r++) {
        float *row = scores + r * stride;
        const float peak = peaks[r], factor = factors[r];
        for (int64_t i = 0; i < columns; i += lanes) {
            floats16 x = AT(row + i) * scale - peak;
            exp16(&x);
            if (columns - i < lanes) x = FIRST_LANES(x, columns - i);
            PUT(row + i) = x * factor;
        }
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_attention_deltas(const float *shares, float *deltas, ptrdiff_t stride, int64_t rows,
                             int64_t columns, float scale) {
    for (int64_t r = 0; r < rows; r++) {
        const float *p = shares + r * stride;
        float *d = deltas + r * stride;
        floats16 sum = {0};
        for (int64_t i = 0; i < columns; i += lanes) sum += AT(p + i) * AT(d + i);
        const float mean = sum_of_lanes(&sum);
        for (int64_t i = 0; i < columns; i += lanes)
            PUT(d + i) = AT(p + i) * (AT(d + i) - mean) * scale;
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_normalize(const boreal_layer_norm *norm, const float *values, const float *added,
                      float *normalized, float *scales, float *out) {
    const int32_t width = norm->width;
    for (int64_t r = 0; r < norm->rows; r++) {
        const ptrdiff_t start = r * norm->stride;
        floats16 sum = {0}, squares = {0};
        for (int32_t i = 0; i < width; i += lanes) {
            const floats16 v = AT(values + start + i) + AT(added + start + i);
            PUT(out + start + i) = v;
            sum += v;
        }
        const float mean = sum_of_lanes(&sum) / (float)width;
        for (int32_t i = 0; i < width; i += lanes) {
            floats16 v = AT(out + start + i) - mean;
            if (width - i < lanes) v = FIRST_LANES(v, width - i);
            PUT(out + start + i) = v;
            squares += v * v;
        }
        const float variance = sum_of_lanes(&squares) / (float)width;
        const float scale = 1 / __builtin_sqrtf(variance + 1e-5f);
        if (scales) scales[r] = scale;
        for (int32_t i = 0; i < width; i += lanes) {
            const floats16 x = AT(out + start + i) * scale;
            if (normalized) PUT(normalized + start + i) = x;
            PUT(out + start + i) = x * AT(norm->gain + i) + AT(norm->bias + i);
        }
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_normalize_deltas(const boreal_layer_norm *norm, const float *normalized,
                             const float *scales, const float *deltas, float *result) {
    const int32_t width = norm->width;
    for (int64_t r = 0; r < norm->rows; r++) {
        const ptrdiff_t start = r * norm->stride;
        floats16 sum = {0}, product = {0};
        for (int32_t i = 0; i < width; i += lanes) {
            const floats16 d = AT(deltas + start + i) * AT(norm->gain + i);
            sum += d;
            product += d * AT(normalized + start + i);
        }
        const float mean = sum_of_lanes(&sum) / (float)width;
        const float slope = sum_of_lanes(&product) / (float)width;
        for (int32_t i = 0; i < width; i += lanes) {
            floats16 d = AT(deltas + start + i) * AT(norm->gain + i) - mean;
            d = (d - AT(normalized + start + i) * slope) * scales[r];
            if (width - i < lanes) d = FIRST_LANES(d, width - i);
            PUT(result + start + i) = d;
        }
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_normalize_gradient(const boreal_layer_norm *norm, const float *normalized,
                               const float *deltas, float *gain_gradient, float *bias_gradient) {
    for (int32_t i = 0; i < norm->width; i += lanes) {
        floats16 gain = AT(gain_gradient + i), bias = AT(bias_gradient + i);
        for (int64_t r = 0; r < norm->rows; r++) {
            const ptrdiff_t start = r * norm->stride + i;
            const floats16 d = AT(deltas + start);
            gain += d * AT(normalized + start);
            bias += d;
        }
        PUT(gain_gradient + i) = gain;
        PUT(bias_gradient + i) = bias;
    }
}
