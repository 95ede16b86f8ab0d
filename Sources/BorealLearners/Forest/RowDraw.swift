import BorealBoost

/// Which rows a tree sees, and how often: drawn with repetition, from seed and tree alone.
struct RowDraw {
    /// `[rowCount]`: how often each row was drawn.
    let counts: AlignedBuffer<UInt32>

    /// - Parameters:
    ///   - drawn: rows to draw; nil takes every row once.
    ///   - random: the tree's numbers.
    init(rows: Int, drawn: Int?, _ random: inout RandomNumbers) {
        counts = AlignedBuffer(count: rows)
        let counts = counts.pointer
        guard let drawn else {
            counts.update(repeating: 1, count: rows)
            return
        }
        for _ in 0..<drawn { counts[random.next(below: rows)] &+= 1 }
    }

    /// Writes the rows that count, in the order of the table or of their targets.
    ///
    /// - Parameter isBalanced: each class counts as much as any other, by the rows drawn.
    /// - Returns: how many there are.
    func write(
        _ table: ForestTable,
        isBalanced: Bool,
        to entries: UnsafeMutablePointer<ForestEntry>
    ) -> Int {
        let (counts, targets) = (counts.pointer, table.targets.pointer)
        let weights = table.weights?.pointer
        let classes = isBalanced ? classWeights(table) : nil
        var count = 0
        for place in 0..<table.rowCount {
            let row = table.order.map { Int($0[place]) } ?? place
            guard counts[row] > 0 else { continue }
            var weight = Float(counts[row])
            if let weights { weight *= weights[row] }
            if let classes { weight *= classes[Int(targets[row])] }
            guard weight > 0 else { continue }
            entries[count] = ForestEntry(
                row: UInt32(truncatingIfNeeded: row),
                weight: weight,
                target: targets[row]
            )
            count += 1
        }
        return count
    }

    /// Sets the bit of each row that was drawn: bit r % 64 of word r / 64.
    func mark(in words: UnsafeMutablePointer<UInt64>) {
        for row in 0..<counts.count where counts.pointer[row] > 0 {
            words[row / 64] |= 1 << UInt64(row % 64)
        }
    }

    private func classWeights(_ table: ForestTable) -> [Float] {
        var drawn = [Int](repeating: 0, count: table.classCount)
        for row in 0..<table.rowCount {
            drawn[Int(table.targets.pointer[row])] += Int(counts.pointer[row])
        }
        return ForestTable.balanced(drawn)
    }
}
