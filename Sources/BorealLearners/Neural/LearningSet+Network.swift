import BorealBoost

/// What all networks want of the rows that they learn from.
extension LearningSet {
    /// Whether rows can be learnt from, and others judged by.
    ///
    /// - Parameter classCount: classes; nil for numbers.
    /// - Throws: `TrainingError` for no rows or features, columns of other lengths, and labels and
    ///   weights that are none; `.inValidation` for those of the validation rows.
    func checkForNetwork(classCount: Int?) throws(TrainingError) {
        try Self.check(data, classCount)
        guard let validation else { return }
        try Self.inValidation { () throws(TrainingError) in try Self.check(validation, classCount) }
    }

    /// Marks an error as one of the validation rows.
    static func inValidation<Value>(
        _ body: () throws(TrainingError) -> Value
    ) throws(TrainingError) -> Value {
        do { return try body() } catch {
            throw error == .cancelled ? error : .inValidation(error)
        }
    }

    private static func check(
        _ data: TrainingData,
        _ classCount: Int?
    ) throws(TrainingError) {
        guard data.rowCount > 0 else { throw .emptyTrainingSet }
        guard !data.columns.isEmpty else { throw .noFeatures }
        guard data.rowCount <= TrainingData.rowsMax else {
            throw .tooManyRows(count: data.rowCount, limit: TrainingData.rowsMax)
        }
        for (column, name) in zip(data.columns, data.names) where column.count != data.rowCount {
            throw .lengthMismatch(name: name, count: column.count, expected: data.rowCount)
        }
        for (row, label) in data.label.enumerated() {
            guard label.isFinite else { throw .labelNotFinite(row: row) }
            if let classCount, Int(exactly: label).map((0..<classCount).contains) != true {
                throw .labelOutOfRange(row: row, value: label, classCount: classCount)
            }
        }
        guard let weights = data.weights else { return }
        guard weights.count == data.rowCount else {
            throw .lengthMismatch(
                name: "weights",
                count: weights.count,
                expected: data.rowCount
            )
        }
        for (row, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
            throw .weightInvalid(row: row, value: Double(weight))
        }
        guard weights.contains(where: { $0 > 0 }) else { throw .weightsAllZero }
    }
}
