#include <math.h>
#include <string.h>

#include "convolution.h"
#include "levels.h"

// Sixteen numbers at once; an odd rest is computed in the same way, so that a number's answer does
// not depend on where it stands. The polynomials are least-maximum fits made for this file.
//
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

EACH floats16 sigmoid(floats16 x) { return 1.0f / (1.0f + exponential(-x)); }

// A polynomial near zero, where 1 - 2 / (e^2x + 1) would cancel.
EACH floats16 tangent(floats16 x) {
    const floats16 size = magnitude(x), square = x * x;
    floats16 p = all(-0.005717036779969931f);
    p = p * square + 0.020650578662753105f;
    p = p * square + -0.05374349653720856f;
    p = p * square + 0.13331490755081177f;
    p = p * square + -0.3333328366279602f;
    const floats16 near = p * square * x + x;
    const floats16 far = with_sign(x, 1.0f - 2.0f / (exponential(size + size) + 1.0f));
    return choose(size < 0.625f, near, choose(x == x, far, x));
}

// x P(x^2) below 1, 1 - e^-Q(|x|) above.
EACH floats16 error_function(floats16 x) {
    const floats16 square = x * x;
    floats16 p = all(7.889119297033176e-05f);
    p = p * square + -0.0008020841050893068f;
    p = p * square + 0.005189535208046436f;
    p = p * square + -0.026854444295167923f;
    p = p * square + 0.11283600330352783f;
    p = p * square + -0.3761262595653534f;
    p = p * square + 0.12837916612625122f;
    const floats16 near = p * x + x;
    floats16 size = magnitude(x);
    size = choose(size > 4.0f, all(4), size);
    floats16 q = all(2.1686850232072175e-05f);
    q = q * size + -0.00044136636401966214f;
    q = q * size + 0.004204561933875084f;
    q = q * size + -0.025208257138729095f;
    q = q * size + 0.10841857641935349f;
    q = q * size + 0.6332198977470398f;
    q = q * size + 1.1295784711837769f;
    q = q * size + -0.0001880402269307524f;
    const floats16 far = with_sign(x, 1.0f - exponential(-q));
    return choose(magnitude(x) < 1.0f, near, choose(x == x, far, x));
}

EACH floats16 gelu(floats16 x) {
    return x * 0.5f * (1.0f + error_function(x * 0.707106781f));
}

// A loop over whole vectors and one over the rest, in a vector that is filled up with zeros.
#define ACTIVATION(name, function)                                                                 \
    FOR_SEVERAL_PROCESSORS                                                                         \
    void name(const float *source, float *target, int64_t count) {                                \
        int64_t i = 0;                                                                             \
        for (; i + WIDTH <= count; i += WIDTH)                                                     \
            *(floats16 *)(target + i) = function(*(const floats16 *)(source + i));                 \
        if (i == count) return;                                                                    \
        floats16 rest = {0};                                                                       \
        memcpy(&rest, source + i, (size_t)(count - i) * sizeof(float));                            \
        rest = function(rest);                                                                     \
        memcpy(target + i, &rest, (size_t)(count - i) * sizeof(float));                            \
    }

ACTIVATION(boreal_sigmoid, sigmoid)
ACTIVATION(boreal_tanh, tangent)
ACTIVATION(boreal_erf, error_function)
ACTIVATION(boreal_gelu, gelu)

FOR_SEVERAL_PROCESSORS
void boreal_softmax_rows(const float *source, float *target, int64_t rows, int64_t count) {
    for (int64_t row = 0; row < rows; row++) {
        const float *from = source + row * count;
        float *to = target + row * count;
        float greatest = from[0];
        for (int64_t i = 1; i < count; i++) greatest = from[i] > greatest ? from[i] : greatest;
        floats16 parts = {0};
        for (int64_t i = 0; i < count; i += WIDTH) {
            const size_t bytes = (size_t)(count - i < WIDTH ? count - i : WIDTH) * sizeof(float);
            // What fills the last vector up becomes 0 and leaves the sum alone.
            floats16 x = all(-INFINITY);
            memcpy(&x, from + i, bytes);
            const floats16 share = exponential(x - greatest);
            parts += share;
            memcpy(to + i, &share, bytes);
        }
        float sum = 0;
        for (int lane = 0; lane < WIDTH; lane++) sum += parts[lane];
        for (int64_t i = 0; i < count; i++) to[i] /= sum;
    }
}
