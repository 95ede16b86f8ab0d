#include "CKernels.h"

#include <string.h>

#include "levels.h"

typedef int64_t sums8 __attribute__((vector_size(64), aligned(8)));
typedef int32_t halves16 __attribute__((vector_size(64)));
typedef int32_t lanes8 __attribute__((vector_size(32)));
typedef float floats8 __attribute__((vector_size(32)));

// The low and the high halves of eight packed sums as numbers. Macros, because vectors as arguments
// of functions have another calling convention on every processor.
#define HESSIANS(sums)                                                                             \
    __builtin_convertvector(__builtin_shufflevector((halves16)(sums), (halves16)(sums), 0, 2, 4,   \
                                                    6, 8, 10, 12, 14),                             \
                            floats8)
#define GRADIENTS(sums)                                                                            \
    __builtin_convertvector(__builtin_shufflevector((halves16)(sums), (halves16)(sums), 1, 3, 5,   \
                                                    7, 9, 11, 13, 15),                             \
                            floats8)

// With L and R for the sides, G^2 / (H + l) of both is one quotient:
// (GL^2 (HR + l) + GR^2 (HL + l)) / ((HL + l) (HR + l)).
// It is compared by multiplying the bound with the denominator; only groups of eight that hold a
// greater gain than the best so far divide, and they are few. Without the divisions, and with
// vectors of 256 bits, a wide table is scanned 2.6 times as fast.
FOR_SEVERAL_PROCESSORS
boreal_gain_answer boreal_scan_gains(const int64_t *prefix, int32_t count,
                                     const boreal_gain_query *query, int32_t takes_last) {
    const floats8 lambda = (floats8){0} + query->lambda;
    const floats8 least = (floats8){0} + query->min_hessian;
    const floats8 splits_above = (floats8){0} + query->splits_above;
    const sums8 missing = (sums8){0} + query->missing;
    const sums8 total = (sums8){0} + query->total;
    const lanes8 lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    float wanted = query->wanted_above;
    lanes8 splits = {0};
    boreal_gain_answer answer = {-1, 0, 0};
    for (int32_t index = 0; index < count; index += 8) {
        const sums8 left = *(const sums8 *)(prefix + index) + missing;
        const sums8 right = total - left;
        const floats8 hl = HESSIANS(left), hr = HESSIANS(right);
        const floats8 gl = GRADIENTS(left), gr = GRADIENTS(right);
        const floats8 a = hl + lambda, b = hr + lambda;
        const floats8 over = gl * gl * b + gr * gr * a;
        const floats8 under = a * b;
        const lanes8 allowed = (hl >= least) & (hr >= least) & (lanes < count - index);
        splits |= allowed & (over > splits_above * under);
        const lanes8 found = allowed & (over > wanted * under);
        if (__builtin_expect(__builtin_reduce_or(found) == 0, 1)) continue;
        const floats8 gains = over / under;
        for (int lane = 0; lane < 8; lane++) {
            if (!allowed[lane]) continue;
            if (gains[lane] > answer.gain || (takes_last && gains[lane] == answer.gain)) {
                answer.gain = gains[lane];
                answer.index = index + lane;
            }
        }
        // A little below the best gain: products are rounded otherwise than the quotient.
        const float below = answer.gain * (1 - 1e-6f);
        if (below > wanted) wanted = below;
    }
    answer.splits = __builtin_reduce_or(splits) != 0;
    return answer;
}

typedef uint8_t flags8 __attribute__((vector_size(8), aligned(1)));

