// Sixteen numbers at once, their exponential, and their sum: what softmax is made of wherever it
// stands.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "levels.h"

// Everything is inlined into loops that are compiled for one processor, so that how vectors would
// be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float floats16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t ints16 __attribute__((vector_size(64), aligned(4)));

enum { WIDTH = 16 };

#define EACH static inline __attribute__((always_inline))

// `yes` where the mask's lanes are all ones, `no` where they are zero.
EACH floats16 choose(ints16 mask, floats16 yes, floats16 no) {
    return (floats16)((mask & (ints16)yes) | (~mask & (ints16)no));
}

EACH floats16 all(float x) { return (floats16){0} + x; }

EACH floats16 magnitude(floats16 x) {
    return (floats16)((ints16)x & ((ints16){0} + 0x7FFFFFFF));
}

// x's sign on y, which is not negative.
EACH floats16 with_sign(floats16 x, floats16 y) {
    return (floats16)(((ints16)x & ((ints16){0} + (int32_t)0x80000000)) | (ints16)y);
}

// e to the power of x: 2^n e^r with |r| <= ln(2) / 2; 0 below the normal numbers. NaN stays NaN.
EACH floats16 exponential(floats16 x) {
    const floats16 low = all(-87.33654f), high = all(88.72283f);
    const ints16 is_low = x < low, is_high = x > high, is_number = x == x;
    floats16 within = choose(is_low, low, x);
    within = choose(is_high, high, within);
    within = choose(is_number, within, all(0));
    // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    const floats16 magic = all(12582912.0f);
    const floats16 n = (within * 1.44269504f + magic) - magic;
    // ln(2) in two parts, the first exact in few bits.
    const floats16 r = (within - n * 0.693359375f) - n * -2.12194440e-4f;
    floats16 p = all(0.0013950521824881434f);
    p = p * r + 0.008368908427655697f;
    p = p * r + 0.04166620597243309f;
    p = p * r + 0.166665181517601f;
    p = p * r + 0.5f;
    const floats16 fraction = (p * r) * r + r + 1.0f;
    // 2^128 has no exponent of its own: half of n each time.
    const ints16 whole = __builtin_convertvector(n, ints16);
    const ints16 half = whole >> 1;
    const floats16 first = (floats16)((half + 127) << 23);
    const floats16 second = (floats16)((whole - half + 127) << 23);
    floats16 result = fraction * first * second;
    result = choose(is_low, all(0), result);
    result = choose(is_high, all(INFINITY), result);
    return choose(is_number, result, x);
}

// Added in pairs.
EACH float sum_of_lanes(floats16 x) {
    float a[8], b[4];
    for (int i = 0; i < 8; i++) a[i] = x[i] + x[i + 8];
    for (int i = 0; i < 4; i++) b[i] = a[i] + a[i + 4];
    return (b[0] + b[2]) + (b[1] + b[3]);
}

// exp(scale x - peak) of `count` numbers, in another place or the same; their sum.
EACH float powers(const float *from, float *to, int64_t count, float scale, float peak) {
    floats16 sum = {0};
    int64_t i = 0;
    for (; i + WIDTH <= count; i += WIDTH) {
        const floats16 x = exponential(*(const floats16 *)(from + i) * scale - peak);
        *(floats16 *)(to + i) = x;
        sum += x;
    }
    if (i < count) {
        const size_t bytes = (size_t)(count - i) * sizeof(float);
        floats16 x = {0};
        memcpy(&x, from + i, bytes);
        x = exponential(x * scale - peak);
        memcpy(to + i, &x, bytes);
        // What fills the last vector up leaves the sum alone.
        floats16 rest = {0};
        memcpy(&rest, to + i, bytes);
        sum += rest;
    }
    return sum_of_lanes(sum);
}
