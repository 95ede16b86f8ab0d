#include "distances.h"

#pragma STDC FP_CONTRACT OFF

// Versions for wider vectors exist where the compiler can choose between them at start.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_WIDER_PROCESSORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_WIDER_PROCESSORS
#endif

#define INLINE static inline __attribute__((always_inline))

typedef double doubles4 __attribute__((ext_vector_type(4), aligned(8)));
typedef double doubles8 __attribute__((ext_vector_type(8), aligned(8)));
typedef int64_t masks4 __attribute__((ext_vector_type(4)));
typedef int64_t masks8 __attribute__((ext_vector_type(8)));

// By lane, `yes` where the mask is set and `no` where it is not.
#define CHOOSE(mask, yes, no) ((mask) ? (yes) : (no))

// Rows that are compared at once: four sums hide how long an addition takes, and each load of
// points serves all of them.
enum { rows_at_once = 4 };

// Scores of four rows against one group of points: the squares of the points less twice the
// products, added in the order of the features.
#define SCORES(numbers, r, group, squares_of, width, s)                                            \
    numbers s##0 = squares_of, s##1 = s##0, s##2 = s##0, s##3 = s##0;                              \
    for (int32_t feature = 0; feature < width; feature++) {                                        \
        const numbers point = *(const numbers *)(group + (ptrdiff_t)feature * lanes);              \
        s##0 += point * r[0][feature];                                                             \
        s##1 += point * r[1][feature];                                                             \
        s##2 += point * r[2][feature];                                                             \
        s##3 += point * r[3][feature];                                                             \
    }

// The least so far by lane, where it was, and the least of the rest.
#define UPDATE(best, other, place, score)                                                          \
    {                                                                                              \
        const __typeof__(place) is_less = (score) < (best);                                        \
        const __typeof__(score) loser = CHOOSE(is_less, best, score);                              \
        other = CHOOSE(loser < other, loser, other);                                               \
        best = CHOOSE(is_less, score, best);                                                       \
        place = CHOOSE(is_less, here, place);                                                      \
    }

// One winner of all lanes: the first of equals.
#define FINISH(best, other, place, row)                                                            \
    {                                                                                              \
        double b = best[0], o = other[0];                                                          \
        int64_t p = place[0];                                                                      \
        for (int lane = 1; lane < lanes; lane++) {                                                 \
            const double x = best[lane];                                                           \
            const int64_t q = place[lane];                                                         \
            const int wins = x < b || (x == b && q < p);                                           \
            const double loser = wins ? b : x;                                                     \
            o = loser < o ? loser : o;                                                             \
            o = other[lane] < o ? other[lane] : o;                                                 \
            b = wins ? x : b;                                                                      \
            p = wins ? q : p;                                                                      \
        }                                                                                          \
        nearest[row] = (int32_t)p;                                                                 \
        least[row] = b;                                                                            \
        second[row] = o;                                                                           \
    }

#define NEAREST(numbers, masks, lane_numbers, group_count)                                         \
    for (int32_t first = 0; first < count; first += rows_at_once) {                                \
        const double *r[rows_at_once];                                                             \
        for (int32_t index = 0; index < rows_at_once; index++) {                                   \
            /* What is missing in the last four is computed twice. */                              \
            const int32_t at = first + index < count ? first + index : count - 1;                  \
            r[index] = rows + (order ? order[at] : at) * (ptrdiff_t)width;                         \
        }                                                                                          \
        const numbers infinite = (numbers){0} + __builtin_inf();                                   \
        numbers b0 = infinite, b1 = infinite, b2 = infinite, b3 = infinite;                        \
        numbers o0 = infinite, o1 = infinite, o2 = infinite, o3 = infinite;                        \
        masks here = lane_numbers;                                                                 \
        masks p0 = here, p1 = here, p2 = here, p3 = here;                                          \
        for (int32_t group = 0; group < (group_count); group++) {                                  \
            const double *block = points->doubled + (ptrdiff_t)group * width * lanes;              \
            SCORES(numbers, r, block, *(const numbers *)(points->squares + group * lanes), width,  \
                   s)                                                                              \
            UPDATE(b0, o0, p0, s0)                                                                 \
            UPDATE(b1, o1, p1, s1)                                                                 \
            UPDATE(b2, o2, p2, s2)                                                                 \
            UPDATE(b3, o3, p3, s3)                                                                 \
            here += lanes;                                                                         \
        }                                                                                          \
        FINISH(b0, o0, p0, first)                                                                  \
        if (first + 1 < count) FINISH(b1, o1, p1, first + 1)                                       \
        if (first + 2 < count) FINISH(b2, o2, p2, first + 2)                                       \
        if (first + 3 < count) FINISH(b3, o3, p3, first + 3)                                       \
    }

