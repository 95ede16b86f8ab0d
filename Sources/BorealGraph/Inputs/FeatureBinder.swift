public import BorealBase
import BorealBoost

/// Rows ready for a graph: a row-major matrix of Double, one column a feature, NaN where missing.
public struct GraphBatch: Sendable {
    /// `[rowCount * featureCount]`
    public internal(set) var values: [Double]
    /// Rows in the batch.
    public let rowCount: Int
    /// Features of a row.
    public let featureCount: Int
    /// `[featureCount]`: cells that held a category which training never saw; they count as
    /// missing.
    public internal(set) var unseenByFeature: [Int]
    /// Rows with a value that is no feature, and what is wrong with the first such value; empty
    /// unless the binder was asked to go on.
    public internal(set) var rejectedRows: [Int: GraphError] = [:]
    /// The lists of features that are lists, whose cells are the lists' numbers; nil without such.
    public internal(set) var lists: FeatureLists?

    /// A batch over values that are already features, such as rows of a numeric file.
    ///
    /// - Parameter lists: what the cells of features that are lists stand for.
    /// - Throws: `GraphError.featureCountMismatch` when the values are no whole rows.
    public init(
        values: [Double],
        featureCount: Int,
        lists: FeatureLists? = nil
    ) throws(GraphError) {
        guard featureCount > 0, values.count % featureCount == 0 else {
            throw .featureCountMismatch(expected: featureCount, given: values.count)
        }
        self.values = values
        self.featureCount = featureCount
        self.lists = lists
        rowCount = values.count / featureCount
        unseenByFeature = [Int](repeating: 0, count: featureCount)
    }

    /// Cells of all features that held a category which training never saw.
    public var unseenCategories: Int { unseenByFeature.reduce(0, +) }

    /// Lends the features of a row and of all rows behind it.
    public func withFeatures<E: Error>(
        from row: Int,
        _ body: (UnsafePointer<Double>) throws(E) -> Void
    ) throws(E) {
        precondition(row >= 0 && row < rowCount, "no row \(row) among \(rowCount)")
        var outcome: Swift.Result<Void, E>?
        values.withUnsafeBufferPointer { values in
            // There is a row, and a row has features, so there is a base.
            guard let base = values.baseAddress else { return }
            do throws(E) {
                outcome = .success(try body(base + row * featureCount))
            } catch { outcome = .failure(error) }
        }
        try outcome?.get()
    }

    /// Refuses missing values of a feature, or lists their rows.
    fileprivate func checkMissing(
        _ feature: Int,
        _ name: String,
        _ rejected: inout [Int: GraphError]?
    ) throws(GraphError) {
        for row in 0..<rowCount where values[row * featureCount + feature].isNaN {
            let error = GraphError.missingValue(row: row, column: name)
            guard rejected != nil else { throw error }
            if rejected?[row] == nil { rejected?[row] = error }
        }
    }

    init(rowCount: Int, featureCount: Int) {
        self.rowCount = rowCount
        self.featureCount = featureCount
        values = [Double](repeating: .nan, count: rowCount * featureCount)
        unseenByFeature = [Int](repeating: 0, count: featureCount)
    }
}

/// Decides once which column feeds which feature, then turns batches of rows into features.
///
/// Columns are matched by name when the names given are the model's in any order, else by position,
/// as models brought from elsewhere often have no names or other names.
public struct FeatureBinder: Sendable {
    /// The model's features, in its order.
    public let inputs: [GraphInput]
    /// `[inputs.count]`: the column of the batch that feeds each feature.
    public let columnIndexes: [Int]

    /// Matches `names`, the columns offered in order, with the features.
    ///
    /// - Parameter columnIndexes: where each of `names` stands in the batches to come; nil when the
    ///   batches hold exactly these columns.
    /// - Throws: `GraphError.featureCountMismatch` when there are more or fewer than features.
    public init(
        inputs: [GraphInput],
        names: [String],
        columnIndexes: [Int]? = nil
    ) throws(GraphError) {
        guard names.count == inputs.count, (columnIndexes?.count ?? names.count) == names.count
        else { throw .featureCountMismatch(expected: inputs.count, given: names.count) }
        self.inputs = inputs
        let order = Self.permutation(of: inputs, among: names) ?? Array(inputs.indices)
        self.columnIndexes = order.map { columnIndexes?[$0] ?? $0 }
    }

