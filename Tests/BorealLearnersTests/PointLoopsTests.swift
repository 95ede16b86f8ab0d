import BorealBase
import CKernels
import Testing

@testable import BorealLearners

@Suite("Loops over rows and points")
struct PointLoopsTests {
    /// Small whole numbers: every sum of products is exact, and many distances are equal.
    private func numbers(_ count: Int, seed: Int) -> [Double] {
        (0..<count).map { Double(($0 * $0 + seed * ($0 + 3)) % 7) - 3 }
    }

    /// The nearest of some points by the definition: number, score, and the score of the second.
    private func nearest(
        _ row: ArraySlice<Double>,
        _ points: [Double]
    ) -> (place: Int, least: Double, second: Double) {
        let scores = (0..<points.count / row.count).map { point in
            zip(row, points[(point * row.count)...]).reduce(0) {
                $0 + $1.1 * $1.1 - 2 * $1.0 * $1.1
            }
        }
        let least = scores.min() ?? .infinity
        let place = scores.firstIndex(of: least) ?? 0
        let others = scores.enumerated().filter { $0.offset != place }
        return (place, least, others.map(\.element).min() ?? .infinity)
    }

    @Test(
        "The nearest point is the first of equals, at any width and number of points",
        arguments: [
            (1, 1), (3, 4), (1, 5), (4, 8), (7, 9), (10, 8), (28, 50), (128, 6), (129, 6),
        ]
    )
    func nearestPoints(width: Int, count: Int) {
        let points = numbers(width * count, seed: 5)
        let packed = PackedPoints(count: count, width: width)
        packed.pack(points, used: count)
        let rowCount = 61
        let rows = numbers(width * rowCount, seed: 2)
        let order = (0..<Int32(rowCount)).reversed().filter { $0 % 5 != 0 }
        var places = [Int32](repeating: -1, count: order.count)
        var least = [Double](repeating: .nan, count: order.count)
        var second = least
        var layout = packed.layout
        let length = Int32(order.count)
        boreal_nearest_points(rows, order, length, &layout, &places, &least, &second)
        for (index, row) in order.enumerated() {
            let start = Int(row) * width
            let expected = nearest(rows[start..<start + width], points)
            #expect(places[index] == expected.place)
            #expect(least[index] == expected.least)
            #expect(second[index] == expected.second)
        }
    }

    @Test(
        "Bounds move as the points did, and rows whose bounds cross are listed",
        arguments: [
            1, 8, 255, 256, 700,
        ]
    )
    func moveBounds(count: Int) {
        let (shifts, others, gaps) = ([0.5, 0.25, 0], [0.25, 0.5, 0.5], [1.0, 8, 2])
        let nearest = (0..<Int32(count)).map { $0 % 3 }
        let squares = [Double](repeating: 1, count: count)
        let before = (0..<count).map { (upper: Double($0 % 11) / 4, lower: Double($0 % 13) / 4) }
        var (upper, lower) = (before.map(\.upper), before.map(\.lower))
        var order = [Int32](repeating: -1, count: count)
        var expected: [Int32] = []
        for row in 0..<count {
            let point = Int(nearest[row])
            let most = before[row].upper + shifts[point]
            let least = max(before[row].lower - others[point], gaps[point] - most)
            if !(least > most) { expected.append(Int32(100 + row)) }
        }
        let found = shifts.withUnsafeBufferPointer { shifts in
            others.withUnsafeBufferPointer { others in
                gaps.withUnsafeBufferPointer { gaps in
                    var bounds = boreal_point_bounds(
                        shifts: shifts.baseAddress,
                        others: others.baseAddress,
                        gaps: gaps.baseAddress,
                        unit: 0x1p-40,
                        greatest_square: 1
                    )
                    let all = Int32(count)
                    return boreal_move_bounds(
                        100,
                        all,
                        nearest,
                        squares,
                        &upper,
                        &lower,
                        &bounds,
                        &order
                    )
                }
            }
        }
        #expect(order.prefix(Int(found)) == expected[...])
        for row in 0..<count {
            let point = Int(nearest[row])
            let most = before[row].upper + shifts[point]
            // Rounded outward, and by no more than that.
            #expect(upper[row] >= most && upper[row] <= most * (1 + 0x1p-50))
            let least = max(before[row].lower - others[point], gaps[point] - most)
            #expect(lower[row] <= least + 0x1p-45 && lower[row] >= least - 0x1p-45)
        }
    }
}
