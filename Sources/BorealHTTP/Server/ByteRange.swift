/// A single range of a `Range` header (RFC 9110, section 14.1.2).
enum ByteRange: Equatable {
    /// No range, one in another unit, several or a broken one: the whole body is sent.
    case whole
    /// These bytes.
    case part(Range<Int>)
    /// The body has no such bytes: 416.
    case unsatisfiable

    /// - Parameter size: bytes of the whole body.
    static func parse(_ field: String?, size: Int) -> ByteRange {
        guard let field, field.asciiPrefixed("bytes=") else { return .whole }
        let spec = field.dropFirst(6).trimmingBlanks
        let ends = spec.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .whole }
        switch (number(ends[0]), number(ends[1])) {
        case (.absent, .value(let count)):
            // The last bytes.
            guard count > 0, size > 0 else { return .unsatisfiable }
            return .part(max(0, size - count)..<size)
        case (.value(let first), .absent):
            return first < size ? .part(first..<size) : .unsatisfiable
        case (.value(let first), .value(let last)):
            guard first <= last else { return .whole }
            return first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
        default:
            return .whole
        }
    }

    private enum Number {
        case absent
        case value(Int)
        case broken
    }

    private static func number(_ text: Substring) -> Number {
        if text.isEmpty { return .absent }
        guard text.utf8.count <= 18, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let value = Int(text)
        else { return .broken }
        return .value(value)
    }
}

extension String {
    fileprivate func asciiPrefixed(_ prefix: String) -> Bool {
        utf8.count >= prefix.utf8.count
            && zip(utf8, prefix.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
}