    /// Finds `names` among the columns of `batch` first, without regard to ASCII case.
    ///
    /// - Throws: `GraphError.unknownColumn`, `GraphError.featureCountMismatch`.
    public init(
        inputs: [GraphInput],
        names: [String],
        in batch: RowBatch
    ) throws(GraphError) {
        var indexes: [Int] = []
        let places = batch.places
        for name in names {
            guard let index = places[name.asciiLowercased] else {
                throw .unknownColumn(name: name)
            }
            indexes.append(index)
        }
        try self.init(inputs: inputs, names: names, columnIndexes: indexes)
    }

    /// For each feature the position of its name, or nil when the names are others.
    private static func permutation(of inputs: [GraphInput], among names: [String]) -> [Int]? {
        var positions: [String: Int] = [:]
        for (position, name) in names.enumerated() {
            guard positions.updateValue(position, forKey: name.asciiLowercased) == nil else {
                return nil
            }
        }
        var order: [Int] = []
        var isUsed = [Bool](repeating: false, count: names.count)
        for input in inputs {
            guard let position = positions[input.name.asciiLowercased], !isUsed[position] else {
                return nil
            }
            isUsed[position] = true
            order.append(position)
        }
        return order
    }

    /// The features of all rows of `batch`.
    ///
    /// - Parameter goesOn: a value that is no feature counts as missing, and its row is listed
    ///   among the rejected ones.
    /// - Throws: `GraphError.badValue` with the first offending row of the first offending column,
    ///   `GraphError.missingValue` likewise, `GraphError.columnMissing`, `GraphError.tooLarge`.
    public func bind(_ batch: RowBatch, goesOn: Bool = false) throws(GraphError) -> GraphBatch {
        let (cells, overflow) = batch.rowCount.multipliedReportingOverflow(by: inputs.count)
        guard !overflow, cells <= GraphLimits.resultBytesMax / 8 else {
            throw .tooLarge(what: "cells of a batch", limit: GraphLimits.resultBytesMax / 8)
        }
        var result = GraphBatch(rowCount: batch.rowCount, featureCount: inputs.count)
        var lists = [NumberLists?](repeating: nil, count: inputs.count)
        for (feature, input) in inputs.enumerated() {
            let index = columnIndexes[feature]
            guard batch.columns.indices.contains(index) else { throw .columnMissing(index: index) }
            var rejected: [Int: GraphError]? = goesOn ? result.rejectedRows : nil
            if case .list(let form) = input.kind {
                lists[feature] = try Self.lists(form, batch.columns[index], &rejected)
                for row in 0..<batch.rowCount {
                    result.values[row * inputs.count + feature] = Double(row)
                }
                result.rejectedRows = rejected ?? [:]
                continue
            }
            let writer = FeatureWriter(input: input, column: batch.columns[index])
            let stride = inputs.count
            result.unseenByFeature[feature] = try result.values.withUnsafeMutableBufferPointer {
                values throws(GraphError) -> Int in
                // An empty batch has no memory, and no cell to write.
                guard let base = values.baseAddress, !values.isEmpty else { return 0 }
                return try writer.write(to: base + feature, stride: stride, &rejected)
            }
            if !input.takesMissing { try result.checkMissing(feature, input.name, &rejected) }
            result.rejectedRows = rejected ?? [:]
        }
        if lists.contains(where: { $0 != nil }) { result.lists = FeatureLists(lists) }
        return result
    }

    /// The lists of a column.
    ///
    /// - Parameter rejected: takes the rows whose value is none; nil to throw for the first.
    private static func lists(
        _ form: ListForm,
        _ column: Column,
        _ rejected: inout [Int: GraphError]?
    ) throws(GraphError) -> NumberLists {
        var reader = ListReader(form)
        for row in 0..<column.count {
            do throws(ListDefect) { try reader.append(column, row: row) } catch {
                let error = GraphError.badList(row: row, column: column.name, defect: error)
                guard rejected != nil else { throw error }
                if rejected?[row] == nil { rejected?[row] = error }
                reader.appendNothing()
            }
        }
        return reader.lists
    }
}
