// Loops that pay for wider vectors than the oldest processor has. Each is compiled more than once
// from one text and chosen when the program starts, by what the processor can do; all versions give
// the same bits, because none of them fuses a multiplication with an addition.
#pragma once
#include <stddef.h>
#include <stdint.h>

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
