import BorealBoost
import CKernels

/// Points that rows are compared with, in the layout of the vector loops.
final class PackedPoints {
    /// Points.
    let count: Int
    /// Points of a group.
    let lanes: Int
    /// What the loops take.
    let layout: boreal_points
    private let width: Int
    private let doubled: AlignedBuffer<Double>
    private let squares: AlignedBuffer<Double>

    /// Room for points.
    init(count: Int, width: Int) {
        precondition(count > 0 && width > 0, "points without numbers")
        self.count = count
        self.width = width
        let isFew = count <= boreal_point_lanes_few
        lanes = isFew ? boreal_point_lanes_few : boreal_point_lanes
        let groups = (count + lanes - 1) / lanes
        doubled = AlignedBuffer(count: groups * lanes * width)
        squares = AlignedBuffer(count: groups * lanes)
        layout = boreal_points(
            doubled: doubled.pointer,
            squares: squares.pointer,
            width: Int32(width),
            groups: isFew ? 0 : Int32(groups)
        )
    }

    /// Bytes of so many points.
    static func bytes(count: Int, width: Int) -> Int { (count + 8) * (width + 1) * 8 }

    /// Takes points; those behind `used` are none.
    ///
    /// - Parameter points: `[used * width]`
    /// - Returns: the greatest sum of squares.
    @discardableResult
    func pack(_ points: UnsafePointer<Double>, used: Int) -> Double {
        assert(used <= count, "more points than there is room for")
        var greatest = 0.0
        for point in 0..<squares.count {
            let place = point / lanes * lanes * width + point % lanes
            guard point < used else {
                for feature in 0..<width { doubled.pointer[place + feature * lanes] = 0 }
                squares.pointer[point] = .infinity
                continue
            }
            var square = 0.0
            for feature in 0..<width {
                let value = points[point * width + feature]
                square += value * value
                doubled.pointer[place + feature * lanes] = -2 * value
            }
            squares.pointer[point] = square
            greatest = max(greatest, square)
        }
        return greatest
    }

    /// The sum of squares of a point.
    func square(_ point: Int) -> Double { squares.pointer[point] }
}
