#include "network.h"

#include <string.h>

#include "levels.h"

// Depth that is multiplied at once: two panels of it fill 32 KiB, and the sums go on from C.
enum { DEPTH_BLOCK = 256 };

// One core of an EPYC 9004 at 64 x 256 x 64 and 64 x 128 x 256: 27 GFLOP/s with 128 bits, 76 and 93
// with 256. Dot products, output by output, load both factors of each multiplication and stay below
// a fifth of that.
//
// The processors' registers: 16 of 4 floats, 16 of 8, 32 of 16. A tile keeps its sums in them, so
// that a step of the depth loads little and its additions do not wait for each other.
#define LANES 4
#define TILE_ROWS 3
#define TILE_PANELS 1
#define TARGET
#define TILE(name) name##_plain
#include "network_tile.h"

#if defined(__x86_64__)
#define LANES 8
#define TILE_ROWS 6
#define TILE_PANELS 1
#define TARGET __attribute__((target("avx2")))
#define TILE(name) name##_avx2
#include "network_tile.h"

#define LANES 16
#define TILE_ROWS 8
#define TILE_PANELS 2
#define TARGET __attribute__((target("avx512f")))
#define TILE(name) name##_avx512
#include "network_tile.h"
#endif

void boreal_multiply(const boreal_product *product) {
#if defined(__x86_64__)
    // AMD's Zen 4 does 256 bits at 93 GFLOP/s and 512 bits at 75; others have twice the units for
    // the latter.
    if (__builtin_cpu_supports("avx512f") && !__builtin_cpu_is("amd")) {
        multiply_avx512(product);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        multiply_avx2(product);
        return;
    }
#endif
    multiply_plain(product);
}

void boreal_transpose_block(const float *source, float *target, int64_t rows, int64_t columns,
                            int64_t panel, int64_t block) {
    const float *from = source + (panel * rows + block * boreal_panel) * boreal_panel;
    float *to = target + (block * columns + panel * boreal_panel) * boreal_panel;
    for (int r = 0; r < boreal_panel; r++)
        for (int c = 0; c < boreal_panel; c++)
            to[r * boreal_panel + c] = from[c * boreal_panel + r];
}

typedef float floats16 __attribute__((vector_size(64), aligned(4)));

FOR_SEVERAL_PROCESSORS
void boreal_rectify(float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) values[i] = values[i] < 0 ? 0 : values[i];
}

FOR_SEVERAL_PROCESSORS
void boreal_rectify_deltas(float *deltas, const float *outputs, float scale, int64_t count) {
    for (int64_t i = 0; i < count; i++) deltas[i] = outputs[i] > 0 ? deltas[i] * scale : 0;
}

FOR_SEVERAL_PROCESSORS
void boreal_add_rows(const float *rows, ptrdiff_t stride, int64_t row_count, int64_t columns,
                     float *sums) {
    for (int64_t column = 0; column < columns; column += 16) {
        floats16 sum = *(const floats16 *)(sums + column);
        for (int64_t row = 0; row < row_count; row++)
            sum += *(const floats16 *)(rows + row * stride + column);
        *(floats16 *)(sums + column) = sum;
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_factorize(const boreal_factorization *machine) {
    const int32_t fields = machine->fields, width = machine->width;
    for (int64_t row = 0; row < machine->rows; row++) {
        const float *vectors = machine->vectors + row * machine->vector_stride;
        const float *linear = machine->linear + row * machine->linear_stride;
        float *sums = machine->sums ? machine->sums + row * machine->sum_stride : NULL;
        float first = machine->bias, second = 0;
        for (int32_t field = 0; field < fields; field++) first += linear[field];
        for (int32_t from = 0; from < width; from += 16) {
            const int32_t count = width - from < 16 ? width - from : 16;
            float sum[16] = {0}, squares[16] = {0};
            for (int32_t field = 0; field < fields; field++) {
                const float *vector = vectors + field * width + from;
                for (int32_t i = 0; i < count; i++) {
                    sum[i] += vector[i];
                    squares[i] += vector[i] * vector[i];
                }
            }
            for (int32_t i = 0; i < count; i++) {
                second += sum[i] * sum[i] - squares[i];
                if (sums) sums[from + i] = sum[i];
            }
        }
        machine->out[row * machine->out_stride] = first + 0.5f * second;
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_adam(float *weights, const float *gradients, float *first, float *second,
                 int64_t count, float rate, float first_share, float second_share, float epsilon) {
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const floats16 g = *(const floats16 *)(gradients + i);
        floats16 m = *(floats16 *)(first + i), v = *(floats16 *)(second + i);
        m += (g - m) * first_share;
        v += (g * g - v) * second_share;
        *(floats16 *)(first + i) = m;
        *(floats16 *)(second + i) = v;
        *(floats16 *)(weights + i) -= m * rate / (__builtin_elementwise_sqrt(v) + epsilon);
    }
    for (; i < count; i++) {
        const float g = gradients[i];
        first[i] += (g - first[i]) * first_share;
        second[i] += (g * g - second[i]) * second_share;
        weights[i] -= first[i] * rate / (__builtin_elementwise_sqrt(second[i]) + epsilon);
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_rmsprop(float *weights, const float *gradients, float *mean, int64_t count, float rate,
                    float share, float epsilon) {
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const floats16 g = *(const floats16 *)(gradients + i);
        const floats16 v = *(floats16 *)(mean + i);
        const floats16 next = v + (g * g - v) * share;
        *(floats16 *)(mean + i) = next;
        *(floats16 *)(weights + i) -= g * rate / __builtin_elementwise_sqrt(next + epsilon);
    }
    for (; i < count; i++) {
        const float g = gradients[i];
        mean[i] += (g * g - mean[i]) * share;
        weights[i] -= g * rate / __builtin_elementwise_sqrt(mean[i] + epsilon);
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_descend(float *weights, const float *gradients, int64_t count, float rate) {
    for (int64_t i = 0; i < count; i++) weights[i] -= gradients[i] * rate;
}
