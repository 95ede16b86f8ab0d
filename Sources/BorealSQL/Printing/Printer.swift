/// Writes trees as text in normal form: keywords upper case, one blank between words, every nested
/// operator in parentheses. Parsing the text with no modes set gives an equal tree.
struct Printer {
    /// What is written so far.
    var text = ""
    /// Every name in back-quotes and functions in lower case, as stored definitions have it.
    var quotesEveryName = false

    /// Appends text as it is.
    mutating func write(_ piece: String) { text += piece }

    /// Appends what `element` writes for each item, with commas between.
    mutating func writeList<Items: Collection>(
        _ items: Items,
        _ element: (inout Printer, Items.Element) -> Void
    ) {
        for (index, item) in items.enumerated() {
            if index > 0 { write(", ") }
            element(&self, item)
        }
    }

    /// A name, in back-quotes where it must be.
    mutating func writeName(_ name: String) {
        write(isBare(name) && !quotesEveryName ? name : "`" + name.replacing("`", with: "``") + "`")
    }

    /// `database.name`.
    mutating func writeName(_ name: ObjectName) {
        if let database = name.database {
            writeName(database.name)
            write(".")
        }
        writeName(name.name.name)
    }

    /// `database.table.column`.
    mutating func writeName(_ name: ColumnName) {
        for qualifier in [name.database, name.table].compactMap(\.self) {
            writeName(qualifier.name)
            write(".")
        }
        writeName(name.name.name)
    }

    /// `(a, b)`.
    mutating func writeNames(_ names: [Identifier]) {
        write("(")
        writeList(names) { $0.writeName($1.name) }
        write(")")
    }

    private func isBare(_ name: String) -> Bool {
        guard let first = name.utf8.first, isNameStart(first), name.utf8.allSatisfy(isNameByte)
        else {
            return false
        }
        return !keyword(of: name).isReserved
    }

    /// The keyword that a name spells.
    func keyword(of name: String) -> Keyword {
        let bytes = Array(name.utf8)
        guard bytes.count <= 32 else { return .notKeyword }
        let hash = bytes.reduce(KeywordTable.hashStart) { KeywordTable.hash($0, adding: $1) }
        return bytes.withUnsafeBufferPointer {
            KeywordTable.shared.keyword(of: $0, hash: hash)
        }
    }

    /// A string in single quotes, with the escapes that a terminal and a log line need.
    mutating func writeString(_ value: String) {
        write("'")
        for scalar in value.unicodeScalars {
            switch scalar {
            case "'": write("''")
            case "\\": write("\\\\")
            case "\0": write("\\0")
            case "\n": write("\\n")
            case "\r": write("\\r")
            case "\u{1A}": write("\\Z")
            default: text.unicodeScalars.append(scalar)
            }
        }
        write("'")
    }

    /// `X'4D'`.
    mutating func writeHexadecimal(_ bytes: [UInt8]) {
        let digits = Array("0123456789ABCDEF")
        write("X'")
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        write("'")
    }
}
