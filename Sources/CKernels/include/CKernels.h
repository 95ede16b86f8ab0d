// Loops that pay for wider vectors than the oldest processor has. Each is compiled more than once
// from one text and chosen when the program starts, by what the processor can do; all versions give
// the same bits, because none of them fuses a multiplication with an addition.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
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

// Looks through `count` features with one cut each. A slot holds the sum of the rows on one side of
// the cut, whichever; slots may be read up to the next multiple of eight. Features whose flag is 0
// are left out, and flags of others that cannot split the leaf become 0. Returns the place of the
// first feature that gains more than wanted, or `count`; flags behind its group are not looked at
// yet.
int32_t boreal_scan_cuts(const int64_t *slots, uint8_t *flags, int32_t count,
                         const boreal_gain_query *query);

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
