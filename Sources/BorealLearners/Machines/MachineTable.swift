import BorealBoost

/// The rows of a support vector machine: numbers, targets, and what each may count at most.
struct MachineTable {
    /// Rows that count something.
    let count: Int
    /// Numbers a row.
    let width: Int
    /// `[count * width]`
    let values: [Double]
    /// `[count]`: the label of each row.
    let labels: [Double]
    /// `[count]`: weights of the rows.
    let weights: [Double]
    /// With `gamma` as the rows give it.
    let kernel: KernelFunction

    /// - Throws: `TrainingError.emptyTrainingSet`, `.noFeatures`, `.valueMissing`,
    ///   `.valueNotFinite`, `.labelNotFinite`, `.weightInvalid`, `.weightsAllZero`,
    ///   `.lengthMismatch`; `.diverged` for numbers that are too great.
    init(
        _ data: TrainingData,
        _ parameters: MachineParameters,
        learner: LearnerClass
    ) throws(TrainingError) {
        let table = try NumberTable(data, learner: learner.rawValue)
        width = table.columnCount
        if let row = data.label.firstIndex(where: { !$0.isFinite }) {
            throw .labelNotFinite(row: row)
        }
        let most = ClusterRows.magnitudeMax
        guard table.values.allSatisfy({ abs($0) < most }),
            data.label.allSatisfy({ abs($0) < most })
        else { throw .diverged(advice: "scale features and labels of numbers above \(most)") }
        guard let given = data.weights else {
            (values, labels) = (table.values, data.label)
            weights = [Double](repeating: 1, count: table.rowCount)
            count = table.rowCount
            kernel = try Self.kernel(table.values, width, parameters)
            try checkCount()
            return
        }
        guard given.count == table.rowCount else {
            throw .lengthMismatch(name: "weights", count: given.count, expected: table.rowCount)
        }
        for row in given.indices where !(given[row] >= 0 && given[row].isFinite) {
            throw .weightInvalid(row: row, value: Double(given[row]))
        }
        let kept = given.indices.filter { given[$0] > 0 }
        guard !kept.isEmpty else { throw .weightsAllZero }
        let columns = width
        values = kept.flatMap { table.values[$0 * columns..<($0 + 1) * columns] }
        labels = kept.map { data.label[$0] }
        weights = kept.map { Double(given[$0]) }
        count = kept.count
        // scikit-learn takes the variance of all rows, those without weight among them.
        kernel = try Self.kernel(table.values, columns, parameters)
        try checkCount()
    }

    private func checkCount() throws(TrainingError) {
        guard count <= Int(Int32.max) / 2 else {
            throw .tooManyRows(count: count, limit: Int(Int32.max) / 2)
        }
    }

    private static func kernel(
        _ values: [Double],
        _ width: Int,
        _ parameters: MachineParameters
    ) throws(TrainingError) -> KernelFunction {
        let gamma: Double
        switch parameters.gamma {
        case .number(let number): gamma = number
        case .auto: gamma = 1 / Double(width)
        case .scale:
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            gamma = variance > 0 ? 1 / (Double(width) * variance) : 1
        }
        var greatest = 0.0
        for start in stride(from: 0, to: values.count, by: width) {
            var square = 0.0
            for place in start..<start + width { square += values[place] * values[place] }
            greatest = max(greatest, square)
        }
        return try KernelFunction(
            parameters.kernel,
            gamma: gamma.isFinite ? gamma : 1,
            coefficient: parameters.coefficient,
            degree: parameters.degree,
            squareMax: greatest
        )
    }

    /// The numbers of a row.
    func row(_ index: Int) -> ArraySlice<Double> { values[index * width..<(index + 1) * width] }
}
