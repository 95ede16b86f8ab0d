import BorealBase
import BorealSQL

/// Which collation an operation on texts goes by.
///
/// Who has the lower coercibility decides: COLLATE (0), a column (2), a literal (4). Of two columns
/// a `_bin` one wins; two others that differ are error 1267.
extension Translator {
    /// True when two texts compare by bytes, false when without regard to case.
    func comparesBytes(_ left: TypedSQL, _ right: TypedSQL) throws -> Bool {
        if left.valueClass == .binary || right.valueClass == .binary { return true }
        return Collations.isBinary(try collation(left, right, "="))
    }

    /// The collation that two values are compared by.
    func collation(_ left: TypedSQL, _ right: TypedSQL, _ operation: String) throws -> String {
        if left.valueClass == .binary || right.valueClass == .binary { return "binary" }
        guard left.hasCollation, right.hasCollation else {
            return left.hasCollation
                ? left.collation
                : right.hasCollation ? right.collation : Collations.defaultCollation
        }
        if left.collation == right.collation { return left.collation }
        if left.coercibility != right.coercibility {
            return left.coercibility < right.coercibility ? left.collation : right.collation
        }
        let isExplicit = left.coercibility == 0
        if !isExplicit, left.isBinaryText != right.isBinaryText {
            return left.isBinaryText ? left.collation : right.collation
        }
        guard isExplicit || (left.isStoredColumn && right.isStoredColumn) else {
            return left.isStoredColumn ? left.collation : right.collation
        }
        throw TableError.query(
            .collationMix(
                left: left.collationLabel,
                right: right.collationLabel,
                operation: operation
            )
        )
    }

    /// The collation of one of several texts, as CASE, UNION and their like answer.
    static func collation(of texts: [TypedSQL]) -> String {
        let lowest = texts.map(\.coercibility).min()
        let deciding = texts.filter { $0.coercibility == lowest }
        return (deciding.first(where: \.isBinaryText) ?? deciding.first)?.collation
            ?? Collations.defaultCollation
    }
}

extension TypedSQL {
    /// It is text, or shows as text.
    fileprivate var hasCollation: Bool { valueClass == .text || valueClass == .json }

    fileprivate var isStoredColumn: Bool {
        guard coercibility == 2, let origin else { return false }
        return !origin.isCarried && !origin.table.isEmpty
    }

    /// `(utf8mb4_bin,IMPLICIT)`, as an error says it.
    fileprivate var collationLabel: String {
        let strength =
            switch coercibility {
            case 0: "EXPLICIT"
            case 2: "IMPLICIT"
            case 5: "NUMERIC"
            default: "COERCIBLE"
            }
        return "(\(collation),\(strength))"
    }
}