// Numbers of rows that are turned at once, and the width up to which that pays.
enum { turned_numbers = 2048, turned_width = 128 };

#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

// Writes four rows as the columns of `target`, whose rows are eight numbers long.
INLINE void turn(const double *const *r, int32_t width, double *target) {
    int32_t f = 0;
    for (; f + 4 <= width; f += 4) {
        const doubles4 a = *(const doubles4 *)(r[0] + f), b = *(const doubles4 *)(r[1] + f);
        const doubles4 c = *(const doubles4 *)(r[2] + f), d = *(const doubles4 *)(r[3] + f);
        const doubles4 even_ab = SHUFFLE(a, b, 0, 4, 2, 6), odd_ab = SHUFFLE(a, b, 1, 5, 3, 7);
        const doubles4 even_cd = SHUFFLE(c, d, 0, 4, 2, 6), odd_cd = SHUFFLE(c, d, 1, 5, 3, 7);
        *(doubles4 *)(target + f * 8) = SHUFFLE(even_ab, even_cd, 0, 1, 4, 5);
        *(doubles4 *)(target + f * 8 + 8) = SHUFFLE(odd_ab, odd_cd, 0, 1, 4, 5);
        *(doubles4 *)(target + f * 8 + 16) = SHUFFLE(even_ab, even_cd, 2, 3, 6, 7);
        *(doubles4 *)(target + f * 8 + 24) = SHUFFLE(odd_ab, odd_cd, 2, 3, 6, 7);
    }
    for (; f < width; f++) {
        for (int32_t k = 0; k < 4; k++) target[f * 8 + k] = r[k][f];
    }
}

#define COMPARE(score, number)                                                                     \
    {                                                                                              \
        const masks8 here = (masks8){0} + (number);                                                \
        UPDATE(best, other, place, score)                                                          \
    }

// Eight rows, turned, against all points: the lanes are rows, so that nothing is left to compare
// across lanes.
INLINE void nearest_turned(const double *turned, const boreal_points *points, int32_t count,
                           int32_t *nearest, double *least, double *second) {
    enum { lanes = boreal_point_lanes };
    const int32_t width = points->width;
    doubles8 best = (doubles8){0} + __builtin_inf(), other = best;
    masks8 place = {0};
    for (int32_t number = 0; number < points->groups * lanes; number += 4) {
        const double *point =
            points->doubled + (ptrdiff_t)(number / lanes) * width * lanes + number % lanes;
        const double *own = points->squares + number;
        doubles8 s0 = (doubles8){0} + own[0], s1 = (doubles8){0} + own[1];
        doubles8 s2 = (doubles8){0} + own[2], s3 = (doubles8){0} + own[3];
        for (int32_t f = 0; f < width; f++, point += lanes) {
            const doubles8 row = *(const doubles8 *)(turned + f * 8);
            s0 += point[0] * row;
            s1 += point[1] * row;
            s2 += point[2] * row;
            s3 += point[3] * row;
        }
        COMPARE(s0, number)
        COMPARE(s1, number + 1)
        COMPARE(s2, number + 2)
        COMPARE(s3, number + 3)
    }
    for (int32_t k = 0; k < count; k++) {
        nearest[k] = (int32_t)place[k];
        least[k] = best[k];
        second[k] = other[k];
    }
}

// Of more points than four: rows in lanes. Of 10 numbers and 8 points that takes 11 ns a row where
// points in lanes, whose winners must then be compared with each other, take 43.
INLINE void nearest_by_rows(const double *rows, const int32_t *order, int32_t count,
                            const boreal_points *points, int32_t *nearest, double *least,
                            double *second) {
    const int32_t width = points->width;
    const int32_t batch = turned_numbers / width / 8 * 8;
    double turned[turned_numbers];
    for (int32_t start = 0; start < count; start += batch) {
        const int32_t end = count - start < batch ? count : start + batch;
        // What is missing in the last eight is the last row again.
        for (int32_t i = 0; i < (end - start + 7) / 8 * 8; i += 4) {
            const double *r[4];
            for (int32_t k = 0; k < 4; k++) {
                const int32_t at = start + i + k < count ? start + i + k : count - 1;
                r[k] = rows + (order ? order[at] : at) * (ptrdiff_t)width;
            }
            turn(r, width, turned + i / 8 * 8 * width + i % 8);
        }
        for (int32_t i = start; i < end; i += 8) {
            nearest_turned(turned + (i - start) * width, points, end - i < 8 ? end - i : 8,
                           nearest + i, least + i, second + i);
        }
    }
}

