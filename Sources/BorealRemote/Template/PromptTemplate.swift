import BorealBase

/// A prompt with `{column}` in it, which the columns of a row fill.
///
/// Only a name in braces is a hole: `{"label": 1}` stays as it is. Values are not read again, so
/// that no text of a row makes another column's hole.
package struct PromptTemplate: Equatable, Sendable {
    /// A stretch of the prompt.
    package enum Part: Equatable, Sendable {
        case text(String)
        /// The value of a column.
        case column(String)
    }

    package let parts: [Part]

    package init(parts: [Part]) { self.parts = parts }

    package init(_ text: String) {
        var parts: [Part] = []
        var literal: [Unicode.Scalar] = []
        let scalars = Array(text.unicodeScalars)
        func close() {
            guard !literal.isEmpty else { return }
            parts.append(.text(Self.string(literal)))
            literal = []
        }
        var place = 0
        while place < scalars.count {
            if scalars[place] == "{", let end = Self.endOfName(scalars, from: place + 1) {
                close()
                parts.append(.column(Self.string(scalars[(place + 1)..<end])))
                place = end + 1
            } else {
                literal.append(scalars[place])
                place += 1
            }
        }
        close()
        self.parts = parts
    }

    /// The columns that it names, each once, in order; names are equal without regard to case.
    package var columns: [String] {
        var seen: Set<String> = []
        return parts.compactMap { part in
            guard case .column(let name) = part, seen.insert(name.lowercased()).inserted else {
                return nil
            }
            return name
        }
    }

    /// The prompt of a row.
    ///
    /// - Parameter value: of a column; nil for NULL.
    /// - Returns: nil when a column is NULL.
    package func filled(_ value: (String) -> String?) -> String? {
        var prompt = ""
        for part in parts {
            switch part {
            case .text(let text): prompt += text
            case .column(let name):
                guard let text = value(name) else { return nil }
                prompt += text
            }
        }
        return prompt
    }

    /// The place of the brace behind a name; nil when no name stands there.
    private static func endOfName(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var end = start
        while end < scalars.count, end - start <= nameCharactersMax {
            let scalar = scalars[end]
            if scalar == "}" { return end > start ? end : nil }
            let isLetter =
                scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.isIdeographic
            let isDigit = scalar.isASCII && scalar.properties.numericType != nil
            guard isLetter || (isDigit && end > start) else { return nil }
            end += 1
        }
        return nil
    }

    /// Longer names are no columns.
    private static let nameCharactersMax = 128

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
