import BorealBase
import BorealSQL
import BorealTables

/// A statement's text with a literal in place of each `?`, for statements whose text is kept or
/// whose parts are read later (CREATE MODEL, the inner queries of PREDICT).
///
/// Literals are written so that they are one token and nothing else, whatever the value holds.
enum BoundText {
    /// - Throws: `wrongArguments` when there are not as many values as `?`.
    static func text(
        of statement: PreparedStatement,
        _ parameters: [TableValue]
    ) throws(ServerError) -> [UInt8] {
        let places: [SourceSpan]
        do {
            places = try statement.places.get()
        } catch {
            throw ServerError(syntax: error, text: statement.text)
        }
        guard places.count == parameters.count else { throw .wrongArguments("EXECUTE") }
        var bound: [UInt8] = []
        var position = 0
        for (place, value) in zip(places, parameters) {
            bound += statement.text[position..<Int(place.start)]
            // A sign or a word in front must not become part of the literal, nor one behind.
            bound += [0x20]
            append(value, statement.mode, to: &bound)
            bound += [0x20]
            position = Int(place.end)
        }
        bound += statement.text[position...]
        guard bound.count <= Limits.statementBytesMax else {
            throw ServerError(syntax: .tooLong(bytes: bound.count), text: [])
        }
        return bound
    }

    /// Writes a value as a literal.
    static func append(_ value: TableValue, _ mode: SQLMode, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes += "NULL".utf8
        case .integer(let number): bytes += String(number).utf8
        case .unsigned(let number): bytes += String(number).utf8
        case .real(let number): bytes += real(number).utf8
        case .decimal(let text): bytes += text.utf8
        case .text(let text), .temporal(let text, _): appendQuoted(text, mode, to: &bytes)
        case .bytes(let content): appendHexadecimal(content, to: &bytes)
        }
    }

    /// With an exponent, so that it stays a Double.
    private static func real(_ number: Double) -> String {
        guard number.isFinite else { return "NULL" }
        let text = "\(number)"
        return text.contains("e") ? text : text + "e0"
    }

    private static func appendQuoted(_ text: String, _ mode: SQLMode, to bytes: inout [UInt8]) {
        let escapes = !mode.contains(.noBackslashEscapes)
        bytes.append(UInt8(ascii: "'"))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { bytes.append(byte) }
            if byte == UInt8(ascii: "\\"), escapes { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "'"))
    }

    private static func appendHexadecimal(_ content: [UInt8], to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes += "X'".utf8
        for byte in content {
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
        bytes.append(UInt8(ascii: "'"))
    }
}
