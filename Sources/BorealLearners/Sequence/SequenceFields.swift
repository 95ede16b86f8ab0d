import BorealBoost
import BorealGraph

/// Which features of a table are sequences and which are numbers, and how numbers are scaled.
struct SequenceFields: Sendable {
    /// Features that are sequences.
    private(set) var sequences: [Int] = []
    /// Features that are numbers or lists of numbers, with how many of them a row has.
    private(set) var numbers: [(feature: Int, count: Int, isList: Bool)] = []
    /// `[numberWidth]`: what numbers are scaled by; empty for none.
    private(set) var moments: [Moments] = []

    /// What numbers are cut at, so that squares and sums stay finite in 32 bits.
    var extreme: Double { moments.isEmpty ? 1e9 : EmbeddingColumn.extremeMax }

    /// Numbers of a row.
    var numberWidth: Int { numbers.reduce(0) { $0 + $1.count } }

    init(_ inputs: [GraphInput]) {
        for (feature, input) in inputs.enumerated() {
            switch input.kind {
            case .list(.sequence): sequences.append(feature)
            case .list(.numbers(let count)): numbers.append((feature, count ?? 0, true))
            default: numbers.append((feature, 1, false))
            }
        }
    }

    /// Finds mean and deviation of each number among the rows that are learnt from.
    mutating func fit(_ data: TrainingData) throws(TrainingError) {
        var found: [Moments] = []
        for (feature, count, _) in numbers {
            let values = try Self.values(data, feature, count)
            found += (0..<count).map { place in
                Moments((0..<data.rowCount).lazy.map { values[$0 * count + place] })
            }
        }
        moments = found
    }

    /// The numbers of a feature, row by row.
    ///
    /// - Returns: `[rowCount * count]`
    /// - Throws: `TrainingError.valueMissing`, `.valueNotFinite`, `.lengthMismatch`.
    private static func values(
        _ data: TrainingData,
        _ feature: Int,
        _ count: Int
    ) throws(TrainingError) -> [Double] {
        let (cells, name) = (data.columns[feature].numbers, data.names[feature])
        for (row, cell) in cells.enumerated() where !cell.isFinite {
            if cell.isNaN { throw .valueMissing(column: name, row: row, learner: "bst") }
            throw .valueNotFinite(column: name, row: row, value: cell)
        }
        guard let lists = data.lists[feature] else { return cells }
        var values: [Double] = []
        values.reserveCapacity(cells.count * count)
        for cell in cells {
            let list = lists[Int(cell)]
            guard list.count == count else {
                throw .lengthMismatch(name: name, count: list.count, expected: count)
            }
            values += list.lazy.map(Double.init)
        }
        return values
    }

    /// The rows of a table as a network reads them.
    ///
    /// - Parameter label: makes of a row's label what the network learns.
    /// - Throws: as `fit`.
    func rows(
        of data: TrainingData,
        label: (Double) -> Float
    ) throws(TrainingError) -> SequenceRows {
        let width = numberWidth
        var cells = [Float](repeating: 0, count: data.rowCount * width)
        var place = 0
        for (feature, count, _) in numbers {
            let values = try Self.values(data, feature, count)
            for row in 0..<data.rowCount {
                for i in 0..<count {
                    cells[row * width + place + i] = scaled(values[row * count + i], place + i)
                }
            }
            place += count
        }
        return SequenceRows(
            rowCount: data.rowCount,
            lists: sequences.map { data.lists[$0] ?? NumberLists() },
            handles: sequences.map { data.columns[$0].numbers.map { Int32($0) } },
            numberWidth: width,
            numbers: cells,
            labels: data.label.map(label),
            weights: data.weights.map(FieldEncoder.normalised)
        )
    }

    private func scaled(_ value: Double, _ place: Int) -> Float {
        var value = value
        if !moments.isEmpty { value = (value - moments[place].mean) / moments[place].deviation }
        return Float(min(max(value, -extreme), extreme))
    }

    /// The numbers of a row, scaled as in training, in 32 bits; nil when there are none.
    func add(to builder: inout GraphBuilder) throws(GraphError) -> TensorID? {
        var parts: [TensorID] = []
        let all = builder.width(of: .features)
        for (feature, count, isList) in numbers {
            let source = try ListSource(feature: feature, of: all)
            if isList {
                parts.append(
                    try builder.add {
                        ListNumbersOperator(source: source, output: $0, count: count)
                    }
                )
            } else {
                parts.append(try builder.columns([feature], of: .features))
            }
        }
        guard !parts.isEmpty else { return nil }
        var tensor = try builder.join(parts)
        if !moments.isEmpty {
            tensor = try builder.scale(
                tensor,
                shift: moments.map(\.mean),
                factor: moments.map(\.deviation),
                .subtractDivide
            )
        }
        tensor = try builder.map(tensor, .clip(low: -extreme, high: extreme))
        let type = builder.type(of: tensor)
        return try builder.add {
            CastOperator(input: tensor, output: $0, type: type, to: .float)
        }
    }
}
