import BorealBase

/// An order of a table's rows that is drawn by what the rows hold, so that it does not depend on
/// where they stand in the table.
enum RowOrder {
    /// Draws the order.
    ///
    /// Rows go by a hash of their values, label and weight; equal rows by that and their number
    /// among their equals, so that they are spread too.
    /// - Returns: `[rowCount]`, the row numbers.
    /// - Throws: `cancelled`.
    static func drawn(
        for table: TrainingData,
        _ parameters: TrainingParameters,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) -> [UInt32] {
        let stream = RandomNumbers(seed: parameters.seed, stream: RandomStream.order)
        var keys = [UInt64](repeating: stream.key, count: table.rowCount)
        for column in table.columns {
            if cancellation.isCancelled { throw .cancelled }
            mix(column, into: &keys)
        }
        for row in keys.indices {
            mix(table.label[row].bitPattern, into: &keys[row])
            if let weights = table.weights {
                mix(UInt64(weights[row].bitPattern), into: &keys[row])
            }
        }
        let together = sorted(keys)
        var place = 0
        var earlier: (key: UInt64, count: UInt64) = (0, 0)
        for row in together {
            let key = keys[Int(row)]
            earlier = (key, place > 0 && key == earlier.key ? earlier.count + 1 : 0)
            if earlier.count > 0 { keys[Int(row)] = RandomNumbers.at(earlier.count, key: key) }
            place += 1
        }
        if cancellation.isCancelled { throw .cancelled }
        return sorted(keys)
    }

    private static func sorted(_ keys: [UInt64]) -> [UInt32] {
        var order = keys.indices.map { UInt32(truncatingIfNeeded: $0) }
        keys.withUnsafeBufferPointer { keys in
            order.sort { left, right in
                let (a, b) = (keys[Int(left)], keys[Int(right)])
                return a != b ? a < b : left < right
            }
        }
        return order
    }

    private static func mix(_ bits: UInt64, into key: inout UInt64) {
        key = RandomNumbers.at(1, key: key ^ bits)
    }

    private static func mix(_ column: FeatureColumn, into keys: inout [UInt64]) {
        switch column {
        case .doubles(let values):
            for row in keys.indices { mix(values[row].bitPattern, into: &keys[row]) }
        case .floats(let values):
            for row in keys.indices { mix(UInt64(values[row].bitPattern), into: &keys[row]) }
        case .categories(let codes, _):
            for row in keys.indices {
                mix(UInt64(truncatingIfNeeded: max(-1, codes[row])), into: &keys[row])
            }
        case .sparse(let numbers):
            // The zeros are the same for every row that is not listed.
            for row in keys.indices { mix(0, into: &keys[row]) }
            for (row, value) in zip(numbers.rows, numbers.values) where value != 0 {
                mix(value.bitPattern, into: &keys[Int(row)])
            }
        }
    }
}
