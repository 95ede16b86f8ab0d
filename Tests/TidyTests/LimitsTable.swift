/// A bound on what the outside may ask for: a constant of an enum named `...Limits`.
struct LimitConstant {
    /// `Limits.statementBytesMax`
    let name: String
    /// The value in figures, or the expression when it is more than figures and shifts.
    let value: String
    /// The doc comment.
    let meaning: String
    let path: String
    let line: Int

    /// Every limit of the product, `Limits` first, then by enum, in the order of the sources.
    static func all(in tree: Repository) -> [LimitConstant] {
        var found: [(owner: String, constant: LimitConstant)] = []
        for source in tree.productFiles {
            for offset in source.occurrences(of: "enum") {
                let opening = source.line(at: offset)
                guard let match = source.code(ofLine: opening).firstMatch(of: /enum (\w*Limits)\b/)
                else { continue }
                let owner = String(match.1)
                found += constants(of: owner, from: opening, in: source).map { (owner, $0) }
            }
        }
        return found.sorted { left, right in
            let keys = [left, right].map {
                ($0.owner == "Limits" ? "" : $0.owner, $0.constant.line)
            }
            return keys[0] < keys[1]
        }
        .map(\.constant)
    }

    private static func constants(
        of owner: String,
        from opening: Int,
        in source: SwiftSource
    ) -> [LimitConstant] {
        var found: [LimitConstant] = []
        for line in (opening + 1)...max(opening + 1, source.lineStarts.count) {
            guard line <= source.lineStarts.count else { break }
            let code = source.code(ofLine: line)
            if code.hasPrefix("}") { break }
            guard let match = code.firstMatch(of: /static let (\w+)(?:: \w+)? = (.+?)\s*$/) else {
                continue
            }
            let comment = source.reason(forLine: line) ?? ""
            let meaning = comment.replacing("///", with: " ")
                .split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
            found.append(
                LimitConstant(
                    name: "\(owner).\(match.1)",
                    value: figures(String(match.2)),
                    meaning: meaning,
                    path: source.file.path,
                    line: line
                )
            )
        }
        return found
    }

    /// `64 << 20` as `67,108,864`.
    private static func figures(_ expression: String) -> String {
        let plain = expression.replacing("_", with: "")
        let value: Int?
        if let match = plain.wholeMatch(of: /(\d+) << (\d+)/), let a = Int(match.1),
            let b = Int(match.2)
        {
            value = a << b
        } else if let match = plain.wholeMatch(of: /(\d+) \* (\d+)/), let a = Int(match.1),
            let b = Int(match.2)
        {
            value = a * b
        } else if plain.hasPrefix("0x") {
            value = Int(plain.dropFirst(2), radix: 16)
        } else {
            value = Int(plain)
        }
        guard let value else { return "`\(expression)`" }
        var digits = String(value)
        var grouped = ""
        while digits.count > 3 {
            grouped = "," + digits.suffix(3) + grouped
            digits.removeLast(3)
        }
        return digits + grouped
    }

    /// The table for the docs.
    static func table(_ constants: [LimitConstant]) -> [String] {
        ["| limit | value | meaning |", "| --- | ---: | --- |"]
            + constants.map { "| `\($0.name)` | \($0.value) | \($0.meaning) |" }
    }
}

/// One setting as `Settings.definitions` declares it.
struct SettingRow {
    let name: String
    let values: String
    let standard: String
    let scope: String
    let help: String

    /// Every setting, in the order of the source.
    static func all(in tree: Repository) -> [SettingRow] {
        guard
            let source = tree.productFiles.first(where: {
                $0.file.path == "Sources/BorealBase/Settings.swift"
            }), let start = source.occurrences(of: "definitions").first
        else { return [] }
        var rows: [SettingRow] = []
        for offset in source.occurrences(of: ".init(") where offset > start {
            guard let end = closing(source, after: offset + 5) else { continue }
            let strings = source.strings.filter { $0.lowerBound > offset && $0.upperBound < end }
            guard strings.count >= 3 else { continue }
            let words = strings.map { String(decoding: source.bytes[$0], as: UTF8.self) }
            let between = strings[0].upperBound..<strings[strings.count - 2].lowerBound
            let kind = String(decoding: source.bytes[between], as: UTF8.self)
            let tail = String(
                decoding: source.bytes[strings[strings.count - 2].upperBound..<end],
                as: UTF8.self
            )
            rows.append(
                SettingRow(
                    name: words[0],
                    values: values(kind, words: words[1..<(words.count - 2)], in: source),
                    standard: words[words.count - 2],
                    scope: tail.contains(".dynamic") ? "SET GLOBAL" : "start",
                    help: words[words.count - 1]
                )
            )
        }
        return rows
    }

    private static func closing(_ source: SwiftSource, after start: Int) -> Int? {
        var depth = 0
        for offset in start..<source.bytes.count where source.kinds[offset] == .code {
            if source.bytes[offset] == UInt8(ascii: "(") { depth += 1 }
            if source.bytes[offset] == UInt8(ascii: ")") {
                depth -= 1
                if depth == 0 { return offset }
            }
        }
        return nil
    }

    private static func values(
        _ kind: String,
        words: ArraySlice<String>,
        in source: SwiftSource
    ) -> String {
        if kind.contains(".toggle") { return "ON, OFF" }
        if kind.contains(".choice") || kind.contains(".list") {
            if !words.isEmpty { return words.joined(separator: ", ") }
            // A list with a name of its own: `let logLevels = ["trace", ...]`.
            guard let name = kind.firstMatch(of: /\.(?:choice|list)\((\w+)\)/)?.1,
                let line = source.file.lines.first(where: { $0.contains("let \(name) = [") })
            else { return "one word of a list" }
            return line.matches(of: /"(\w+)"/).map { String($0.1) }.joined(separator: ", ")
        }
        if kind.contains(".size") { return "bytes, with K, M or G" }
        if let match = kind.firstMatch(of: /\.integer\(([\d_]+)\.\.\.([\d_]+)\)/) {
            return "\(match.1.replacing("_", with: "")) to \(match.2.replacing("_", with: ""))"
        }
        return kind.contains(".integer") ? "a whole number" : "text"
    }

    /// The table for the docs.
    static func table(_ rows: [SettingRow]) -> [String] {
        ["| setting | values | default | set by | meaning |", "| --- | --- | --- | --- | --- |"]
            + rows.map { row in
                let standard = row.standard.isEmpty ? "" : "`\(row.standard)`"
                return
                    "| `\(row.name)` | \(row.values) | \(standard) | \(row.scope) | \(row.help) |"
            }
    }
}