FOR_SEVERAL_PROCESSORS
int32_t boreal_scan_cuts(const int64_t *slots, uint8_t *flags, int32_t count,
                         const boreal_gain_query *query) {
    const floats8 lambda = (floats8){0} + query->lambda;
    const floats8 least = (floats8){0} + query->min_hessian;
    const floats8 splits_above = (floats8){0} + query->splits_above;
    const floats8 wanted = (floats8){0} + query->wanted_above;
    const sums8 total = (sums8){0} + query->total;
    for (int32_t index = 0; index < count; index += 8) {
        const int32_t size = count - index < 8 ? count - index : 8;
        flags8 flag = {0};
        // Neighbours' flags belong to other threads. So do slots, which are read and left out.
        if (__builtin_expect(size == 8, 1)) memcpy(&flag, flags + index, 8);
        else memcpy(&flag, flags + index, (size_t)size);
        const sums8 left = *(const sums8 *)(slots + index);
        const sums8 right = total - left;
        const floats8 hl = HESSIANS(left), hr = HESSIANS(right);
        const floats8 gl = GRADIENTS(left), gr = GRADIENTS(right);
        const floats8 a = hl + lambda, b = hr + lambda;
        const floats8 over = gl * gl * b + gr * gr * a;
        const floats8 under = a * b;
        const lanes8 allowed = (hl >= least) & (hr >= least)
                               & __builtin_convertvector(flag != 0, lanes8);
        const lanes8 splits = allowed & (over > splits_above * under);
        const flags8 left_over = __builtin_convertvector(splits, flags8) & 1;
        if (__builtin_expect(size == 8, 1)) memcpy(flags + index, &left_over, 8);
        else memcpy(flags + index, &left_over, (size_t)size);
        const lanes8 found = allowed & (over > wanted * under);
        if (__builtin_expect(__builtin_reduce_or(found) == 0, 1)) continue;
        int lane = 0;
        while (!found[lane]) lane++;
        return index + lane;
    }
    return count;
}

typedef uint8_t codes32 __attribute__((vector_size(32), aligned(1)));

// All ones for rows that go right at a node.
#define GOES_RIGHT(node)                                                                           \
    ((codes32)(*(const codes32 *)(rows + top->columns[node] * stride) > top->ranks[node]))
// By lane, `right` where the mask is set and `left` where it is not.
#define CHOOSE(mask, left, right) ((left) ^ (((left) ^ (right)) & (mask)))

// Every node of the upper levels is asked for 32 rows at once and the answers are chosen among by
// those above: 2 operations a row for four levels, where walking takes 7 a level.
FOR_SEVERAL_PROCESSORS
void boreal_walk_top(const uint8_t *codes, ptrdiff_t stride, int32_t count,
                     const boreal_tree_top *top, uint8_t *places) {
    for (int32_t row = 0; row < count; row += 32) {
        const uint8_t *rows = codes + row;
        const codes32 first = GOES_RIGHT(0);
        const codes32 second = CHOOSE(first, GOES_RIGHT(1), GOES_RIGHT(2));
        const codes32 third = CHOOSE(first, CHOOSE(second, GOES_RIGHT(3), GOES_RIGHT(4)),
                                     CHOOSE(second, GOES_RIGHT(5), GOES_RIGHT(6)));
        const codes32 left = CHOOSE(second, CHOOSE(third, GOES_RIGHT(7), GOES_RIGHT(8)),
                                    CHOOSE(third, GOES_RIGHT(9), GOES_RIGHT(10)));
        const codes32 right = CHOOSE(second, CHOOSE(third, GOES_RIGHT(11), GOES_RIGHT(12)),
                                     CHOOSE(third, GOES_RIGHT(13), GOES_RIGHT(14)));
        const codes32 fourth = CHOOSE(first, left, right);
        *(codes32 *)(places + row) = (first & 8) | (second & 4) | (third & 2) | (fourth & 1);
    }
}

typedef uint16_t places32 __attribute__((vector_size(64), aligned(2)));

// All ones for rows that go right at a level.
#define ANSWERS(level)                                                                             \
    ((codes32)(*(const codes32 *)(rows + levels[level].column * stride) > levels[level].rank))

// Four operations a level for 32 rows. Swift's compiler takes its own comparison of sixteen codes
// apart into single ones: 140 thousand rows a second through 100 trees of eight levels.
FOR_SEVERAL_PROCESSORS
void boreal_ask_levels(const uint8_t *codes, ptrdiff_t stride, int32_t count,
                       const boreal_tree_level *levels, int32_t depth, uint16_t *places) {
    for (int32_t row = 0; row < count; row += 32) {
        const uint8_t *rows = codes + row;
        codes32 low = {0};
        codes32 high = {0};
        for (int32_t level = 0; level < depth && level < 8; level++) {
            low |= ANSWERS(level) & (uint8_t)(1 << level);
        }
        for (int32_t level = 8; level < depth; level++) {
            high |= ANSWERS(level) & (uint8_t)(1 << (level - 8));
        }
        *(places32 *)(places + row) = __builtin_convertvector(low, places32)
                                      | __builtin_convertvector(high, places32) << 8;
    }
}
