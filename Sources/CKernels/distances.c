#include "distances.h"

#pragma STDC FP_CONTRACT OFF

// Versions for wider vectors exist where the compiler can choose between them at start.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_WIDER_PROCESSORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_WIDER_PROCESSORS
#endif

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

FOR_WIDER_PROCESSORS
void boreal_nearest_points(const double *rows, const int32_t *order, int32_t count,
                           const boreal_points *points, int32_t *nearest, double *least,
                           double *second) {
    const int32_t width = points->width;
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
