// Convolutions, windows and activations over 32-bit floats: what networks do beside products. As
// in network.h each sum is taken in one order on all processors, and so is each activation.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Floats behind the planes of a convolution that may be read and never count.
enum { boreal_convolution_slack = 32 };

// A convolution in one or two dimensions; one dimension is a height of 1. What lies beyond the
// edges counts as 0.
//
// Every `stride_y`th line and `stride_x`th column of a channel are a plane of their own, so that
// neighbouring outputs read neighbouring numbers whatever the strides are.
typedef struct {
    // [rows][groups * channels][height][width]
    const float *source;
    // [groups * filters][depth]; the depth is [channel][line of the kernel][column of the kernel].
    const float *weights;
    // [groups * filters]; NULL for none. Sums begin with it.
    const float *bias;
    // [rows][groups * filters][out_height][out_width]
    float *target;
    // Room for the planes of one group, and for the slack:
    // [channels][stride_y][stride_x][plane_height][plane_width].
    float *planes;
    // [depth]: where the first output finds its number in the planes.
    const int32_t *offsets;
    int64_t rows, depth;
    int32_t groups, channels, filters;
    int32_t height, width, out_height, out_width, plane_height, plane_width;
    int32_t stride_y, stride_x;
    // What is thought to lie before the first line and the first column.
    int32_t pad_y, pad_x;
    // Whether answers below 0 become 0.
    int32_t rectifies;
} boreal_convolution;

void boreal_convolve(const boreal_convolution *convolution);

// A window that slides over [rows * channels][height][width]; what lies beyond the edges is no
// part of it. The greatest number of each window, NaN before all others, or the mean.
typedef struct {
    const float *source;
    float *target;
    // Pictures: rows times channels.
    int64_t pictures;
    int32_t height, width, out_height, out_width;
    int32_t window_height, window_width, stride_y, stride_x, dilation_y, dilation_x, pad_y, pad_x;
    // Means: how far beyond the edges numbers are counted as zeros: 0, or the padding at the ends.
    int32_t counts_padding, end_y, end_x;
    int32_t takes_mean;
} boreal_window;

void boreal_pool(const boreal_window *window);

// x * scale + shift, one scale and shift for each channel: [rows][channels][inner].
void boreal_scale_channels(const float *source, float *target, const float *scale,
                           const float *shift, int64_t rows, int64_t channels, int64_t inner);

// Activations, element by element; source and target may be the same. NaN stays NaN. Within three
// units in the last place (sigmoid, tanh, erf) or 5e-7 (gelu) of the exact value.
void boreal_sigmoid(const float *source, float *target, int64_t count);
void boreal_tanh(const float *source, float *target, int64_t count);
void boreal_erf(const float *source, float *target, int64_t count);
// x / 2 (1 + erf(x / sqrt(2)))
void boreal_gelu(const float *source, float *target, int64_t count);

// Rows of `count` numbers as shares of one: exp(x - greatest) / sum. Sums are taken in 16 parts.
void boreal_softmax_rows(const float *source, float *target, int64_t rows, int64_t count);
