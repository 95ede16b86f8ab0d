#include "convolution.h"

#include <string.h>

#include "levels.h"

// Outputs of a tile that lie in one line of the answer.
typedef struct {
    // First of them in the tile, in the answer, and how many.
    int32_t lane, count;
    int64_t output;
} window_run;

// Positions count along the lines of the planes, which are longer than those of the answer: what
// lies behind an output line is computed and left out. How many runs there are.
static inline int find_runs(const boreal_convolution *c, int64_t first, int64_t last,
                            window_run *runs) {
    const int32_t width = c->plane_width;
    const int32_t lanes = last - first < 16 ? (int32_t)(last - first) : 16;
    int64_t line = first / width;
    int32_t column = (int32_t)(first % width);
    int used = 0;
    for (int32_t lane = 0; lane < lanes;) {
        int32_t here = c->out_width - column;
        if (here > lanes - lane) here = lanes - lane;
        if (here > 0) {
            runs[used].lane = lane;
            runs[used].count = here;
            runs[used].output = line * c->out_width + column;
            used++;
        }
        lane += width - column;
        column = 0;
        line++;
    }
    return used;
}

// Up to sixteen floats, without a call.
static inline void copy_short(const float *from, float *to, int32_t count) {
    if (count == 16) {
        memcpy(to, from, 16 * sizeof(float));
        return;
    }
    if (count & 8) {
        memcpy(to, from, 8 * sizeof(float));
        from += 8, to += 8;
    }
    if (count & 4) {
        memcpy(to, from, 4 * sizeof(float));
        from += 4, to += 4;
    }
    for (int32_t i = 0; i < (count & 3); i++) to[i] = from[i];
}

