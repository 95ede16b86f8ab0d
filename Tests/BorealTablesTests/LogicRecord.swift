import Foundation

@testable import BorealTables

/// One record of a sqllogictest file: a statement, and what must come of it.
struct LogicRecord {
    enum Expectation: Equatable {
        case ok
        /// The error's number, or any.
        case error(UInt16?)
        /// Values row by row, or one line with their count and hash.
        case values([String])
    }

    enum Order: String {
        case nosort
        case rowsort
        case valuesort
    }

    var sql: String
    var expectation: Expectation
    /// One letter a column: I whole number, R real number, T text.
    var types = ""
    var order = Order.nosort
    /// More values than this are compared by their hash; 0 for never.
    var hashThreshold = 0
    /// Line of the file, from 1.
    var line = 0

    /// The records of a file that a server which calls itself MySQL runs.
    static func parse(_ text: String) throws -> [LogicRecord] {
        var records: [LogicRecord] = []
        var threshold = 0
        var line = 1
        for part in text.split(separator: "\n\n", omittingEmptySubsequences: false) {
            let start = line
            line += part.split(separator: "\n", omittingEmptySubsequences: false).count + 1
            var lines = part.split(separator: "\n").filter { !$0.hasPrefix("#") }[...]
            var applies = true
            while let first = lines.first, let wanted = condition(first) {
                applies = applies && wanted
                lines.removeFirst()
            }
            guard let head = lines.first else { continue }
            if head.hasPrefix("hash-threshold") {
                threshold = head.split(separator: " ").last.flatMap { Int($0) } ?? 0
                continue
            }
            guard applies else { continue }
            var record = try LogicRecord(head, lines.dropFirst())
            record.hashThreshold = threshold
            record.line = start
            records.append(record)
        }
        return records
    }

    /// Whether the record behind `onlyif` or `skipif` is for us; nil for another line.
    private static func condition(_ line: Substring) -> Bool? {
        let words = line.split(separator: " ")
        guard words.count > 1 else { return nil }
        switch words[0] {
        case "onlyif": return words[1] == "mysql"
        case "skipif": return words[1] != "mysql"
        default: return nil
        }
    }

    private init(_ head: Substring, _ body: ArraySlice<Substring>) throws {
        let words = head.split(separator: " ")
        let rule = body.firstIndex(of: "----") ?? body.endIndex
        sql = body[..<rule].joined(separator: "\n")
        switch (words.first, words.count > 1 ? words[1] : "") {
        case ("statement", "ok"): expectation = .ok
        case ("statement", "error"):
            expectation = .error(words.count > 2 ? UInt16(words[2]) : nil)
        case ("query", let types):
            self.types = String(types)
            order = words.count > 2 ? Order(rawValue: String(words[2])) ?? .nosort : .nosort
            expectation = .values(body[rule...].dropFirst().map { String($0) })
        default: throw LogicFormatError(line: String(head))
        }
    }

    /// What these rows look like in a file.
    func shown(_ rows: [[String?]]) -> [String] {
        let letters = Array(types)
        var table = rows.map { row in
            row.enumerated().map { Self.shown($1, letters[min($0, letters.count - 1)]) }
        }
        if order == .rowsort { table.sort { $0.lexicographicallyPrecedes($1) } }
        var values = table.flatMap(\.self)
        if order == .valuesort { values.sort() }
        guard hashThreshold > 0, values.count > hashThreshold else { return values }
        let bytes = values.map { $0 + "\n" }.joined()
        let hash = Digest.hex(Array(bytes.utf8).withUnsafeBytes { Digest.md5($0) })
        return ["\(values.count) values hashing to \(hash)"]
    }

    private static func shown(_ value: String?, _ letter: Character) -> String {
        guard let value else { return "NULL" }
        switch letter {
        case "I":
            guard value.contains(where: { $0 == "." || $0 == "e" }), let number = Double(value)
            else { return value }
            return String(Int(number))
        case "R": return String(format: "%.3f", Double(value) ?? 0)
        default: return value.isEmpty ? "(empty)" : value
        }
    }
}

/// A line that begins no record.
struct LogicFormatError: Error {
    let line: String
}
