// Loops that pay for wider vectors than the oldest processor has. Each is compiled more than once
// from one text and chosen when the program starts, by what the processor can do; all versions give
// the same bits, because none of them fuses a multiplication with an addition.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "convolution.h"
#include "dense.h"
#include "distances.h"
#include "network.h"
#include "machines.h"
#include "sequence.h"
#include "vectors.h"

// What a scan for the best cut of one feature needs besides its prefix sums. A packed sum has the
// gradient in its high 32 bits and the hessian in its low 32, in integer steps.
typedef struct {
    // Packed sum of the leaf.
    int64_t total;
    // Packed sum of the missing values, added to every left side.
    int64_t missing;
    // The l2 term, in steps of the hessian.
    float lambda;
    // The least hessian of a side, in steps.
    float min_hessian;
    // Gains above this one make the feature able to split the leaf.
    float splits_above;
    // Only gains above this one are looked for.
    float wanted_above;
} boreal_gain_query;

typedef struct {
    // The greatest gain of both sides together, in squared steps; -1 when none was wanted.
    float gain;
    // Its candidate: the first of equals, or the last when that was asked for.
    int32_t index;
    // Whether any gain is above `splits_above`.
    int32_t splits;
} boreal_gain_answer;

// Looks through `count` candidates; `prefix` may be read up to the next multiple of eight.
boreal_gain_answer boreal_scan_gains(const int64_t *prefix, int32_t count,
                                     const boreal_gain_query *query, int32_t takes_last);

// Ascending bounds for `boreal_count_below`, in levels of a tree with sixteen branches: the
// coarsest level first, each padded with infinity to a multiple of sixteen. Entry i of a level is
// the greatest of the sixteen bounds below it; the last level is the bounds themselves, with at
// least one infinity behind them.
typedef struct {
    const double *levels[4];
    // How many there are, 1 to 4.
    int32_t level_count;
    // Which number of a row is asked; for `boreal_count_below_in_row`.
    int32_t column;
} boreal_bounds;

// For `count` numbers that lie `stride` apart: how many bounds lie below each; 0 for NaN.
void boreal_count_below(const double *values, ptrdiff_t stride, int32_t count,
                        const boreal_bounds *bounds, uint16_t *found);

// For one row: how many bounds lie below the number of each of `count` columns.
void boreal_count_below_in_row(const double *row, const boreal_bounds *columns, int32_t count,
                               uint16_t *found);

// The upper levels of a binary tree with all their nodes: node 0 is the root, the children of node
// i are 2i + 1 and 2i + 2. A row goes right when its code is above the node's rank.
enum { boreal_top_depth = 4, boreal_top_nodes = 15 };
typedef struct {
    uint8_t ranks[boreal_top_nodes];
    uint8_t columns[boreal_top_nodes];
} boreal_tree_top;

// Where `count` rows leave the upper levels of a tree: 0 to 15, from left to right. Codes lie
// column by column, `stride` apart; count and stride are multiples of 32.
void boreal_walk_top(const uint8_t *codes, ptrdiff_t stride, int32_t count,
                     const boreal_tree_top *top, uint8_t *places);

// A level of a tree that asks the same question in all its nodes. A row goes right when its code is
// above the rank.
typedef struct {
    int32_t column;
    uint8_t rank;
} boreal_tree_level;

// Where `count` rows leave a tree of at most sixteen such levels: bit k of a place is the answer of
// level k. Codes lie column by column, `stride` apart; count and stride are multiples of 32.
void boreal_ask_levels(const uint8_t *codes, ptrdiff_t stride, int32_t count,
                       const boreal_tree_level *levels, int32_t depth, uint16_t *places);
