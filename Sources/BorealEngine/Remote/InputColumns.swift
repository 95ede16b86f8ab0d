import BorealBase
import BorealSQL

/// The columns of INPUT of a version (`CREATE MODEL ... WITH VERSION`), in their order.
struct InputColumns: Equatable, Sendable {
    struct Element: Equatable, Sendable {
        let name: String
        let kind: ModelInput.Kind
    }

    /// Empty for a model that says nothing of its columns.
    let elements: [Element]

    /// Bytes of the name of a column.
    private static let nameBytesMax = 128

    /// - Throws: `ServerError` for a name that is too long, twice there or none of a column.
    init(_ inputs: [ModelInput]) throws(ServerError) {
        var seen: Set<String> = []
        var elements: [Element] = []
        for input in inputs {
            let name = input.name.name
            guard name.utf8.count <= Self.nameBytesMax else {
                throw ServerError(
                    .identifierTooLong,
                    "Input column of \(name.utf8.count) bytes is too long; "
                        + "\(Self.nameBytesMax) are allowed"
                )
            }
            guard Self.isName(name) else {
                throw .invalidOption(
                    name,
                    "an input column begins with a letter, then letters, digits, '_' and Chinese "
                        + "characters"
                )
            }
            guard seen.insert(name.lowercased()).inserted else {
                throw .invalidOption(name, "the input column is given twice")
            }
            elements.append(Element(name: name, kind: input.kind))
        }
        self.elements = elements
    }

    /// Reads what `json` wrote; none for a definition without.
    init(stored options: String) {
        // A definition that cannot be read has no columns.
        let listed = (try? JSON.parse(options))?["inputs"]?.array ?? []
        elements = listed.compactMap { column in
            guard let name = column["name"]?.string,
                let kind = column["type"]?.string.flatMap({ ModelInput.Kind(rawValue: $0) })
            else { return nil }
            return Element(name: name, kind: kind)
        }
    }

    /// As it stands in a version's definition.
    var json: JSON {
        .array(
            elements.map { column in
                .object([
                    ("name", .string(column.name)), ("type", .string(column.kind.rawValue)),
                ])
            }
        )
    }

    private static func isName(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isASCII && scalar.properties.isAlphabetic
        }
        guard let first = scalars.first, isLetter(first) else { return false }
        return scalars.allSatisfy { scalar in
            isLetter(scalar) || scalar == "_" || (0x30...0x39).contains(scalar.value)
                || scalar.properties.isIdeographic
        }
    }
}
