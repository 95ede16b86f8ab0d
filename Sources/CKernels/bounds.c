#include "bounds.h"

#include <string.h>

#include "levels.h"

typedef double doubles8 __attribute__((vector_size(64)));
typedef int64_t longs8 __attribute__((vector_size(64)));
typedef float floats8 __attribute__((vector_size(32), aligned(4)));
typedef int32_t ints8 __attribute__((vector_size(32)));
typedef uint8_t bytes8 __attribute__((vector_size(8), aligned(1)));
typedef uint16_t places8 __attribute__((vector_size(16), aligned(2)));
typedef _Bool bits8 __attribute__((ext_vector_type(8)));

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// One bit for each of eight floats: set when it is below another.
#define BELOW(floats, value)                                                                       \
    ((uint32_t)__builtin_bit_cast(uint8_t,                                                         \
                                  __builtin_convertvector((ints8)((floats) < (value)), bits8)))

// How many of sixteen bounds lie below a value.
ALWAYS_INLINE int32_t count_in_group(const float *group, float value) {
    const uint32_t low = BELOW(*(const floats8 *)group, value);
    const uint32_t high = BELOW(*(const floats8 *)(group + 8), value);
    return __builtin_popcount(low | high << 8);
}

ALWAYS_INLINE int32_t place_in_levels(const boreal_bounds *bounds, float value) {
    int32_t place = 0;
    for (int32_t level = 0; level < bounds->level_count; level++) {
        place = 16 * place + count_in_group(bounds->levels[level] + 16 * (size_t)place, value);
    }
    return place;
}

// From a place that is not too high to the right one.
ALWAYS_INLINE int32_t exact_place(const boreal_bounds *bounds, int32_t place, double value) {
    while (bounds->exact[place] < value) place++;
    return place;
}

