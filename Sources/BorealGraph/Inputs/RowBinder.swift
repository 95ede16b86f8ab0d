public import BorealBase

/// Does to one row what a `FeatureBinder` does to a batch, without making columns of it.
///
/// It reads what needs no word about it; whatever would end in an error, a warning or a rejected
/// row, and whatever is a list, it leaves to the binder.
public struct RowBinder: Sendable {
    /// A cell of the row.
    public enum Cell {
        case missing
        case number(Double)
        /// The bytes of a text, of a date or of a decimal number, and which of these it is.
        case bytes(UnsafeRawBufferPointer, ColumnType.Kind)
    }

    /// A feature that is a number, read from a column; most are.
    private struct Plain {
        let column: Int
        let takesMissing: Bool
    }

    private let binder: FeatureBinder
    /// `[features]`: nil for one that is looked up.
    private let plain: [Plain?]

    /// - Parameter binder: which column feeds which feature.
    public init(_ binder: FeatureBinder) {
        self.binder = binder
        plain = zip(binder.inputs, binder.columnIndexes).map { input, column in
            switch input.kind {
            case .number, .integerCategory:
                Plain(column: column, takesMissing: input.takesMissing)
            default: nil
            }
        }
    }

    /// Features of a row.
    public var featureCount: Int { plain.count }

    /// Writes the features of a row.
    ///
    /// - Parameters:
    ///   - features: `[featureCount]`, whatever they are before.
    ///   - cell: the cell of a column of the query.
    /// - Returns: false when the row takes a `FeatureBinder`; the features mean nothing then.
    public func write(
        to features: UnsafeMutablePointer<Double>,
        cell: (Int) -> Cell
    ) -> Bool {
        for (feature, plain) in plain.enumerated() {
            let value =
                if let plain {
                    number(cell(plain.column), takesMissing: plain.takesMissing)
                } else {
                    code(feature, cell)
                }
            guard let value else { return false }
            features[feature] = value
        }
        return true
    }

    private func number(_ cell: Cell, takesMissing: Bool) -> Double? {
        switch cell {
        case .number(let value): value.isNaN && !takesMissing ? nil : value
        case .missing: takesMissing ? .nan : nil
        case .bytes(let bytes, let kind):
            FeatureWriter.number(bytes, kind).flatMap { $0.isNaN && !takesMissing ? nil : $0 }
        }
    }

    /// The code of a category that training saw.
    private func code(_ feature: Int, _ cell: (Int) -> Cell) -> Double? {
        let input = binder.inputs[feature]
        switch (input.kind, cell(binder.columnIndexes[feature])) {
        case (.list, _): return nil
        case (_, .missing): return input.takesMissing ? .nan : nil
        case (.hashedCategory, .bytes(let bytes, _)): return Double(CityHash.category(bytes))
        case (.category(let dictionary), .bytes(let bytes, let kind)):
            if dictionary.isText { return dictionary.code(of: bytes).map(Double.init) }
            guard let value = FeatureWriter.number(bytes, kind) else { return nil }
            return dictionary.code(of: value).map(Double.init)
        case (.category(let dictionary), .number(let value)) where !dictionary.isText:
            return dictionary.code(of: value).map(Double.init)
        default: return nil
        }
    }
}
