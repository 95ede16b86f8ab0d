import BorealBase
package import BorealBoost
import BorealGraph

/// Where a CREATE MODEL statement has its validation rows from.
enum ValidationSource: Equatable {
    /// `valid=(SELECT ...)`
    case query(String)
    /// `valid_fraction=0.2`: a share of the training rows, which are then not trained on.
    case fraction(Double)
}

/// Rows that training is judged by.
package struct ValidationRows: Sendable {
    /// In the features and classes of the training set.
    package var data: TrainingData
    /// `[rowCount]`: the rows of the query in the order of `data`; nil when it is theirs.
    package var order: [Int]?
}

extension TrainingSetBuilder.Output {
    /// Takes validation rows away from the training rows, the same ones for the same seed.
    ///
    /// - Throws: `invalidOption` when either side would be empty.
    mutating func split(_ share: Double) throws(ServerError) {
        let (drawn, others) = data.drawnRows(share: share, seed: parameters.seed)
        guard !drawn.isEmpty, !others.isEmpty else {
            throw .invalidOption(
                "valid_fraction",
                "\(share) of \(data.rowCount) rows leaves none to "
                    + (drawn.isEmpty ? "judge by" : "learn from")
            )
        }
        divide(training: others, validation: drawn)
    }

    /// Divides the rows as their tags say; the dialect wants 4 to 9 times as many training rows.
    ///
    /// - Throws: `invalidOption` for another proportion.
    mutating func divide(
        by sides: [RowExtrasCollector.Side],
        _ tags: RowTags
    ) throws(ServerError) {
        func rows(_ side: RowExtrasCollector.Side) -> [Int] {
            (0..<data.rowCount).filter { sides[order?[$0] ?? $0] == side }
        }
        let (training, judging) = (rows(.training), rows(.validation))
        guard !judging.isEmpty, training.count >= 4 * judging.count,
            training.count <= 9 * judging.count
        else {
            throw .invalidOption(
                "automl_column",
                "'\(tags.training)' must have 4 to 9 times the rows of '\(tags.validation)'; "
                    + "there are \(training.count) and \(judging.count)"
            )
        }
        divide(training: training, validation: judging)
    }

    /// Divides the rows as a column of 0 and 1 marks them.
    ///
    /// - Parameter judges: whether the rows of 1 judge; else they are left out.
    /// - Throws: a training error when either side is empty that is needed.
    mutating func divide(
        byMarks sides: [RowExtrasCollector.Side],
        judges: Bool
    ) throws(ServerError) {
        let training = sides.indices.filter { sides[$0] == .training }
        guard !training.isEmpty else { throw ServerError(training: .emptyTrainingSet) }
        guard judges else {
            order = training
            data = data.taking(training)
            return
        }
        let judging = sides.indices.filter { sides[$0] == .validation }
        guard !judging.isEmpty else {
            throw ServerError(training: .inValidation(.emptyTrainingSet))
        }
        divide(training: training, validation: judging)
    }

    /// Takes some of the rows for training and others for validation.
    mutating func divide(training: [Int], validation rows: [Int]) {
        func inQuery(_ rows: [Int]) -> [Int] {
            order.map { order in rows.map { order[$0] } } ?? rows
        }
        assert(Set(training).isDisjoint(with: rows), "a row that judges itself")
        validation = ValidationRows(data: data.taking(rows), order: inQuery(rows))
        order = inQuery(training)
        data = data.taking(training)
    }
}

/// Collects validation rows, in the features and classes of a training set.
///
/// Categories that the training set does not have are missing values; labels that it does not have
/// are an error.
struct ValidationSetBuilder {
    private let set: TrainingSetBuilder.Output
    private let labelName: String
    private var extraNames: RowExtras
    private var extras: RowExtrasCollector?
    /// By feature; categories are codes.
    private var numbers: [[Double]]
    /// By feature: columns that came without their zeros, as files have them, in one batch.
    private var sparse: [Int: SparseNumbers] = [:]
    private var labels: [Double] = []
    /// By feature: lists, of features that are lists.
    private var lists: [Int: NumberLists] = [:]
    /// Rows so far.
    private(set) var rowCount = 0

    init(_ set: TrainingSetBuilder.Output, label: String, extras: RowExtras) {
        self.set = set
        labelName = label
        extraNames = extras
        extraNames.tags = nil
        extraNames.judges = nil
        numbers = set.inputs.map { _ in [] }
    }

