// Loops of dense linear algebra and of logistic losses. All arrays are doubles; sums are added up
// in eight lanes (`boreal_dot`: sixteen), then lane by lane, then the rest of the row one by one,
// whatever the processor.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The sum of the numbers, in parts of 4,096.
double boreal_sum(const double *values, ptrdiff_t count);

// packed[i] = (values[i] - shift) * factor, times scales[i] unless that is null; zeros behind, up
// to the next multiple of four.
void boreal_pack(const double *values, ptrdiff_t count, double shift, double factor,
                 const double *scales, double *packed);

// Adds the scalar products of two sets of packed columns to a matrix:
// sums[i * stride + j] += left_i . right_j. Columns lie `rows` apart, a multiple of four. Tiles of
// 4 x 3 are computed whole, so both sets must go on with zeros, or whatever finite, to the next
// multiple, and `sums` have room for it. When `is_diagonal`, the sets are the same, and tiles that
// lie below the diagonal are left out.
void boreal_gram_tiles(const double *left, int32_t left_count, const double *right,
                       int32_t right_count, ptrdiff_t rows, int32_t is_diagonal, double *sums,
                       ptrdiff_t stride);

// The sum of squares of distances from a number, weighted unless `weights` is null.
double boreal_square(const double *values, ptrdiff_t count, double from, const double *weights);

// target[i] += factor * source[i]
void boreal_add(double *target, const double *source, double factor, ptrdiff_t count);

// The scalar product.
double boreal_dot(const double *a, const double *b, ptrdiff_t count);

// sums[i] += vector . (columns[i] + first), for each of `columns_count`.
void boreal_dots(const double *vector, ptrdiff_t count, const double *const *columns,
                 ptrdiff_t first, ptrdiff_t columns_count, double *sums);

// vector += factors[i] * (columns[i] + first), summed over i in groups of four.
void boreal_combine(double *vector, ptrdiff_t count, const double *const *columns, ptrdiff_t first,
                    ptrdiff_t columns_count, const double *factors);

// columns[i] += factors[i] * vector, for each of `columns_count`.
void boreal_spread(const double *vector, ptrdiff_t count, double *const *columns,
                   ptrdiff_t columns_count, const double *factors);

// Logistic loss of `count` rows, weighted unless `weights` is null. On entry `scores` holds log
// odds, on return the weighted derivative of the loss by them, p - label. Answers the weighted sum
// of log(1 + exp(-|z|)) + max(z, 0) - label * z.
double boreal_logistic(double *scores, const double *labels, const double *weights,
                       ptrdiff_t count);

// Cross-entropy of `count` rows of `classes` scores each, class by class, `stride` apart; labels
// are class numbers. On return the scores are the weighted derivatives, p - [label is this class].
// `greatest` has room for `count` numbers. Answers the weighted sum of the losses.
double boreal_softmax(double *scores, ptrdiff_t stride, int32_t classes, const double *labels,
                      const double *weights, ptrdiff_t count, double *greatest);
