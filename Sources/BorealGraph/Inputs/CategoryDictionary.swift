/// The categories of one feature in code order, with a look-up that does not allocate.
///
/// Text categories match byte by byte. Number categories match by value. It never grows: a category
/// that training did not see has no code.
public struct CategoryDictionary: Sendable {
    /// The categories, in code order.
    public enum Categories: Equatable, Sendable {
        case text([String])
        case number([Double])
    }

    /// In code order.
    public let categories: Categories
    /// True when a text that no category spells may be the number of one: a data frame's rows have
    /// categories, a plain matrix their codes.
    public var takesCodes = false
    /// All names, one behind the other; empty for numbers.
    private var bytes: [UInt8] = []
    /// `[count + 1]`: where each name begins.
    private var offsets: [Int] = [0]
    /// Open addressing, a power of two at least twice the count: code, or -1 where free.
    private var slots: [Int32] = []
    /// Number categories by bit pattern of their value, -0 as 0.
    private var codes: [UInt64: Int32] = [:]

    /// A dictionary over `categories`; of equal ones the first gives the code.
    ///
    /// - Throws: `GraphError.tooLarge` beyond `GraphLimits.categoriesMax`.
    public init(_ categories: Categories) throws(GraphError) {
        self.categories = categories
        switch categories {
        case .text(let names):
            try Self.check(count: names.count)
            buildSlots(names)
        case .number(let values):
            try Self.check(count: values.count)
            for (code, value) in values.enumerated() where codes[Self.key(value)] == nil {
                codes[Self.key(value)] = Int32(truncatingIfNeeded: code)
            }
        }
    }

    /// Categories in the dictionary.
    public var count: Int {
        switch categories {
        case .text(let names): names.count
        case .number(let values): values.count
        }
    }

    /// True when categories are text.
    public var isText: Bool { if case .text = categories { true } else { false } }

    /// The code of a text category, or nil when it is unseen or the categories are numbers.
    public func code(of name: UnsafeRawBufferPointer) -> Int32? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Self.hash(name) & mask
        while true {
            let code = slots[slot]
            if code < 0 { return nil }
            if matches(code, name) { return code }
            slot = (slot + 1) & mask
        }
    }

    /// The code of a number category, or nil when it is unseen or the categories are text.
    public func code(of value: Double) -> Int32? { codes[Self.key(value)] }

    private static func check(count: Int) throws(GraphError) {
        guard count <= GraphLimits.categoriesMax else {
            throw .tooLarge(what: "categories of a feature", limit: GraphLimits.categoriesMax)
        }
    }

    private mutating func buildSlots(_ names: [String]) {
        guard !names.isEmpty else { return }
        for name in names {
            bytes.append(contentsOf: name.utf8)
            offsets.append(bytes.count)
        }
        var size = 4
        while size < names.count * 2 { size *= 2 }
        var table = [Int32](repeating: -1, count: size)
        for code in names.indices {
            bytes.withUnsafeBytes { all in
                let name = UnsafeRawBufferPointer(rebasing: all[offsets[code]..<offsets[code + 1]])
                var slot = Self.hash(name) & (size - 1)
                while table[slot] >= 0, !matches(table[slot], name) {
                    slot = (slot + 1) & (size - 1)
                }
                if table[slot] < 0 { table[slot] = Int32(truncatingIfNeeded: code) }
            }
        }
        slots = table
    }

    private func matches(_ code: Int32, _ name: UnsafeRawBufferPointer) -> Bool {
        let start = offsets[Int(code)]
        let length = offsets[Int(code) + 1] - start
        guard length == name.count else { return false }
        return bytes.withUnsafeBytes { all in
            for i in 0..<length where all[start + i] != name[i] { return false }
            return true
        }
    }

    /// Seeded per process by the standard library, so that no file can choose colliding names.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        return hasher.finalize() & Int.max
    }

    private static func key(_ value: Double) -> UInt64 { value == 0 ? 0 : value.bitPattern }
}

extension CategoryDictionary: Equatable {
    /// Equal when the categories are, in the same order.
    public static func == (left: CategoryDictionary, right: CategoryDictionary) -> Bool {
        left.categories == right.categories
    }
}
