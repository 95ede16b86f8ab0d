#include "convolution.h"
#include "lanes.h"
#include "levels.h"

// Sixteen numbers at once; an odd rest is computed in the same way, so that a number's answer does
// not depend on where it stands. The polynomials are least-maximum fits made for this file.

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
        const float sum = powers(from, to, count, 1, greatest);
        for (int64_t i = 0; i < count; i++) to[i] /= sum;
    }
}
