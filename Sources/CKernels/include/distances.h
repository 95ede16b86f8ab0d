// Loops over distances between rows and points, for learners of clusters. Compiled as the loops of
// CKernels.h are; all versions give the same bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Points that rows are compared with, packed for vectors: groups of `boreal_point_lanes` points,
// each group feature by feature.
enum { boreal_point_lanes = 8, boreal_point_lanes_few = 4 };
typedef struct {
    // `[groups][width][lanes]`: coordinates times -2.
    const double *doubled;
    // `[groups][lanes]`: sums of squared coordinates; infinity where there is no point.
    const double *squares;
    // Numbers of a point and of a row.
    int32_t width;
    // Groups of 8 points; 0 when there are at most 4 points and the lanes are 4.
    int32_t groups;
} boreal_points;

// For each of `count` rows, which lie row by row, `width` numbers each, and are those at `order` or
// the first ones when it is NULL: the nearest point, the first of equals; its score, which is the
// squared distance less the row's own sum of squares; and the least score of all other points,
// infinity when there is none.
void boreal_nearest_points(const double *rows, const int32_t *order, int32_t count,
                           const boreal_points *points, int32_t *nearest, double *least,
                           double *second);

// For `count` rows: what would be left of the squared distances to the nearest chosen points,
// `closest`, if one of `lanes` points were chosen too. `left` gets `[count][lanes]` of them and
// `sums` their sums by point, weighted unless `weights` is NULL. `squares` are the rows' own sums
// of squares. The points are one group.
void boreal_try_points(const double *rows, int32_t count, const boreal_points *points,
                       const double *squares, const double *closest, const double *weights,
                       double *left, double *sums);

// What the rows of a pass share when their points have moved.
typedef struct {
    // `[points]`: how far each point went.
    const double *shifts;
    // `[points]`: how far any other point went at most.
    const double *others;
    // `[points]`: the distance from each point to the nearest other one.
    const double *gaps;
    // What rounding may do to a squared distance, as a share of the sums of squares of row and
    // point; and the greatest of the points' ones.
    double unit, greatest_square;
} boreal_point_bounds;

// Hamerly's bounds of rows whose points have moved: `upper`, on the distance to the `nearest`
// point, grows as that point went; `lower`, on the distance to any other, shrinks as the others
// did, and is half of the way to the nearest other point at least. Writes the numbers, from `first`
// on, of those of `count` rows that may have a nearer point now to `order`, which has room for all,
// and answers how many they are. `squares` are the rows' sums of squares.
int32_t boreal_move_bounds(int32_t first, int32_t count, const int32_t *nearest,
                           const double *squares, double *upper, double *lower,
                           const boreal_point_bounds *bounds, int32_t *order);
