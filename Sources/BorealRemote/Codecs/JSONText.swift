package import BorealBase

/// JSON as bytes of a request, and small parts of an answer as trees.
package enum JSONText {
    /// Appends a text as it stands between the quotes of a JSON string (RFC 8259, section 7).
    package static func escape(_ text: String, into body: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            body.reserveCapacity(body.count + bytes.count + 64)
            var start = 0
            for (place, byte) in bytes.enumerated()
            where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                body.append(contentsOf: bytes[start..<place])
                escape(byte, into: &body)
                start = place + 1
            }
            body.append(contentsOf: bytes[start...])
        }
    }

    private static func escape(_ byte: UInt8, into body: inout [UInt8]) {
        body.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: body.append(UInt8(ascii: "n"))
        case 0x0D: body.append(UInt8(ascii: "r"))
        case 0x09: body.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): body.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            body.append(contentsOf: [UInt8(ascii: "u"), 0x30, 0x30])
            body.append(digits[Int(byte >> 4)])
            body.append(digits[Int(byte & 15)])
        }
    }

    /// Appends a text with its quotes.
    package static func quote(_ text: String, into body: inout [UInt8]) {
        body.append(UInt8(ascii: "\""))
        escape(text, into: &body)
        body.append(UInt8(ascii: "\""))
    }

    /// Appends a value without blanks.
    package static func append(_ value: JSON, into body: inout [UInt8]) {
        switch value {
        case .null, .bool, .integer, .number, .literal:
            body.append(contentsOf: value.description.utf8)
        case .string(let text): quote(text, into: &body)
        case .array(let elements):
            body.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                if place > 0 { body.append(UInt8(ascii: ",")) }
                append(element, into: &body)
            }
            body.append(UInt8(ascii: "]"))
        case .object(let members):
            body.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { body.append(UInt8(ascii: ",")) }
                quote(member.key, into: &body)
                body.append(UInt8(ascii: ":"))
                append(member.value, into: &body)
            }
            body.append(UInt8(ascii: "}"))
        }
    }

    /// A value without blanks.
    package static func compact(_ value: JSON) -> String {
        var bytes: [UInt8] = []
        append(value, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `,"name":value` where there is a value.
    static func append(member name: StaticString, _ value: JSON?, into body: inout [UInt8]) {
        guard let value else { return }
        body.append(contentsOf: ",\"\(name)\":".utf8)
        append(value, into: &body)
    }

    /// A tree of an answer, or of a part of it.
    ///
    /// - Throws: `RemoteModelError` BAD_RESPONSE for what is no JSON.
    static func tree(_ text: some Sequence<UInt8>) throws(RemoteModelError) -> JSON {
        do { return try JSON.parse(text, depthMax: AnswerScanner.depthMax) } catch {
            throw RemoteModelError(
                .badResponse,
                "the answer is no JSON: \(error.reason) at byte \(error.offset)"
            )
        }
    }
}
