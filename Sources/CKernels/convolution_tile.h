// Outputs of a convolution in tiles that fit the registers of one processor. Included once for
// each: LANES floats of a register, TILE_ROWS filters of a tile, TARGET attributes, TILE(name)
// names.

typedef float TILE(lanes) __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t TILE(mask) __attribute__((vector_size(4 * LANES), aligned(4)));

#define PARTS (16 / LANES)

// Sixteen neighbouring outputs of `rows` filters; `rows` is a constant where it is inlined.
TARGET static inline __attribute__((always_inline)) void
TILE(filters)(const boreal_convolution *c, const float *planes, const float *weights,
              const float *bias, float *answers, const int rows) {
    TILE(lanes) sums[TILE_ROWS][PARTS];
    for (int r = 0; r < rows; r++) {
        for (int s = 0; s < PARTS; s++) sums[r][s] = (TILE(lanes)){0} + (bias ? bias[r] : 0);
    }
    for (int64_t k = 0; k < c->depth; k++) {
        const float *from = planes + c->offsets[k];
        TILE(lanes) numbers[PARTS];
#pragma clang loop unroll(full)
        for (int s = 0; s < PARTS; s++) numbers[s] = *(const TILE(lanes) *)(from + s * LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const float weight = weights[r * c->depth + k];
#pragma clang loop unroll(full)
            for (int s = 0; s < PARTS; s++) sums[r][s] += weight * numbers[s];
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int s = 0; s < PARTS; s++) {
            TILE(lanes) answer = sums[r][s];
            // NaN stays NaN.
            if (c->rectifies) answer = (TILE(lanes))(~(answer < 0) & (TILE(mask))answer);
            *(TILE(lanes) *)(answers + r * 16 + s * LANES) = answer;
        }
    }
}

// All filters of a group at sixteen positions; answers are [filters of the tile][16].
TARGET static void TILE(positions)(const boreal_convolution *c, const float *weights,
                                   const float *bias, float *target, int64_t first,
                                   const window_run *runs, int run_count) {
    const int64_t outputs = (int64_t)c->out_height * c->out_width;
    float answers[TILE_ROWS * 16];
    const float *planes = c->planes + first;
    for (int32_t filter = 0; filter < c->filters; filter += TILE_ROWS) {
        const float *w = weights + filter * c->depth, *b = bias ? bias + filter : NULL;
        const int rows = c->filters - filter < TILE_ROWS ? c->filters - filter : TILE_ROWS;
#define ROWS(count)                                                                                \
    case count:                                                                                    \
        TILE(filters)(c, planes, w, b, answers, count);                                            \
        break;
        switch (rows) {
            ROWS(1)
            ROWS(2)
#if TILE_ROWS > 2
            ROWS(3)
#endif
#if TILE_ROWS > 3
            ROWS(4)
            ROWS(5)
            ROWS(6)
#endif
#if TILE_ROWS > 6
            ROWS(7)
            ROWS(8)
#endif
        }
#undef ROWS
        for (int r = 0; r < rows; r++) {
            float *to = target + (filter + r) * outputs;
            for (int i = 0; i < run_count; i++)
                copy_short(answers + r * 16 + runs[i].lane, to + runs[i].output, runs[i].count);
        }
    }
}

TARGET static void TILE(convolve)(const boreal_convolution *c) {
    const int64_t outputs = (int64_t)c->out_height * c->out_width;
    const int64_t group_in = (int64_t)c->channels * c->height * c->width;
    const int64_t last = (int64_t)(c->out_height - 1) * c->plane_width + c->out_width;
    const int64_t size = (int64_t)c->channels * c->stride_y * c->stride_x * c->plane_height;
    const size_t room = (size_t)(size * c->plane_width + boreal_convolution_slack);
    memset(c->planes, 0, room * sizeof(float));
    for (int64_t part = 0; part < c->rows * c->groups; part++) {
        const int64_t group = part % c->groups;
        const float *weights = c->weights + group * c->filters * c->depth;
        const float *bias = c->bias ? c->bias + group * c->filters : NULL;
        float *target = c->target + part * c->filters * outputs;
        fill_planes(c, c->source + part * group_in);
        for (int64_t first = 0; first < last; first += 16) {
            window_run runs[16];
            const int run_count = find_runs(c, first, last, runs);
            if (run_count > 0) TILE(positions)(c, weights, bias, target, first, runs, run_count);
        }
    }
}

#undef PARTS
#undef LANES
#undef TILE_ROWS
#undef TARGET
#undef TILE
