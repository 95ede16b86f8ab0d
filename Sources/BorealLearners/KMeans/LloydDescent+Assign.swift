import BorealBase
import BorealBoost
import CKernels

/// What a row knows of its distances, and how it finds its center.
extension LloydDescent {
    /// What rounding may do to a squared distance: bounds of this many units of the sums of squares
    /// of row and center cover the products, their sum and the squares themselves.
    private var roundingUnit: Double { Double(rows.width + 8) * 0x1p-51 }

    /// Packs the centers, and measures them among each other.
    func prepareBounds(isFirst: Bool) {
        greatestSquare = points.pack(centers, used: clusters)
        // Distances between centers cost more than they spare when there are many.
        guard !isFirst, clusters > 1, clusters * clusters <= 4 * rows.count else {
            gaps.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            return
        }
        var nearest = [Int32](repeating: 0, count: clusters)
        var least = gaps
        let error = 2 * greatestSquare * roundingUnit
        gaps.withUnsafeMutableBufferPointer { gaps in
            nearest.withUnsafeMutableBufferPointer { nearest in
                least.withUnsafeMutableBufferPointer { least in
                    guard let second = gaps.baseAddress, let near = nearest.baseAddress,
                        let first = least.baseAddress
                    else { return }
                    measureCenters(near, first, second)
                }
            }
        }
        for cluster in 0..<clusters {
            let square = gaps[cluster] + points.square(cluster) - error
            gaps[cluster] = square > 0 ? square.squareRoot() * (1 - 1e-12) : 0
        }
    }

    /// For each center itself and the nearest other one, as scores.
    private func measureCenters(
        _ nearest: UnsafeMutablePointer<Int32>,
        _ least: UnsafeMutablePointer<Double>,
        _ second: UnsafeMutablePointer<Double>
    ) {
        let piece = 64
        let width = rows.width
        centers.withUnsafeBufferPointer { centers in
            guard let base = centers.baseAddress else { return }
            pool.run((clusters + piece - 1) / piece) { index in
                let first = index * piece
                var layout = points.layout
                boreal_nearest_points(
                    base + first * width,
                    nil,
                    Int32(min(piece, clusters - first)),
                    &layout,
                    nearest + first,
                    least + first,
                    second + first
                )
            }
        }
    }

    /// Sends every row to its nearest center, the first of equals; how many went.
    ///
    /// - Parameters:
    ///   - isFirst: whether nothing is known of the rows yet.
    ///   - isWhole: whether all rows are added up, or only what changes.
    func assign(isFirst: Bool, isWhole: Bool) -> Int {
        var moved = [Int](repeating: 0, count: sums.partCount)
        let others = otherShifts()
        moved.withUnsafeMutableBufferPointer { moved in
            shifts.withUnsafeBufferPointer { shifts in
                others.withUnsafeBufferPointer { others in
                    gaps.withUnsafeBufferPointer { gaps in
                        let bounds = boreal_point_bounds(
                            shifts: shifts.baseAddress,
                            others: others.baseAddress,
                            gaps: gaps.baseAddress,
                            unit: roundingUnit,
                            greatest_square: greatestSquare
                        )
                        guard let target = moved.baseAddress else { return }
                        pool.run(sums.partCount) { part in
                            target[part] = assign(part, bounds, isFirst: isFirst, isWhole: isWhole)
                        }
                    }
                }
            }
        }
        return moved.reduce(0, +)
    }

    /// `[clusters]`: how far any center but this one went at most.
    private func otherShifts() -> [Double] {
        var farthest = (cluster: 0, way: 0.0, others: 0.0)
        for cluster in 0..<clusters {
            if shifts[cluster] > farthest.way {
                farthest = (cluster, shifts[cluster], farthest.way)
            } else {
                farthest.others = max(farthest.others, shifts[cluster])
            }
        }
        var others = [Double](repeating: farthest.way, count: clusters)
        others[farthest.cluster] = farthest.others
        return others
    }

    private func assign(
        _ part: Int,
        _ bounds: boreal_point_bounds,
        isFirst: Bool,
        isWhole: Bool
    ) -> Int {
        var moved = 0
        sums.clear(part)
        let room = ClusterRows.blockRows
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * room) { whole in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * room) { scores in
                guard let order = whole.baseAddress, let least = scores.baseAddress else { return }
                for block in sums.blocks(part) {
                    guard !run.cancellation.isCancelled else { return }
                    let count =
                        isFirst ? all(block, order) : outOfBounds(block, bounds, order)
                    guard count > 0 || isWhole else { continue }
                    var layout = points.layout
                    boreal_nearest_points(
                        rows.values,
                        order,
                        Int32(count),
                        &layout,
                        order + room,
                        least,
                        least + room
                    )
                    moved += take(
                        count,
                        order,
                        least,
                        bounds,
                        changesTo: isWhole ? nil : part
                    )
                    if isWhole { sums.add(block, labels.pointer, to: part) }
                }
            }
        }
        return moved
    }

    private func all(_ block: Range<Int>, _ order: UnsafeMutablePointer<Int32>) -> Int {
        for row in block { order[row - block.lowerBound] = Int32(truncatingIfNeeded: row) }
        return block.count
    }

    /// Moves the bounds as the centers went; the rows that may have a nearer center now.
    private func outOfBounds(
        _ block: Range<Int>,
        _ bounds: boreal_point_bounds,
        _ order: UnsafeMutablePointer<Int32>
    ) -> Int {
        let first = block.lowerBound
        return withUnsafePointer(to: bounds) { bounds in
            Int(
                boreal_move_bounds(
                    Int32(first),
                    Int32(block.count),
                    labels.pointer + first,
                    rows.squares + first,
                    upper.pointer + first,
                    lower.pointer + first,
                    bounds,
                    order
                )
            )
        }
    }

    /// Writes down what the comparison of some rows found; how many of them changed.
    ///
    /// - Parameters:
    ///   - order: `[blockRows]` rows, then as many centers.
    ///   - least: `[blockRows]` scores of the nearest center, then as many of the second.
    ///   - part: where changes are added up; nil leaves them.
    private func take(
        _ count: Int,
        _ order: UnsafeMutablePointer<Int32>,
        _ least: UnsafeMutablePointer<Double>,
        _ bounds: boreal_point_bounds,
        changesTo part: Int?
    ) -> Int {
        let room = ClusterRows.blockRows
        var moved = 0
        for index in 0..<count {
            let row = Int(order[index])
            let square = rows.squares[row]
            let error = (square + bounds.greatest_square) * bounds.unit
            upper.pointer[row] = max(0, least[index] + square + error).squareRoot()
            lower.pointer[row] = max(0, least[room + index] + square - error).squareRoot()
            let (old, new) = (labels.pointer[row], order[room + index])
            guard old != new else { continue }
            moved += 1
            labels.pointer[row] = new
            if let part { sums.change(row, from: Int(old), to: Int(new), in: part) }
        }
        return moved
    }
}
