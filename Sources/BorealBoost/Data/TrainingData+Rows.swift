import BorealBase

extension TrainingData {
    /// Draws rows by a hash of their number and a seed: rows added behind change nothing for those
    /// before. Rows of a group are drawn together.
    ///
    /// - Parameter share: of the rows, or of the groups, above 0 and below 1.
    /// - Returns: the rows drawn and the others, both ascending.
    public func drawnRows(share: Double, seed: Int64) -> (drawn: [Int], others: [Int]) {
        precondition(share > 0 && share < 1, "a share of \(share)")
        let key = RandomNumbers(seed: seed, stream: RandomStream.validation).key
        func isDrawn(_ position: Int) -> Bool {
            let number = RandomNumbers.at(UInt64(truncatingIfNeeded: position), key: key)
            return Double(number >> 11) * 0x1p-53 < share
        }
        var (drawn, others) = ([Int](), [Int]())
        var start = 0
        for (group, size) in (groups ?? []).enumerated() {
            let rows = start..<start + size
            if isDrawn(group) { drawn += rows } else { others += rows }
            start += size
        }
        guard groups == nil else { return (drawn, others) }
        for row in 0..<rowCount {
            if isDrawn(row) { drawn.append(row) } else { others.append(row) }
        }
        return (drawn, others)
    }

    /// Some of the rows, or all, in another order.
    ///
    /// - Parameter rows: none twice; those of a group that are taken stay neighbours.
    public func taking(_ rows: [Int]) -> TrainingData {
        guard rows != Array(0..<rowCount) else { return self }
        assert(rows.allSatisfy((0..<rowCount).contains), "a row that the table does not have")
        var copy = self
        copy.columns = columns.map { column in
            switch column {
            case .doubles(let values): .doubles(rows.map { values[$0] })
            case .floats(let values): .floats(rows.map { values[$0] })
            case .categories(let codes, let count):
                .categories(rows.map { codes[$0] }, count: count)
            case .sparse(let numbers): .sparse(numbers.taking(rows))
            }
        }
        copy.label = rows.map { label[$0] }
        copy.weights = weights.map { weights in rows.map { weights[$0] } }
        copy.initialScores = initialScores.map { scores in
            (0..<scores.count / rowCount).flatMap { score in
                rows.map { scores[score * rowCount + $0] }
            }
        }
        copy.groups = groups.map { Self.sizes(of: rows, in: $0) }
        return copy
    }

    /// The sizes of what is left of the groups, empty ones left out.
    private static func sizes(of rows: [Int], in groups: [Int]) -> [Int] {
        let groupOfRow = groups.enumerated().flatMap { [Int](repeating: $0, count: $1) }
        var sizes: [Int] = []
        var last = -1
        for row in rows {
            if groupOfRow[row] != last { sizes.append(0) }
            last = groupOfRow[row]
            sizes[sizes.count - 1] += 1
        }
        return sizes
    }
}

extension SparseNumbers {
    /// The numbers of some rows, in another order.
    fileprivate func taking(_ taken: [Int]) -> SparseNumbers {
        var places = [UInt32](repeating: .max, count: count)
        for (place, row) in taken.enumerated() { places[row] = UInt32(truncatingIfNeeded: place) }
        let kept = rows.indices.filter { places[Int(rows[$0])] != .max }
            .sorted { places[Int(rows[$0])] < places[Int(rows[$1])] }
        return SparseNumbers(
            rows: kept.map { places[Int(rows[$0])] },
            values: kept.map { values[$0] },
            count: taken.count
        )
    }
}
