// What attention over sequences is made of beside products of matrices: softmax, layer
// normalisation, their gradients, and packing. Rows lie `stride` floats apart, a multiple of 16;
// the numbers between `width` or `columns` and the next multiple of 16 are zero and stay zero. Sums
// are made in 16 lanes which are added in pairs, so all processors give the same bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Packs rows as the columns of a matrix for `boreal_multiply`: panels[p][k][c] is number k of row
// 16 p + c, zero behind the last row. `width` is a multiple of 16.
void boreal_pack_rows(const float *rows, ptrdiff_t stride, int64_t count, int32_t width,
                      float *panels);

// Turns each row of scores s into exp(scale s - m) / sum, m being the greatest of scale s. `peaks`
// and `factors` get m and 1 / sum of each row.
void boreal_attention_shares(float *scores, ptrdiff_t stride, int64_t rows, int64_t columns,
                             float scale, float *peaks, float *factors);

// The same by the peaks and factors that an earlier call found: to the bit what that call made.
void boreal_attention_again(float *scores, ptrdiff_t stride, int64_t rows, int64_t columns,
                            float scale, const float *peaks, const float *factors);

// Makes of the deltas of a softmax's shares those of its scores: scale p (d - sum of p d).
void boreal_attention_deltas(const float *shares, float *deltas, ptrdiff_t stride, int64_t rows,
                             int64_t columns, float scale);

// A layer normalisation over `width` numbers (Ba, Kiros and Hinton 2016).
typedef struct {
    // [stride] each; zero from `width` on.
    const float *gain, *bias;
    ptrdiff_t stride;
    int64_t rows;
    int32_t width;
} boreal_layer_norm;

// out = gain x + bias, x = (v - mean) / sqrt(variance + 1e-5), v = values + added. `normalized`
// gets x and `scales` the factor of each row, unless they are NULL. `out` may be `added`.
void boreal_normalize(const boreal_layer_norm *norm, const float *values, const float *added,
                      float *normalized, float *scales, float *out);

// Makes of the deltas of `out` those of v, in another place or the same.
void boreal_normalize_deltas(const boreal_layer_norm *norm, const float *normalized,
                             const float *scales, const float *deltas, float *result);

// Adds row after row the gradients of gain and bias.
void boreal_normalize_gradient(const boreal_layer_norm *norm, const float *normalized,
                               const float *deltas, float *gain_gradient, float *bias_gradient);
