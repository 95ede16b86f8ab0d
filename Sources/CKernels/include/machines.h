// Loops of support vector machines. Compiled as the loops of CKernels.h are; all versions give the
// same bits. Arrays that are looked through are padded to a multiple of eight.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    boreal_kernel_linear,
    boreal_kernel_polynomial,
    boreal_kernel_radial,
    boreal_kernel_sigmoid
};

// A kernel function and the rows it is computed over.
typedef struct {
    // In tiles of eight rows, each feature by feature: `[tiles][width][8]`.
    const double *tiles;
    // Numbers of a row.
    int32_t width;
    // One of the above.
    int32_t kind;
    // Exponent of the polynomial.
    int32_t degree;
    double gamma;
    double coefficient;
} boreal_kernel;

// Kernel values between a row of `width` numbers and the rows from the tile of row `first` on, up
// to `end`; `values[i]` is row i's. Whole tiles are written.
void boreal_kernel_values(const boreal_kernel *kernel, const double *row, int32_t first,
                          int32_t end, float *values);

// A position and what was found there; -1 when there is none.
typedef struct {
    double value;
    int32_t index;
    // The least of `errors + down`; of `boreal_choose_partner` only.
    double least;
} boreal_found;

// Subtracts `step * (left - right)` from the errors of `count` rows; the greatest sum of an error
// and its `up`, the first of equals.
boreal_found boreal_move_errors(double *errors, const double *up, const float *left,
                                const float *right, double step, int32_t count);

// Among `count` rows whose error and `down` add up to less than `greatest`, that with the greatest
// gain, which is the square of the difference over `own + diagonal - 2 * values`.
boreal_found boreal_choose_partner(const double *errors, const double *down, const float *values,
                                   const double *diagonal, double greatest, double own,
                                   int32_t count);

// Subtracts `factor * values` from the errors of `count` rows.
void boreal_subtract_values(double *errors, const float *values, double factor, int32_t count);
