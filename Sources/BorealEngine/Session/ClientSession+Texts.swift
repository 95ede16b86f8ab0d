import BorealBase
import BorealSQL
import BorealTables
package import BorealWire

/// Statements of clients that do not write UTF-8.
extension ClientSession {
    /// What the client writes and reads.
    package var texts: ClientTexts { tables.texts }

    /// What a connection to a source begins with, so that it reads what the client writes: of
    /// UTF-8 the collation that every server knows.
    package var sourceCollation: Collation? {
        let collation = Collation.named(tables.connectionCollation)
        let isUTF8 = collation?.description?.characterSet == "utf8mb4"
        return isUTF8 ? .utf8mb4GeneralCI : collation
    }

    /// A statement in UTF-8. Strings with a character set in front keep their bytes, which are of
    /// that set.
    func readable(_ text: [UInt8]) -> [UInt8] {
        guard let client = texts.client, text.count <= Limits.statementBytesMax,
            text.contains(where: { $0 >= 0x80 })
        else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 2)
        var position = 0
        for place in IntroducedStringScanner.places(in: text, mode: tables.parserMode) {
            client.append(text[position..<place.lowerBound], to: &result)
            result += text[place]
            position = place.upperBound
        }
        client.append(text[position...], to: &result)
        return result
    }

    /// True when a statement is UTF-8 as it came.
    func isReadable(_ text: [UInt8]) -> Bool {
        texts.client == nil || text.allSatisfy { $0 < 0x80 }
    }
}