FOR_WIDER_PROCESSORS
void boreal_nearest_points(const double *rows, const int32_t *order, int32_t count,
                           const boreal_points *points, int32_t *nearest, double *least,
                           double *second) {
    const int32_t width = points->width;
    if (points->groups > 0 && width <= turned_width) {
        nearest_by_rows(rows, order, count, points, nearest, least, second);
        return;
    }
    if (points->groups == 0) {
        enum { lanes = boreal_point_lanes_few };
        const masks4 lane_numbers = {0, 1, 2, 3};
        NEAREST(doubles4, masks4, lane_numbers, 1)
    } else {
        enum { lanes = boreal_point_lanes };
        const masks8 lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7};
        NEAREST(doubles8, masks8, lane_numbers, points->groups)
    }
}

// What is left for one row, written and added up.
#define TRY(numbers, row, score)                                                                   \
    {                                                                                              \
        numbers distance = (score) + squares[row];                                                 \
        distance = CHOOSE(distance < 0, (numbers){0}, distance);                                   \
        const numbers known = (numbers){0} + closest[row];                                         \
        distance = CHOOSE(distance < known, distance, known);                                      \
        *(numbers *)(left + (ptrdiff_t)(row) * lanes) = distance;                                  \
        total += weights ? distance * weights[row] : distance;                                     \
    }

#define TRY_ALL(numbers)                                                                           \
    numbers total = {0};                                                                           \
    for (int32_t first = 0; first < count; first += rows_at_once) {                                \
        const double *r[rows_at_once];                                                             \
        for (int32_t index = 0; index < rows_at_once; index++) {                                   \
            const int32_t at = first + index < count ? first + index : count - 1;                  \
            r[index] = rows + at * (ptrdiff_t)width;                                               \
        }                                                                                          \
        SCORES(numbers, r, points->doubled, *(const numbers *)points->squares, width, s)           \
        TRY(numbers, first, s0)                                                                    \
        if (first + 1 < count) TRY(numbers, first + 1, s1)                                         \
        if (first + 2 < count) TRY(numbers, first + 2, s2)                                         \
        if (first + 3 < count) TRY(numbers, first + 3, s3)                                         \
    }                                                                                              \
    *(numbers *)sums += total;

FOR_WIDER_PROCESSORS
void boreal_try_points(const double *rows, int32_t count, const boreal_points *points,
                       const double *squares, const double *closest, const double *weights,
                       double *left, double *sums) {
    const int32_t width = points->width;
    if (points->groups == 0) {
        enum { lanes = boreal_point_lanes_few };
        TRY_ALL(doubles4)
    } else {
        enum { lanes = boreal_point_lanes };
        TRY_ALL(doubles8)
    }
}

// Three loops, each of one kind: numbers of points are fetched one by one, bounds are moved in
// vectors, and rows are put in a list without a branch.
FOR_WIDER_PROCESSORS
int32_t boreal_move_bounds(int32_t first, int32_t count, const int32_t *nearest,
                           const double *squares, double *upper, double *lower,
                           const boreal_point_bounds *bounds, int32_t *order) {
    enum { batch = 256 };
    const double unit = bounds->unit, greatest_square = bounds->greatest_square;
    double shifts[batch], others[batch], gaps[batch];
    uint8_t is_open[batch];
    int32_t found = 0;
    for (int32_t start = 0; start < count; start += batch) {
        const int32_t size = count - start < batch ? count - start : batch;
        const int32_t *own = nearest + start;
        double *u = upper + start, *l = lower + start;
        for (int32_t i = 0; i < size; i++) {
            shifts[i] = bounds->shifts[own[i]];
            others[i] = bounds->others[own[i]];
            gaps[i] = bounds->gaps[own[i]];
        }
        for (int32_t i = 0; i < size; i++) {
            // Rounded outward: up and down.
            const double most = (u[i] + shifts[i]) * (1 + 0x1p-51);
            const double moved = (l[i] - others[i]) * (1 - 0x1p-51);
            const double apart = gaps[i] - most;
            const double least = apart >= moved ? apart : moved;
            u[i] = most;
            l[i] = least;
            const double error = (squares[start + i] + greatest_square) * unit;
            is_open[i] = !((least > most) & ((least - most) * (least + most) > 2 * error));
        }
        for (int32_t i = 0; i < size; i++) {
            order[found] = first + start + i;
            found += is_open[i];
        }
    }
    return found;
}
