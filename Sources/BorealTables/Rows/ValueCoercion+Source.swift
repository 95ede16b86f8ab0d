import BorealBase
import BorealSQL

/// What a value means to a column depends on what it was, not only on how it lies in SQLite.
extension TableValue {
    /// The value as a column is to take it: a date or time is the number of its digits to a
    /// column of numbers.
    ///
    /// - Parameter source: the type of the expression that it is of.
    func adapted(from source: ColumnType, to column: StoredColumn) -> TableValue {
        guard column.type.columnType.isNumeric, let text = temporalText(source) else {
            return self
        }
        var digits = ""
        for scalar in text.unicodeScalars
        where scalar == "." || ("0"..."9").contains(scalar) || (scalar == "-" && digits.isEmpty) {
            digits.unicodeScalars.append(scalar)
        }
        // A date begins with a digit, so that a sign in front is a negative time's.
        return .decimal(digits)
    }

    /// The text of a date or time; nil for any other value.
    private func temporalText(_ source: ColumnType) -> String? {
        switch self {
        case .temporal(let text, _): text
        case .text(let text) where source.isTemporal: text
        default: nil
        }
    }
}

extension Literal {
    /// A hexadecimal or bit literal as the number it is to a column of numbers.
    func number(for column: StoredColumn) -> TableValue? {
        guard column.type.columnType.isNumeric, column.type.base != .bit else { return nil }
        switch self {
        case .hexadecimal(let bytes), .bits(let bytes):
            guard bytes.count <= 8 else { return nil }
            return .unsigned(bytes.reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }
}
