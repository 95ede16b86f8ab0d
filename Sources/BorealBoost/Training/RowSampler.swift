/// Draws the rows of a tree.
///
/// Whether a row is drawn depends on seed, round and the number of the row or its group only, so
/// that threads do not matter.
struct RowSampler {
    /// `[rowCount]`: the rows drawn, ascending, then the others.
    private let rows: AlignedBuffer<UInt32>
    private(set) var drawnCount: Int
    private let rowCount: Int
    private let parameters: TrainingParameters
    private let labels: AlignedBuffer<Float>
    /// `[rowCount]`: the group of each row when groups are drawn.
    private let groupOfRow: [UInt32]?
    private var isDrawn = false

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        let usesRows = parameters.drawsRows || parameters.boosting == .goss
        rows = AlignedBuffer(count: usesRows ? data.rowCount : 0)
        drawnCount = data.rowCount
        rowCount = data.rowCount
        labels = data.labels
        self.parameters = parameters
        if parameters.drawsGroups, let groups = data.groups {
            groupOfRow = groups.enumerated().flatMap { group, size in
                [UInt32](repeating: UInt32(truncatingIfNeeded: group), count: size)
            }
        } else {
            groupOfRow = nil
        }
    }

    /// The rows drawn; nil when all take part.
    var drawn: UnsafePointer<UInt32>? { isDrawn ? UnsafePointer(rows.pointer) : nil }
    /// The rows not drawn.
    var others: UnsafePointer<UInt32>? { isDrawn ? UnsafePointer(rows.pointer) + drawnCount : nil }
    /// How many rows were not drawn.
    var otherCount: Int { rowCount - drawnCount }

    /// Draws for a round, if the round is one that draws.
    mutating func draw(round: Int) {
        guard parameters.drawsRows else { return }
        let frequency = max(1, parameters.baggingFrequency)
        guard round % frequency == 0 else { return }
        let stream = RandomNumbers(
            seed: parameters.baggingSeed ?? parameters.seed,
            stream: RandomStream.bagging &+ UInt64(round) &<< 8
        )
        let isBalanced =
            parameters.positiveBaggingFraction < 1 || parameters.negativeBaggingFraction < 1
        let usesClasses = isBalanced && parameters.objective.hasTwoClasses
        let whole = Self.bound(parameters.baggingFraction)
        let positive = usesClasses ? Self.bound(parameters.positiveBaggingFraction) : whole
        let negative = usesClasses ? Self.bound(parameters.negativeBaggingFraction) : whole
        let (key, labels) = (stream.key, labels.pointer)
        let groups = groupOfRow
        partitionRows { row in
            let place = groups.map { UInt64($0[row]) } ?? UInt64(truncatingIfNeeded: row)
            let bound = labels[row] > 0 ? positive : negative
            return RandomNumbers.at(place, key: key) &>> 32 < bound
        }
    }

    private static func bound(_ fraction: Double) -> UInt64 { UInt64(fraction * 4_294_967_296) }

    /// Goss: keeps the rows with the greatest |gradient * hessian| and draws from the others, whose
    /// gradients are made larger so that sums stay what they were.
    mutating func drawByGradient(
        round: Int,
        scores: Int,
        paddedRows: Int,
        gradients: UnsafeMutablePointer<Float>,
        hessians: UnsafeMutablePointer<Float>
    ) {
        // LightGBM takes all rows in the first 1 / learning_rate rounds.
        guard round >= Int(1 / parameters.learningRate) else { return }
        let top = max(1, Int(Double(rowCount) * parameters.topRate))
        let other = Int(Double(rowCount) * parameters.otherRate)
        guard top + other < rowCount else { return }
        var sizes = [Float](repeating: 0, count: rowCount)
        for score in 0..<scores {
            for row in 0..<rowCount {
                let at = score * paddedRows + row
                sizes[row] += abs(gradients[at] * hessians[at])
            }
        }
        let threshold = Self.greatest(top, of: sizes)
        let stream = RandomNumbers(
            seed: parameters.baggingSeed ?? parameters.seed,
            stream: RandomStream.goss &+ UInt64(round) &<< 8
        )
        let large = sizes.reduce(into: 0) { $0 += $1 >= threshold ? 1 : 0 }
        let bound = Self.bound(min(1, Double(other) / Double(max(1, rowCount - large))))
        let key = stream.key
        let isKept = sizes.indices.map { row in
            sizes[row] >= threshold
                || RandomNumbers.at(UInt64(truncatingIfNeeded: row), key: key) &>> 32 < bound
        }
        let factor = Float(Double(rowCount - top) / Double(max(1, other)))
        for row in 0..<rowCount where isKept[row] && sizes[row] < threshold {
            for score in 0..<scores {
                gradients[score * paddedRows + row] *= factor
                hessians[score * paddedRows + row] *= factor
            }
        }
        partitionRows { isKept[$0] }
    }

    /// The `count`-th greatest of some numbers.
    private static func greatest(_ count: Int, of sizes: [Float]) -> Float {
        var sorted = sizes.map(Double.init)
        var sorter = RadixSort()
        sorted.withUnsafeMutableBufferPointer { sorter.sort($0) }
        return Float(sorted[sorted.count - count])
    }

    /// Writes the chosen rows to the front and the others behind them; keeps at least one row.
    private mutating func partitionRows(_ isChosen: (Int) -> Bool) {
        isDrawn = true
        let target = rows.pointer
        var chosen = 0
        var end = rowCount
        for row in 0..<rowCount {
            if isChosen(row) {
                target[chosen] = UInt32(truncatingIfNeeded: row)
                chosen &+= 1
            } else {
                end &-= 1
                target[end] = UInt32(truncatingIfNeeded: row)
            }
        }
        drawnCount = max(1, chosen)
    }
}
