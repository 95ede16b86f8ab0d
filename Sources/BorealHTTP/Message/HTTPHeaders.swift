import BorealBase

/// The header fields of a message, in their order; names compare without regard to ASCII case.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Sendable, Equatable {
        /// As it was written.
        public var name: String
        /// Without surrounding blanks.
        public var value: String

        func isNamed(_ other: String) -> Bool { name.isEqualIgnoringASCIICase(to: other) }
    }

    /// All fields.
    public private(set) var fields: [Field] = []

    /// No fields.
    public init() {}

    /// Fields in the order written.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The value of the first field with this name. Setting replaces all of them; nil removes them.
    public subscript(name: String) -> String? {
        get { fields.first { $0.isNamed(name) }?.value }
        set {
            fields.removeAll { $0.isNamed(name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// The values of all fields with this name.
    public func values(_ name: String) -> [String] {
        fields.lazy.filter { $0.isNamed(name) }.map(\.value)
    }

    /// Adds a field. Control characters become blanks, so that no value can begin another field.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: Self.harmless(name), value: Self.harmless(value)))
    }

    /// True when a comma-separated field (`Connection`) lists `token`.
    public func lists(_ name: String, token: String) -> Bool {
        values(name).contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains {
                Substring($0).trimmingBlanks.isEqualIgnoringASCIICase(to: token)
            }
        }
    }

    private static func harmless(_ text: String) -> String {
        var text = text
        guard text.withUTF8({ $0.contains { $0 < 0x20 || $0 == 0x7F } }) else { return text }
        let bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without the blanks and tabs around it.
    var trimmingBlanks: String {
        var rest = Substring(self).utf8
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return String(Substring(rest))
    }
}
