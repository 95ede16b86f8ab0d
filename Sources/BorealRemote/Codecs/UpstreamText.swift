import BorealBase

/// Words of a provider, made fit to be shown.
package enum UpstreamText {
    /// Bytes of a provider's words that a message repeats.
    package static let bytesMax = 256

    /// One line of valid UTF-8 without control characters, at most `bytesMax` bytes; what `hiding`
    /// names is replaced.
    ///
    /// - Parameter secrets: keys that a provider may have repeated.
    package static func clean(_ bytes: some Collection<UInt8>, hiding secrets: [String] = [])
        -> String
    {
        // Looked at generously, so that a secret which the cut falls into is found whole.
        let head = bytes.prefix(bytesMax * 4 + secrets.reduce(0) { max($0, $1.utf8.count) })
        var text = String(decoding: head, as: UTF8.self)
        for secret in secrets where !secret.isEmpty { text = replace(secret, in: text) }
        var line = String.UnicodeScalarView()
        var size = 0
        var isBlank = true
        for scalar in text.unicodeScalars {
            let isSpace = isInvisible(scalar)
            if isSpace, isBlank { continue }
            isBlank = isSpace
            let shown = isSpace ? " " : scalar
            size += UTF8.width(shown)
            guard size <= bytesMax else { break }
            line.append(shown)
        }
        if line.last == " " { line.removeLast() }
        return String(line)
    }

    /// Controls, blanks, and marks that turn the direction of a terminal's text around.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator: true
        default: false
        }
    }

    private static func replace(_ secret: String, in text: String) -> String {
        let wanted = Array(secret.utf8)
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == wanted[0], bytes[place...].starts(with: wanted) {
                result.append(contentsOf: "***".utf8)
                place += wanted.count
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The sentence in an error object: `error.message`, `error`, `message`, `detail`; nil when
    /// there is none of them.
    static func sentence(_ body: JSON) -> String? {
        for found in [body["error"]?["message"], body["error"], body["message"], body["detail"]] {
            if let text = found?.string, !text.isEmpty { return text }
        }
        return nil
    }

    /// The failure that an answer with a good status speaks of; nil when it speaks of none.
    static func failure(_ error: JSON?) -> RemoteModelError? {
        guard let error, error != .null else { return nil }
        let text = error.string ?? sentence(error) ?? error.description
        return RemoteModelError(
            .badResponse,
            "the answer is an error: " + clean(text.utf8)
        )
    }
}
