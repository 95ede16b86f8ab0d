#include "sequence.h"

#include <float.h>

#include "lanes.h"
#include "levels.h"

enum { lanes = WIDTH };

#define AT(pointer) (*(const floats16 *)(pointer))
#define PUT(pointer) (*(floats16 *)(pointer))

static const ints16 lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// What stands in the first `count` lanes, zero in the others.
#define FIRST_LANES(x, count)                                                                      \
    ((floats16)((ints16)(x) & (ints16)(lane_numbers < (int32_t)(count))))

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

EACH void multiply_row(float *row, int64_t columns, float factor) {
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
                x = choose((ints16)(lane_numbers < (int32_t)(columns - i)), x, least);
            most = choose((ints16)(x > most), x, most);
        }
        float peak = most[0];
        for (int i = 1; i < lanes; i++) peak = most[i] > peak ? most[i] : peak;
        const float factor = 1 / powers(row, row, columns, scale, peak);
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
        (void)powers(row, row, columns, scale, peaks[r]);
        multiply_row(row, columns, factors[r]);
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
        const float mean = sum_of_lanes(sum);
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
        const float mean = sum_of_lanes(sum) / (float)width;
        for (int32_t i = 0; i < width; i += lanes) {
            floats16 v = AT(out + start + i) - mean;
            if (width - i < lanes) v = FIRST_LANES(v, width - i);
            PUT(out + start + i) = v;
            squares += v * v;
        }
        const float variance = sum_of_lanes(squares) / (float)width;
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
        const float mean = sum_of_lanes(sum) / (float)width;
        const float slope = sum_of_lanes(product) / (float)width;
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
