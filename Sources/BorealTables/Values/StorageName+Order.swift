/// The orders of text that SQLite is taught.
extension StorageName {
    /// All collations of ours.
    static let collations = [
        foldingCollation, unicodePadCollation, generalCollation, accentCollation,
        binaryPadCollation, decimalCollation,
    ]

    /// Negative, zero or positive.
    typealias Order = @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int

    /// How texts compare by a collation of ours; by bytes for any other.
    static func order(_ collation: String) -> Order {
        switch collation {
        case foldingCollation: { TextFolding.compare($0, $1) }
        case unicodePadCollation: { TextFolding.compare($0, $1, pads: true) }
        case generalCollation: { TextFolding.compare($0, $1, .general, pads: true) }
        case accentCollation: { TextFolding.compare($0, $1, .accents) }
        case binaryPadCollation: { TextFolding.comparePadded($0, $1) }
        case decimalCollation: { decimalOrder($0, $1) }
        default:
            { left, right in
                if left.elementsEqual(right) { return 0 }
                return left.lexicographicallyPrecedes(right) ? -1 : 1
            }
        }
    }

    /// By value. Texts of equal length and scale without a sign compare as bytes.
    private static func decimalOrder(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer
    ) -> Int {
        let a = DecimalNumber.prefix(of: left)?.number ?? DecimalNumber()
        let b = DecimalNumber.prefix(of: right)?.number ?? DecimalNumber()
        return a.order(to: b)
    }
}
