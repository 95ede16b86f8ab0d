#include "vectors.h"

#include <string.h>

#include "levels.h"

#define INLINE static inline __attribute__((always_inline))

typedef float floats8 __attribute__((ext_vector_type(8), aligned(1)));
typedef double doubles8 __attribute__((ext_vector_type(8)));

enum { lanes = 16 };

// The 16 lanes of a sum.
typedef struct {
    doubles8 low, high;
} sum16;

// Eight numbers of 32 bits, with 64.
#define WIDENED(numbers) __builtin_convertvector(*(const floats8 *)(numbers), doubles8)

// Up to 15 numbers with zeros behind them, which add nothing to any lane.
INLINE void rest(const char *numbers, int32_t count, float *padded) {
    memset(padded, 0, lanes * sizeof(float));
    memcpy(padded, numbers, (size_t)count * sizeof(float));
}

INLINE double total(sum16 sum) {
    const doubles8 eight = sum.low + sum.high;
    const double a = eight[0] + eight[4], b = eight[1] + eight[5];
    const double c = eight[2] + eight[6], d = eight[3] + eight[7];
    return (a + c) + (b + d);
}

// Runs ADD(l, h, m, i) over 16 numbers of `left` (l, h) and of `right` (m, i) at a time.
#define OVER_BOTH(ADD)                                                                             \
    int32_t done = 0;                                                                              \
    for (; done + lanes <= width; done += lanes) {                                                 \
        const char *a = left + done * (ptrdiff_t)sizeof(float);                                    \
        const char *b = right + done * (ptrdiff_t)sizeof(float);                                   \
        ADD(WIDENED(a), WIDENED(a + 32), WIDENED(b), WIDENED(b + 32))                              \
    }                                                                                              \
    if (done < width) {                                                                            \
        float a[lanes], b[lanes];                                                                  \
        rest(left + done * (ptrdiff_t)sizeof(float), width - done, a);                             \
        rest(right + done * (ptrdiff_t)sizeof(float), width - done, b);                            \
        ADD(WIDENED(a), WIDENED(a + 8), WIDENED(b), WIDENED(b + 8))                                \
    }

INLINE double product(const char *left, const char *right, int32_t width) {
    sum16 sum = {0, 0};
#define ADD(l, h, m, i)                                                                            \
    sum.low += (l) * (m);                                                                          \
    sum.high += (h) * (i);
    OVER_BOTH(ADD)
#undef ADD
    return total(sum);
}

INLINE double square_of_gap(const char *left, const char *right, int32_t width) {
    sum16 sum = {0, 0};
#define ADD(l, h, m, i)                                                                            \
    {                                                                                              \
        const doubles8 low = (l) - (m), high = (h) - (i);                                          \
        sum.low += low * low;                                                                      \
        sum.high += high * high;                                                                   \
    }
    OVER_BOTH(ADD)
#undef ADD
    return total(sum);
}

// `squares` is the product of `left` with itself.
INLINE double cosine(const char *left, const char *right, int32_t width, double squares) {
    sum16 sum = {0, 0}, own = {0, 0};
#define ADD(l, h, m, i)                                                                            \
    {                                                                                              \
        const doubles8 low = m, high = i;                                                          \
        sum.low += (l) * low;                                                                      \
        sum.high += (h) * high;                                                                    \
        own.low += low * low;                                                                      \
        own.high += high * high;                                                                   \
    }
    OVER_BOTH(ADD)
#undef ADD
    // The root of a square is exact: equal vectors are at 0.
    const double distance = 1 - total(sum) / __builtin_sqrt(squares * total(own));
    return distance < 0 ? 0 : distance > 2 ? 2 : distance;
}

INLINE double distance(const char *left, const char *right, int32_t width, int32_t metric,
                       double squares) {
    switch (metric) {
    case boreal_metric_cosine: return cosine(left, right, width, squares);
    case boreal_metric_euclidean: return __builtin_sqrt(square_of_gap(left, right, width));
    default: return product(left, right, width);
    }
}

FOR_WIDER_PROCESSORS
double boreal_vector_distance(const void *left, const void *right, int32_t width, int32_t metric) {
    const double squares = metric == boreal_metric_cosine ? product(left, left, width) : 0;
    return distance(left, right, width, metric, squares);
}

FOR_WIDER_PROCESSORS
void boreal_vector_distances(const void *vectors, int64_t count, int32_t width, const void *query,
                             int32_t metric, double *distances) {
    const double squares = metric == boreal_metric_cosine ? product(query, query, width) : 0;
    const char *next = vectors;
    for (int64_t i = 0; i < count; i++, next += width * (ptrdiff_t)sizeof(float)) {
        distances[i] = distance(query, next, width, metric, squares);
    }
}
