// Products of matrices of 32-bit floats and what else networks are made of. No version fuses a
// multiplication with an addition and each sum is taken in one order, so all processors, blocks
// and numbers of threads give the same bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Columns that lie next to each other in a packed matrix.
enum { boreal_panel = 16 };

// C = A B, plus a row or what C held: for each element the products in the order of the depth, one
// after the other, onto the bias, zero or the element. B and C may be packed, that is, stand as
// panels of 16 columns, each [depth or rows][16], or lie row by row: then the next panel is 16
// floats away.
typedef struct {
    // Element (m, k) is a[m * a_row + k * a_depth].
    const float *a;
    ptrdiff_t a_row, a_depth;
    // Element (k, n) is b[n / 16 * b_panel + k * b_depth + n % 16]; whole panels are read.
    const float *b;
    ptrdiff_t b_panel, b_depth;
    // Element (m, n) is c[n / 16 * c_panel + m * c_row + n % 16]; only `columns` are written.
    float *c;
    ptrdiff_t c_panel, c_row;
    // One for each column of whole panels; NULL for none.
    const float *bias;
    int64_t rows, columns, depth;
    // Whether the product is added to what C holds; then there is no bias.
    int32_t adds;
} boreal_product;

void boreal_multiply(const boreal_product *product);

// Turns blocks of 16 x 16 of one packed matrix into those of its transpose: rows 16 `block` to 16
// `block` + 15 of panel `panel`. `rows` and `columns` of the source are multiples of 16.
void boreal_transpose_block(const float *source, float *target, int64_t rows, int64_t columns,
                            int64_t panel, int64_t block);

// x = max(x, 0); NaN stays NaN.
void boreal_rectify(float *values, int64_t count);

// Deltas behind a rectifier: `scale` times the delta where the output is above zero, else 0.
void boreal_rectify_deltas(float *deltas, const float *outputs, float scale, int64_t count);

// Adds the rows of a matrix in their order onto `sums`; all counts are multiples of 16.
void boreal_add_rows(const float *rows, ptrdiff_t stride, int64_t row_count, int64_t columns,
                     float *sums);

// The second-order part of a factorization machine (Rendle 2010, lemma 3.1) and its linear part:
// out = bias + sum of `linear` + half the sum over the width of (sum of e)^2 - (sum of e^2), for
// each row of `fields` vectors of `width`. `sums`, where not NULL, gets each row's sum of vectors.
typedef struct {
    const float *vectors;
    ptrdiff_t vector_stride;
    const float *linear;
    ptrdiff_t linear_stride;
    float *sums;
    ptrdiff_t sum_stride;
    float *out;
    ptrdiff_t out_stride;
    int64_t rows;
    int32_t fields, width;
    float bias;
} boreal_factorization;

void boreal_factorize(const boreal_factorization *machine);

// One step of Adam (Kingma and Ba 2015, the form before section 2.1): `rate` holds the corrections
// of both moments.
void boreal_adam(float *weights, const float *gradients, float *first, float *second,
                 int64_t count, float rate, float first_share, float second_share, float epsilon);

// One step of RMSprop (Tieleman and Hinton 2012), epsilon below the root.
void boreal_rmsprop(float *weights, const float *gradients, float *mean, int64_t count, float rate,
                    float share, float epsilon);

// One step down the gradient.
void boreal_descend(float *weights, const float *gradients, int64_t count, float rate);
