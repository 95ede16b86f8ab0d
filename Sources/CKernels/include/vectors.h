// Distances between vectors of 32-bit numbers, for searches. Compiled as the loops of CKernels.h
// are; all versions give the same bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

// How two vectors are compared.
enum {
    // 1 less the cosine of the angle, from 0 to 2; no number when one vector has no direction.
    boreal_metric_cosine = 0,
    // The root of the sum of squared differences.
    boreal_metric_euclidean = 1,
    // The sum of products.
    boreal_metric_dot = 2,
};

// The distance of two vectors of `width` numbers, which may lie anywhere in memory. Sums are made
// with 64 bits in 16 lanes: number i is added to lane i mod 16, and the lanes are added in pairs
// (0 and 8, 1 and 9, ...), pairs of pairs, and so on.
double boreal_vector_distance(const void *left, const void *right, int32_t width, int32_t metric);

// The same between `query` and each of `count` vectors that lie one behind the other.
void boreal_vector_distances(const void *vectors, int64_t count, int32_t width, const void *query,
                             int32_t metric, double *distances);
