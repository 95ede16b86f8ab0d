/// Writes the few opcodes of pickle protocol 4 that a model file needs.
struct PickleWriter {
    private(set) var bytes: [UInt8] = [0x80, 4]

    /// A string.
    mutating func text(_ value: some Collection<UInt8>) {
        beginText(count: value.count)
        bytes.append(contentsOf: value)
    }

    /// What stands before a string of so many bytes of UTF-8.
    mutating func beginText(count: Int) {
        guard count >= 256 else {
            bytes += [0x8C, UInt8(truncatingIfNeeded: count)]
            return
        }
        bytes.append(0x8D)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: count >> shift))
        }
    }

    mutating func text(_ value: String) { text(value.utf8) }

    mutating func none() { bytes.append(UInt8(ascii: "N")) }

    mutating func bool(_ value: Bool) { bytes.append(value ? 0x88 : 0x89) }

    mutating func integer(_ value: Int64) {
        bytes += [0x8A, 8]
        for shift in stride(from: Int64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func float(_ value: Double) {
        bytes.append(UInt8(ascii: "G"))
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
        }
    }

    /// A list of what `elements` writes.
    mutating func list(_ elements: (inout PickleWriter) -> Void) {
        bytes += [UInt8(ascii: "]"), UInt8(ascii: "(")]
        elements(&self)
        bytes.append(UInt8(ascii: "e"))
    }

    /// A dictionary of the keys and values that `items` writes.
    mutating func dictionary(_ items: (inout PickleWriter) -> Void) {
        bytes += [UInt8(ascii: "}"), UInt8(ascii: "(")]
        items(&self)
        bytes.append(UInt8(ascii: "u"))
    }

    /// An object made without a constructor, whose attributes are the dictionary that `state`
    /// writes.
    mutating func object(module: String, name: String, _ state: (inout PickleWriter) -> Void) {
        text(module)
        text(name)
        bytes += [0x93, UInt8(ascii: ")"), 0x81]
        dictionary(state)
        bytes.append(UInt8(ascii: "b"))
    }

    /// The whole pickle.
    mutating func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "."))
        return bytes
    }
}