// Numbers that lie `stride` apart.
static inline void copy_strided(const float *from, float *to, int32_t count, int64_t stride) {
    if (stride == 1) {
        for (; count >= 8; count -= 8, from += 8, to += 8) memcpy(to, from, 8 * sizeof(float));
    }
    for (; count >= 4; count -= 4, from += 4 * stride, to += 4) {
        const float a = from[0], b = from[stride], c = from[2 * stride], d = from[3 * stride];
        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (int32_t i = 0; i < count; i++) to[i] = from[i * stride];
}

// The places of a plane that lie within the picture, along one axis: `low` to `high`.
static inline void find_inside(int32_t first, int32_t stride, int32_t extent, int32_t count,
                               int32_t *low, int32_t *high) {
    *low = first < 0 ? (-first + stride - 1) / stride : 0;
    *high = first < extent ? (extent - first + stride - 1) / stride : 0;
    if (*high > count) *high = count;
    if (*low > *high) *low = *high;
}

// The planes of all channels of a group. What lies beyond the edges is zero from the start.
static inline void fill_planes(const boreal_convolution *c, const float *source) {
    const int64_t picture = (int64_t)c->height * c->width;
    const int64_t plane = (int64_t)c->plane_height * c->plane_width;
    const int64_t planes = (int64_t)c->stride_y * c->stride_x;
    for (int32_t right = 0; right < c->stride_x; right++) {
        const int32_t left = right - c->pad_x;
        int32_t low, high;
        find_inside(left, c->stride_x, c->width, c->plane_width, &low, &high);
        for (int32_t below = 0; below < c->stride_y; below++) {
            const int32_t top = below - c->pad_y;
            int32_t from_line, end_line;
            find_inside(top, c->stride_y, c->height, c->plane_height, &from_line, &end_line);
            const float *from = source + left + (int64_t)low * c->stride_x;
            float *to = c->planes + (below * c->stride_x + right) * plane + low;
            for (int32_t channel = 0; channel < c->channels; channel++) {
                for (int32_t i = from_line; i < end_line; i++)
                    copy_strided(from + (top + (int64_t)i * c->stride_y) * c->width,
                                 to + (int64_t)i * c->plane_width, high - low, c->stride_x);
                from += picture;
                to += planes * plane;
            }
        }
    }
}

#define LANES 4
#define TILE_ROWS 3
#define TARGET
#define TILE(name) name##_plain
#include "convolution_tile.h"

#if defined(__x86_64__)
#define LANES 8
#define TILE_ROWS 6
#define TARGET __attribute__((target("avx2")))
#define TILE(name) name##_avx2
#include "convolution_tile.h"

#define LANES 16
#define TILE_ROWS 8
#define TARGET __attribute__((target("avx512f")))
#define TILE(name) name##_avx512
#include "convolution_tile.h"
#endif

void boreal_convolve(const boreal_convolution *convolution) {
#if defined(__x86_64__)
    // As in network.c: AMD's processors do 256 bits quicker.
    if (__builtin_cpu_supports("avx512f") && !__builtin_cpu_is("amd")) {
        convolve_avx512(convolution);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        convolve_avx2(convolution);
        return;
    }
#endif
    convolve_plain(convolution);
}

// The part of a window that lies within 0 ..< extent: the first place and how many.
static inline int32_t clip(int32_t *first, int32_t window, int32_t dilation, int32_t extent) {
    int32_t count = window;
    if (*first < 0) {
        const int32_t skipped = (-*first + dilation - 1) / dilation;
        *first += skipped * dilation;
        count -= skipped;
    }
    const int32_t room = *first < extent ? (extent - *first + dilation - 1) / dilation : 0;
    return count < room ? count : room;
}

// One window of one picture.
static inline float pool_one(const boreal_window *w, const float *picture, int32_t y, int32_t x) {
    int32_t top = y * w->stride_y - w->pad_y, left = x * w->stride_x - w->pad_x;
    const int32_t from_y = top, from_x = left;
    const int32_t lines = clip(&top, w->window_height, w->dilation_y, w->height);
    const int32_t columns = clip(&left, w->window_width, w->dilation_x, w->width);
    float sum = 0, greatest = -__builtin_inff();
    for (int32_t i = 0; i < lines; i++) {
        const float *line = picture + (int64_t)(top + i * w->dilation_y) * w->width + left;
        if (w->takes_mean) {
            for (int32_t j = 0; j < columns; j++) sum += line[j * w->dilation_x];
        } else {
            for (int32_t j = 0; j < columns; j++) {
                const float number = line[j * w->dilation_x];
                if (number > greatest || number != number) greatest = number;
            }
        }
    }
    if (!w->takes_mean) return greatest;
    int32_t counted = lines * columns;
    if (w->counts_padding) {
        // Windows that hang over the padded end count only what is padded.
        const int32_t end_y = w->height + w->end_y - from_y, end_x = w->width + w->end_x - from_x;
        const int32_t high = w->window_height < end_y ? w->window_height : end_y;
        counted = high * (w->window_width < end_x ? w->window_width : end_x);
    }
    return sum / (float)counted;
}

void boreal_pool(const boreal_window *w) {
    for (int64_t picture = 0; picture < w->pictures; picture++) {
        const float *from = w->source + picture * w->height * w->width;
        float *to = w->target + picture * w->out_height * w->out_width;
        for (int32_t y = 0; y < w->out_height; y++) {
            for (int32_t x = 0; x < w->out_width; x++) *to++ = pool_one(w, from, y, x);
        }
    }
}

FOR_SEVERAL_PROCESSORS
void boreal_scale_channels(const float *source, float *target, const float *scale,
                           const float *shift, int64_t rows, int64_t channels, int64_t inner) {
    for (int64_t row = 0; row < rows; row++) {
        if (inner == 1) {
            const float *from = source + row * channels;
            float *to = target + row * channels;
            for (int64_t i = 0; i < channels; i++) to[i] = from[i] * scale[i] + shift[i];
            continue;
        }
        for (int64_t channel = 0; channel < channels; channel++) {
            const float factor = scale[channel], term = shift[channel];
            const float *from = source + (row * channels + channel) * inner;
            float *to = target + (row * channels + channel) * inner;
            for (int64_t i = 0; i < inner; i++) to[i] = from[i] * factor + term;
        }
    }
}
