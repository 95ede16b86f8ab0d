// A product in tiles that fit the registers of one processor. Included once for each: LANES floats
// of a register, TILE_ROWS x TILE_PANELS of a tile, TARGET attributes, TILE(name) names.

typedef float TILE(floats) __attribute__((vector_size(4 * LANES), aligned(4)));

#define PARTS (boreal_panel / LANES)

// `rows` x `panels` elements over `depth`; both are constants where it is inlined.
TARGET static inline __attribute__((always_inline)) void
TILE(tile)(const boreal_product *p, const float *a, const float *b, float *c, const float *bias,
           int64_t depth, int continues, const int rows, const int panels, int last_columns) {
    TILE(floats) sums[TILE_ROWS][TILE_PANELS * PARTS];
    float edge[boreal_panel];
    for (int r = 0; r < rows; r++) {
        for (int q = 0; q < panels; q++) {
            const float *start = bias ? bias + q * boreal_panel : NULL;
            if (continues) {
                start = c + q * p->c_panel + r * p->c_row;
                if (q == panels - 1 && last_columns < boreal_panel) {
                    memset(edge, 0, sizeof edge);
                    memcpy(edge, start, (size_t)last_columns * sizeof(float));
                    start = edge;
                }
            }
            for (int s = 0; s < PARTS; s++)
                sums[r][q * PARTS + s] =
                    start ? *(const TILE(floats) *)(start + s * LANES) : (TILE(floats)){0};
        }
    }
    for (int64_t k = 0; k < depth; k++) {
        TILE(floats) factors[TILE_PANELS * PARTS];
#pragma clang loop unroll(full)
        for (int q = 0; q < panels * PARTS; q++)
            factors[q] =
                *(const TILE(floats) *)(b + q / PARTS * p->b_panel + q % PARTS * LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const float x = a[r * p->a_row];
#pragma clang loop unroll(full)
            for (int q = 0; q < panels * PARTS; q++) sums[r][q] += x * factors[q];
        }
        a += p->a_depth;
        b += p->b_depth;
    }
    for (int r = 0; r < rows; r++) {
        for (int q = 0; q < panels; q++) {
            float *end = c + q * p->c_panel + r * p->c_row;
            const int isPart = q == panels - 1 && last_columns < boreal_panel;
            float *target = isPart ? edge : end;
            for (int s = 0; s < PARTS; s++)
                *(TILE(floats) *)(target + s * LANES) = sums[r][q * PARTS + s];
            if (isPart) memcpy(end, edge, (size_t)last_columns * sizeof(float));
        }
    }
}

// A tile at the edge of the matrix, where there are fewer rows.
TARGET static void TILE(rest)(const boreal_product *p, const float *a, const float *b, float *c,
                              const float *bias, int64_t depth, int continues, int64_t rows,
                              int panels, int last_columns) {
#define REST(count)                                                                                \
    case count:                                                                                    \
        if (panels == TILE_PANELS) {                                                               \
            TILE(tile)(p, a, b, c, bias, depth, continues, count, TILE_PANELS, last_columns);      \
        } else {                                                                                   \
            TILE(tile)(p, a, b, c, bias, depth, continues, count, 1, last_columns);                \
        }                                                                                          \
        break;
    switch (rows) {
        REST(1)
        REST(2)
#if TILE_ROWS > 2
        REST(3)
#endif
#if TILE_ROWS > 3
        REST(4)
        REST(5)
        REST(6)
#endif
#if TILE_ROWS > 6
        REST(7)
        REST(8)
#endif
    }
#undef REST
}

TARGET static void TILE(multiply)(const boreal_product *p) {
    const int64_t panels = (p->columns + boreal_panel - 1) / boreal_panel;
    for (int64_t from = 0; from == 0 || from < p->depth; from += DEPTH_BLOCK) {
        const int64_t left = p->depth - from;
        const int64_t depth = left < DEPTH_BLOCK ? left : DEPTH_BLOCK;
        const int continues = from > 0 || p->adds;
        for (int64_t panel = 0; panel < panels;) {
            const int taken = panels - panel < TILE_PANELS ? 1 : TILE_PANELS;
            const int64_t behind = p->columns - (panel + taken - 1) * boreal_panel;
            const int last = behind < boreal_panel ? (int)behind : boreal_panel;
            const float *b = p->b + panel * p->b_panel + from * p->b_depth;
            const float *bias = p->bias ? p->bias + panel * boreal_panel : NULL;
            for (int64_t row = 0; row < p->rows; row += TILE_ROWS) {
                const float *a = p->a + row * p->a_row + from * p->a_depth;
                float *c = p->c + panel * p->c_panel + row * p->c_row;
                const int64_t rows = p->rows - row < TILE_ROWS ? p->rows - row : TILE_ROWS;
                if (rows == TILE_ROWS && taken == TILE_PANELS && last == boreal_panel) {
                    TILE(tile)(p, a, b, c, bias, depth, continues, TILE_ROWS, TILE_PANELS,
                               boreal_panel);
                } else {
                    TILE(rest)(p, a, b, c, bias, depth, continues, rows, taken, last);
                }
            }
            panel += taken;
        }
    }
}

#undef PARTS
#undef LANES
#undef TILE_ROWS
#undef TILE_PANELS
#undef TARGET
#undef TILE