    /// Adds the rows of a batch.
    ///
    /// - Throws: `unknownColumn`; `badRowValue` for a cell that is no feature and a label that
    ///   training does not know.
    mutating func append(_ batch: RowBatch) throws(ServerError) {
        guard let label = batch.index(of: labelName) else {
            throw .unknownColumn(labelName, in: "y_cols")
        }
        if extras == nil { extras = RowExtrasCollector(present(in: batch)) }
        fillZeros()
        if rowCount == 0 { sparse = sparseColumns(of: batch) }
        let others = set.inputs.indices.filter { sparse[$0] == nil }
        let features = try features(of: batch, others.map { set.inputs[$0] })
        for (position, feature) in others.enumerated() {
            if let found = features.lists?.byFeature[position] {
                numbers[feature] += (0..<batch.rowCount).map { Double(rowCount + $0) }
                lists[feature, default: NumberLists()].append(contentsOf: found)
                continue
            }
            for row in 0..<batch.rowCount {
                numbers[feature].append(features.values[row * others.count + position])
            }
        }
        labels += try classes(batch.columns[label])
        try extras?.append(batch, firstRow: rowCount)
        rowCount += batch.rowCount
    }

    private func sparseColumns(of batch: RowBatch) -> [Int: SparseNumbers] {
        var found: [Int: SparseNumbers] = [:]
        let places = batch.places
        for (feature, input) in set.inputs.enumerated() where input.kind == .number {
            guard let index = places[input.name.asciiLowercased],
                case .sparse(let numbers) = batch.columns[index].storage
            else { continue }
            found[feature] = numbers
        }
        return found
    }

    /// A further batch goes behind full columns.
    private mutating func fillZeros() {
        for (feature, kept) in sparse {
            numbers[feature] = [Double](repeating: 0, count: kept.count)
            for (row, value) in zip(kept.rows, kept.values) { numbers[feature][Int(row)] = value }
        }
        sparse = [:]
    }

    /// Weights may be left out of rows that only judge; groups and first scores may not.
    private func present(in batch: RowBatch) -> RowExtras {
        var present = extraNames
        if let weight = present.weight, batch.index(of: weight) == nil { present.weight = nil }
        return present
    }

    private func features(
        of batch: RowBatch,
        _ inputs: [GraphInput]
    ) throws(ServerError) -> GraphBatch {
        do throws(GraphError) {
            return try FeatureBinder(inputs: inputs, names: inputs.map(\.name), in: batch)
                .bind(batch)
        } catch {
            throw ServerError(graph: error, firstRow: rowCount)
        }
    }

    private func classes(_ column: Column) throws(ServerError) -> [Double] {
        var numbers: [Double] = []
        let indexes = set.labels?.indexes(of: column)
        for row in 0..<column.count {
            if column.isNull(row) { throw bad(row, "the label is NULL") }
            if let indexes {
                guard indexes[row] >= 0 else {
                    throw bad(row, "the label does not occur in the training data")
                }
                numbers.append(Double(indexes[row]))
            } else {
                guard let number = NumberCell.number(column, row) else {
                    throw bad(row, "the label is no number")
                }
                numbers.append(number)
            }
        }
        return numbers
    }

    private func bad(_ row: Int, _ reason: String) -> ServerError {
        .badRowValue(row: rowCount + row + 1, column: labelName, reason)
    }

    /// Ends the collection.
    ///
    /// - Throws: `badRowValue` for no rows.
    mutating func finish() throws(ServerError) -> ValidationRows {
        guard rowCount > 0 else {
            throw ServerError(training: .inValidation(.emptyTrainingSet))
        }
        let columns = set.inputs.indices.map { feature -> FeatureColumn in
            if let kept = sparse[feature] { return .sparse(kept) }
            guard case .categories(_, let count) = set.data.columns[feature] else {
                return .doubles(numbers[feature])
            }
            return .categories(numbers[feature].map { Self.code($0, count) }, count: count)
        }
        var data = TrainingData(columns: columns, label: labels, names: set.inputs.map(\.name))
        data.lists = lists
        let collected = try extras?.finish() ?? RowExtrasCollector.Output()
        try TrainingSetBuilder.add(collected, to: &data, set.parameters.scoresPerRow)
        return ValidationRows(data: data, order: collected.grouping?.order)
    }

    private static func code(_ value: Double, _ count: Int) -> Int32 {
        value >= 0 && value < Double(count) ? Int32(value) : -1
    }
}
