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
            bound += literal(value, statement.mode)
            bound += [0x20]
            position = Int(place.end)
        }
        bound += statement.text[position...]
        guard bound.count <= Limits.statementBytesMax else {
            throw ServerError(syntax: .tooLong(bytes: bound.count), text: [])
        }
        return bound
    }

    private static func literal(_ value: TableValue, _ mode: SQLMode) -> [UInt8] {
        switch value {
        case .null: return Array("NULL".utf8)
        case .integer(let number): return Array(String(number).utf8)
        case .unsigned(let number): return Array(String(number).utf8)
        case .real(let number): return Array(real(number).utf8)
        case .decimal(let text): return Array(text.utf8)
        case .text(let text), .temporal(let text, _): return quoted(text, mode)
        case .bytes(let bytes): return Array("X'\(hexadecimal(bytes))'".utf8)
        }
    }

    /// With an exponent, so that it stays a Double.
    private static func real(_ number: Double) -> String {
        guard number.isFinite else { return "NULL" }
        let text = "\(number)"
        return text.contains("e") ? text : text + "e0"
    }

    private static func quoted(_ text: String, _ mode: SQLMode) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { bytes.append(byte) }
            if byte == UInt8(ascii: "\\"), !mode.contains(.noBackslashEscapes) {
                bytes.append(byte)
            }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "'"))
        return bytes
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
