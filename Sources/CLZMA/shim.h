#pragma once
#include <lzma.h>

// LZMA_STREAM_INIT is an aggregate macro, which Swift does not import.
static inline lzma_stream boreal_lzma_stream(void) {
    lzma_stream stream = LZMA_STREAM_INIT;
    return stream;
}
