import BorealBase

/// The text of sql_mode: its names in MySQL's order, each a bit when the mode is set by number.
enum SQLModeText {
    /// MySQL 8.0's default.
    static let standard =
        "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
        + "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

    /// Names and bits, in the order in which they are printed.
    static let names: [(name: String, bit: Int)] = [
        ("REAL_AS_FLOAT", 0), ("PIPES_AS_CONCAT", 1), ("ANSI_QUOTES", 2), ("IGNORE_SPACE", 3),
        ("ONLY_FULL_GROUP_BY", 5), ("NO_UNSIGNED_SUBTRACTION", 6), ("NO_DIR_IN_CREATE", 7),
        ("ANSI", 18), ("NO_AUTO_VALUE_ON_ZERO", 19), ("NO_BACKSLASH_ESCAPES", 20),
        ("STRICT_TRANS_TABLES", 21), ("STRICT_ALL_TABLES", 22), ("NO_ZERO_IN_DATE", 23),
        ("NO_ZERO_DATE", 24), ("ALLOW_INVALID_DATES", 25), ("ERROR_FOR_DIVISION_BY_ZERO", 26),
        ("TRADITIONAL", 27), ("HIGH_NOT_PRECEDENCE", 29), ("NO_ENGINE_SUBSTITUTION", 30),
        ("PAD_CHAR_TO_FULL_LENGTH", 31), ("TIME_TRUNCATE_FRACTIONAL", 32),
    ]

    /// What the combined names stand for besides themselves.
    private static let combined = [
        "ANSI": "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY",
        "TRADITIONAL": "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
            + "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
    ]

    /// Names that older servers had and whose absence changes nothing.
    private static let ignored: Set<String> = ["NO_AUTO_CREATE_USER"]

    /// The text that the variable keeps.
    ///
    /// - Throws: MySQL's error for a name or a bit that there is not.
    static func normal(_ value: TableValue) throws -> String {
        var chosen: Set<String> = []
        for name in try written(value) {
            chosen.insert(name)
            for part in combined[name]?.split(separator: ",") ?? [] { chosen.insert(String(part)) }
        }
        return names.map(\.name).filter(chosen.contains).joined(separator: ",")
    }

    private static func written(_ value: TableValue) throws -> [String] {
        if case .text(let text) = value {
            return try text.split(separator: ",").compactMap { word -> String? in
                let name = word.drop { $0 == " " }.uppercased()
                if name.isEmpty || ignored.contains(name) { return nil }
                guard names.contains(where: { $0.name == name }) else {
                    throw TableError.wrongValueForVariable(name: "sql_mode", value: String(word))
                }
                return name
            }
        }
        let shown = value.text ?? "NULL"
        let known = names.reduce(Int64(0)) { $0 | 1 << Int64($1.bit) }
        guard let bits = value.wholeNumber, bits & ~known == 0 else {
            throw TableError.wrongValueForVariable(name: "sql_mode", value: shown)
        }
        return names.filter { bits & (1 << Int64($0.bit)) != 0 }.map(\.name)
    }
}
