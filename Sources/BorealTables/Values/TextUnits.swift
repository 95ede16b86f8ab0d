import BorealSQLite

/// What string functions count in: the characters of a text, or the bytes of a binary string.
///
/// One call works in bytes as soon as one of its strings is binary, as MySQL's result is then
/// binary too.
struct TextUnits {
    /// Scalars, or bytes; a byte that is no UTF-8 stands as 0x110000 plus the byte.
    var values: [UInt32]
    let isBinary: Bool

    /// The simple case mappings: what has no single scalar as its counterpart stays.
    static func changed(_ text: String, isUpper: Bool) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            let mapped = isUpper ? properties.uppercaseMapping : properties.lowercaseMapping
            let scalars = mapped.unicodeScalars
            // U+0130 has a simple lower case beside its full one of two scalars.
            let simple: Unicode.Scalar = !isUpper && scalar == "\u{130}" ? "i" : scalar
            view.append(scalars.count == 1 ? scalars.first ?? scalar : simple)
        }
        return String(view)
    }
}

extension SQLiteCall {
    /// True when one of these arguments is a binary string.
    func isBinary(_ indices: Int...) -> Bool { indices.contains { type($0) == .blob } }

    /// An argument as units.
    func units(_ index: Int, _ isBinary: Bool) -> [UInt32] {
        isBinary
            ? bytes(index).map { UInt32($0) }
            : TextFolding.scalars(bytes(index), isFolding: false)
    }

    /// Answers units.
    func result(_ units: some Sequence<UInt32>, _ isBinary: Bool) {
        if isBinary { return result(units.map { UInt8(truncatingIfNeeded: $0) }) }
        var bytes: [UInt8] = []
        for value in units {
            if value < 0x80 {
                bytes.append(UInt8(value))
            } else if let scalar = Unicode.Scalar(value) {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            } else {
                bytes.append(UInt8(truncatingIfNeeded: value))
            }
        }
        bytes.withUnsafeBytes { resultText($0) }
    }

    /// Answers bytes as text, or as a binary string.
    func result(bytes: [UInt8], _ isBinary: Bool) {
        if isBinary { return result(bytes) }
        bytes.withUnsafeBytes { resultText($0) }
    }
}
