// How many of a feature's ascending bounds lie below a number: what turns numbers into bins, and
// rows into the codes that trees compare.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Ascending bounds in two precisions. The search compares floats, twice as many at a time, and then
// goes on among the bounds themselves: rounding keeps an order, so the place found is never too
// high, and too low only by bounds that round to what the number rounds to.
typedef struct {
    // The bounds, with at least one infinity behind them.
    const double *exact;
    // Bounds less `middle`, rounded, in levels of a tree with sixteen branches, the coarsest first;
    // each is padded with infinity to a multiple of sixteen. Entry i of a level is the greatest of
    // the sixteen below it.
    const float *levels[4];
    // How many there are, 1 to 4; 0 when too many bounds round to the same float for them to help.
    int32_t level_count;
    // Bounds, at most 65,535.
    int32_t count;
    // What is taken from bounds and numbers before they are rounded.
    double middle;
    // Whether rounding changes no bound: numbers that it does not change either need no second
    // look.
    int32_t is_exact;
    // Which number of a row is asked; for `boreal_count_below_in_row`.
    int32_t column;
} boreal_bounds;

// For `count` numbers that lie `stride` apart: how many bounds lie below each; 0 for NaN.
void boreal_count_below(const double *values, ptrdiff_t stride, int32_t count,
                        const boreal_bounds *bounds, uint16_t *found);

// For one row: how many bounds lie below the number of each of `count` columns.
void boreal_count_below_in_row(const double *row, const boreal_bounds *columns, int32_t count,
                               uint16_t *found);

// A column of codes: bounds below a number, but for these two.
typedef struct {
    // Where it begins.
    uint8_t *codes;
    // The code of NaN.
    uint8_t nan_code;
    // Whether numbers of a magnitude of at most 1e-35 have a code of their own, and that.
    uint8_t has_zero_code;
    uint8_t zero_code;
} boreal_code_column;

// Writes `count` codes to each of several columns. Bounds are at most 255.
void boreal_encode(const double *values, ptrdiff_t stride, int32_t count,
                   const boreal_bounds *bounds, const boreal_code_column *columns,
                   int32_t column_count);
