import BorealBase

/// Base64 (RFC 4648): the standard alphabet, strictly, and the one for URLs.
public enum Base64 {
    private static let standard = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let urlSafe = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )

    /// Section 4: with padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: standard, padded: true)
    }

    /// Section 5: the alphabet for URLs and file names, without padding.
    public static func encodeURL(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: urlSafe, padded: false)
    }

    /// Section 4. Padding is required; blanks, foreign characters and stray bits are refused.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8 { decode($0) }
    }

    /// The same from bytes.
    package static func decode(_ digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard digits.count % 4 == 0 else { return nil }
        var count = digits.count
        while count > 0, digits[count - 1] == UInt8(ascii: "=") { count -= 1 }
        guard digits.count - count <= 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var group: UInt32 = 0
        var held: UInt32 = 0
        for place in 0..<count {
            let value = values[Int(digits[place])]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> held))
            }
        }
        // The bits behind the last byte are zero in what an encoder makes.
        guard group & (1 << held - 1) == 0 else { return nil }
        return bytes
    }

    /// `[256]`: what a byte means as a digit of the standard alphabet, 64 for nothing.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for (value, digit) in standard.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8], padded: Bool) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for i in 0..<3 { group = group << 8 | (i < count ? UInt32(bytes[start + i]) : 0) }
            for i in 0...count { digits.append(alphabet[Int(group >> UInt32(18 - 6 * i) & 63)]) }
            if padded, count < 3 {
                for _ in count..<3 { digits.append(UInt8(ascii: "=")) }
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// `Authorization` (RFC 9110, section 11.4): the name of a scheme, and what it takes.
enum AuthorizationField {
    /// What stands behind the scheme's name; nil when the field is of another scheme.
    static func credentials(in field: String, of scheme: String) -> String? {
        guard let blank = field.utf8.firstIndex(of: 0x20),
            String(field[..<blank]).isEqualIgnoringASCIICase(to: scheme)
        else { return nil }
        let credentials = field[blank...].trimmingBlanks
        return credentials.isEmpty ? nil : credentials
    }
}

/// `Authorization: Basic` (RFC 7617).
public enum BasicCredentials {
    /// User and password, nil when the field is of another scheme or malformed.
    public static func parse(_ field: String) -> (user: String, password: String)? {
        guard let digits = AuthorizationField.credentials(in: field, of: "Basic"),
            let bytes = Base64.decode(digits),
            let text = String(ifUTF8: bytes),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return (String(text[..<colon]), String(text[text.utf8.index(after: colon)...]))
    }
}
