public import BorealBase
public import BorealBoost

/// Reads a column of lists, batch by batch.
public struct ListReader: Sendable {
    /// How cells become lists; the count of numbers is known once a row was read.
    public private(set) var form: ListForm
    /// The lists so far, one a row.
    public private(set) var lists = NumberLists()

    /// Lists of the given form.
    public init(_ form: ListForm) { self.form = form }

    /// Reads the list of a row behind those so far.
    ///
    /// - Throws: `ListDefect`; then no row is added.
    public mutating func append(_ column: Column, row: Int) throws(ListDefect) {
        let form = form
        try lists.append { elements throws(ListDefect) in
            let start = elements.count
            switch form {
            case .sequence(let form):
                guard !column.isNull(row) else { return }
                try Self.withText(column, row) { text throws(ListDefect) in
                    try ListText.appendSequence(text, form, to: &elements)
                }
            case .numbers(let count):
                guard !column.isNull(row) else { throw .missing }
                try Self.withText(column, row) { text throws(ListDefect) in
                    try ListText.appendNumbers(text, to: &elements)
                }
                let found = elements.count - start
                if let count, found != count { throw .length(found, expected: count) }
                guard found > 0 else { throw .missing }
            }
        }
        if case .numbers(nil) = form { self.form = .numbers(count: lists.length(0)) }
    }

    /// Adds a row for a cell that is no list: no event, or zeros.
    public mutating func appendNothing() {
        switch form {
        case .sequence: lists.append(EmptyCollection())
        case .numbers(let count): lists.append(repeatElement(0, count: count ?? 0))
        }
    }

    /// Lends the text of a cell; a number's is its shortest one.
    private static func withText(
        _ column: Column,
        _ row: Int,
        _ body: (UnsafeRawBufferPointer) throws(ListDefect) -> Void
    ) throws(ListDefect) {
        var text: String
        switch column.storage {
        case .bytes(let values):
            var outcome = Swift.Result<Void, ListDefect>.success(())
            values[row].withUnsafeBytes { bytes in
                do throws(ListDefect) { try body(bytes) } catch { outcome = .failure(error) }
            }
            return try outcome.get()
        case .int64(let values): text = values[row].description
        case .uint64(let values): text = values[row].description
        case .double(let values): text = shortest(values[row])
        case .float(let values): text = shortest(Double(values[row]))
        case .sparse(let numbers): text = shortest(numbers[row])
        }
        var outcome = Swift.Result<Void, ListDefect>.success(())
        text.withUTF8 { bytes in
            do throws(ListDefect) { try body(UnsafeRawBufferPointer(bytes)) } catch {
                outcome = .failure(error)
            }
        }
        try outcome.get()
    }

    private static func shortest(_ value: Double) -> String {
        Int64(exactly: value).map(\.description) ?? value.description
    }
}

/// The lists of a batch, by the features whose cells are lists.
///
/// The matrix of features holds for such a cell the number of its list, so rows may be taken, put
/// in another order or repeated without touching the lists.
public final class FeatureLists: Sendable {
    /// `[featureCount]`; nil for features that are numbers.
    public let byFeature: [NumberLists?]

    /// - Parameter byFeature: see the stored property.
    public init(_ byFeature: [NumberLists?]) { self.byFeature = byFeature }

    /// Lends the list of a cell; an empty one where there is none.
    func withList(
        _ feature: Int,
        _ cell: Double,
        _ body: (UnsafeBufferPointer<Float>) -> Void
    ) {
        guard byFeature.indices.contains(feature), let lists = byFeature[feature],
            let row = Int(exactly: cell), row >= 0, row < lists.count
        else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        lists.withList(row, body)
    }
}