// By halves, among bounds whose floats tell little.
static int32_t searched_place(const boreal_bounds *bounds, double value) {
    int32_t low = 0, high = bounds->count;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (bounds->exact[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low;
}

// 32 numbers, and for each of them how many bounds lie below it.
typedef struct {
    doubles8 values[4];
    ints8 places[4];
} block;

// For 32 floats, how many of a few bounds are below each: 9 operations a bound.
ALWAYS_INLINE void count_linearly(const float *bounds, int32_t count, const floats8 *floats,
                                  ints8 *places) {
    ints8 a = {0}, b = {0}, c = {0}, d = {0};
    for (int32_t index = 0; index < count; index++) {
        const floats8 bound = (floats8){0} + bounds[index];
        a -= bound < floats[0];
        b -= bound < floats[1];
        c -= bound < floats[2];
        d -= bound < floats[3];
    }
    places[0] = a;
    places[1] = b;
    places[2] = c;
    places[3] = d;
}

// Few bounds are counted linearly; of about a thousand the groups of sixteen are, and then one
// group is looked into for each number. With 25 bounds a number takes a quarter of what a walk
// through levels of doubles took, with 255 half of it or less.
enum { linear_bounds = 32, linear_groups = 64 };

ALWAYS_INLINE void find_block(const double *values, ptrdiff_t stride, const boreal_bounds *bounds,
                              block *found) {
    int32_t *places = (int32_t *)found->places;
    const double *numbers = (const double *)found->values;
    floats8 floats[4];
    // Tells something when nothing is taken from the numbers before they are rounded.
    longs8 is_rounded = {0};
    for (int part = 0; part < 4; part++) {
        const double *from = values + 8 * part * stride;
        const doubles8 value = {from[0],          from[stride],     from[2 * stride],
                                from[3 * stride], from[4 * stride], from[5 * stride],
                                from[6 * stride], from[7 * stride]};
        found->values[part] = value;
        floats[part] = __builtin_convertvector(value - bounds->middle, floats8);
        const doubles8 wide = __builtin_convertvector(floats[part], doubles8);
        is_rounded |= (wide < value) | (wide > value);
    }
    if (bounds->level_count == 0) {
        for (int row = 0; row < 32; row++) places[row] = searched_place(bounds, numbers[row]);
        return;
    }
    const float *list = bounds->levels[bounds->level_count - 1];
    const int32_t groups = bounds->count / 16;
    if (bounds->count <= linear_bounds) {
        count_linearly(list, bounds->count, floats, found->places);
    } else if (groups <= linear_groups) {
        count_linearly(bounds->levels[bounds->level_count - 2], groups, floats, found->places);
        for (int row = 0; row < 32; row++) {
            const int32_t first = 16 * places[row];
            places[row] = first + count_in_group(list + first, ((const float *)floats)[row]);
        }
    } else {
        for (int row = 0; row < 32; row++) {
            places[row] = place_in_levels(bounds, ((const float *)floats)[row]);
        }
    }
    if (bounds->is_exact && !__builtin_reduce_or(is_rounded)) return;
    for (int row = 0; row < 32; row++) {
        places[row] = exact_place(bounds, places[row], numbers[row]);
    }
}

// The last numbers, fewer than 32, with NaN behind them.
ALWAYS_INLINE void find_rest(const double *values, ptrdiff_t stride, int32_t count,
                             const boreal_bounds *bounds, block *found) {
    double padded[32];
    for (int32_t row = 0; row < 32; row++) {
        padded[row] = row < count ? values[row * stride] : __builtin_nan("");
    }
    find_block(padded, 1, bounds, found);
}

ALWAYS_INLINE void write_places(const block *found, uint16_t *places) {
    for (int part = 0; part < 4; part++) {
        *(places8 *)(places + 8 * part) = __builtin_convertvector(found->places[part], places8);
    }
}

FOR_WIDER_PROCESSORS
void boreal_count_below(const double *values, ptrdiff_t stride, int32_t count,
                        const boreal_bounds *bounds, uint16_t *found) {
    block own;
    int32_t row = 0;
    for (; row + 32 <= count; row += 32) {
        find_block(values + row * stride, stride, bounds, &own);
        write_places(&own, found + row);
    }
    if (row == count) return;
    uint16_t rest[32];
    find_rest(values + row * stride, stride, count - row, bounds, &own);
    write_places(&own, rest);
    memcpy(found + row, rest, (size_t)(count - row) * sizeof *rest);
}

FOR_WIDER_PROCESSORS
void boreal_count_below_in_row(const double *row, const boreal_bounds *columns, int32_t count,
                               uint16_t *found) {
    for (int32_t index = 0; index < count; index++) {
        const boreal_bounds *bounds = columns + index;
        const double value = row[bounds->column];
        int32_t place;
        if (bounds->level_count > 0) {
            place = place_in_levels(bounds, (float)(value - bounds->middle));
            place = exact_place(bounds, place, value);
        } else {
            place = searched_place(bounds, value);
        }
        found[index] = (uint16_t)place;
    }
}

// By lane, `chosen` where the mask is set and `other` where it is not.
#define CHOOSE(mask, chosen, other) (((mask) & (chosen)) | (~(mask) & (other)))

ALWAYS_INLINE void write_codes(const block *found, const boreal_code_column *column,
                               uint8_t *codes) {
    for (int part = 0; part < 4; part++) {
        const doubles8 value = found->values[part];
        ints8 code = found->places[part];
        if (column->has_zero_code) {
            const ints8 is_zero =
                __builtin_convertvector((value <= 1e-35) & (value >= -1e-35), ints8);
            code = CHOOSE(is_zero, column->zero_code, code);
        }
        const ints8 is_nan = __builtin_convertvector(value != value, ints8);
        code = CHOOSE(is_nan, column->nan_code, code);
        *(bytes8 *)(codes + 8 * part) = __builtin_convertvector(code, bytes8);
    }
}

FOR_WIDER_PROCESSORS
void boreal_encode(const double *values, ptrdiff_t stride, int32_t count,
                   const boreal_bounds *bounds, const boreal_code_column *columns,
                   int32_t column_count) {
    block found;
    int32_t row = 0;
    for (; row + 32 <= count; row += 32) {
        find_block(values + row * stride, stride, bounds, &found);
        for (int32_t index = 0; index < column_count; index++) {
            write_codes(&found, columns + index, columns[index].codes + row);
        }
    }
    if (row == count) return;
    uint8_t rest[32];
    find_rest(values + row * stride, stride, count - row, bounds, &found);
    for (int32_t index = 0; index < column_count; index++) {
        write_codes(&found, columns + index, rest);
        memcpy(columns[index].codes + row, rest, (size_t)(count - row));
    }
}
