import Glibc

extension String {
    /// The text of UTF-8; nil where it is none.
    ///
    /// `String(validating:as:)` says the same and asks the runtime for its generic types each time:
    /// that is most of the work for a short text.
    @inlinable
    public init?(ifUTF8 bytes: some Collection<UInt8>) {
        let text = bytes.withContiguousStorageIfAvailable { String(ifUTF8Buffer: $0) }
        guard let text = text ?? String(ifUTF8Array: Array(bytes)) else { return nil }
        self = text
    }

    @usableFromInline
    init?(ifUTF8Array bytes: [UInt8]) {
        guard let text = bytes.withUnsafeBufferPointer({ String(ifUTF8Buffer: $0) }) else {
            return nil
        }
        self = text
    }

    @usableFromInline
    init?(ifUTF8Buffer bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            self = ""
            return
        }
        self = String(decoding: bytes, as: UTF8.self)
        // Decoding repairs what is no UTF-8 and changes nothing else.
        let isSame = withUTF8 { text -> Bool in
            guard text.count == bytes.count, let copy = text.baseAddress else { return false }
            return memcmp(copy, start, bytes.count) == 0
        }
        guard isSame else { return nil }
    }

    /// The first characters of a text that may be longer than anybody means it to be.
    public func cut(scalars count: Int) -> String {
        // No scalar has more bytes than four: most texts need not be looked at.
        guard utf8.count > count else { return self }
        return String(UnicodeScalarView(unicodeScalars.prefix(count)))
    }

    /// Lower case of `A-Z` only; everything else stays, so no locale can change a name.
    public var asciiLowercased: String {
        var text = self
        return text.withUTF8 { bytes -> String? in
            guard bytes.contains(where: { $0 &- 0x41 < 26 }) else { return nil }
            return String(unsafeUninitializedCapacity: bytes.count) { room in
                for place in bytes.indices {
                    let byte = bytes[place]
                    room.initializeElement(at: place, to: byte &- 0x41 < 26 ? byte | 0x20 : byte)
                }
                return bytes.count
            }
        } ?? self
    }

    /// True for the same text but for the case of `A-Z`.
    public func isEqualIgnoringASCIICase(to other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var (text, other) = (self, other)
        return text.withUTF8 { left in
            other.withUTF8 { right in
                left.indices.allSatisfy { place in
                    let (a, b) = (left[place], right[place])
                    return a == b || a ^ b == 0x20 && (a | 0x20) &- 0x61 < 26
                }
            }
        }
    }
}
