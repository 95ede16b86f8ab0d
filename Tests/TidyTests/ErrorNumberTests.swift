import Testing

/// The one table of error numbers, as its source says.
struct ErrorTable {
    /// A case of `ServerErrorCode`.
    struct Entry {
        let name: String
        let number: Int
        let sqlState: String
        let line: Int
    }

    /// Where the table stands.
    static let path = "Sources/BorealBase/ServerErrorCode.swift"

    /// In the order of the source.
    let entries: [Entry]

    init(_ tree: Repository) {
        var numbers: [(name: String, number: Int, line: Int)] = []
        var states: [String: String] = [:]
        for (index, line) in (tree.file(Self.path)?.lines ?? []).enumerated() {
            if let match = line.firstMatch(of: /^\s*case (\w+) = (\d+)/),
                let number = Int(match.2)
            {
                numbers.append((String(match.1), number, index + 1))
            }
            for match in line.matches(of: /\.(\w+): "(\w{5})"/) {
                states[String(match.1)] = String(match.2)
            }
        }
        entries = numbers.map {
            Entry(
                name: $0.name,
                number: $0.number,
                sqlState: states[$0.name] ?? "HY000",
                line: $0.line
            )
        }
    }
}

@Suite struct ErrorNumberTests {
    let tree = Repository.current
    let table = ErrorTable(Repository.current)

    /// Round numbers that are sizes and counts everywhere; nobody writes them as an error.
    private static let ordinaryNumbers: Set<Int> = [1000, 1050]

    @Test("the table of error numbers has no number twice")
    func numbersAreUnique() {
        #expect(!table.entries.isEmpty, "no case was found in \(ErrorTable.path)")
        let groups = Dictionary(grouping: table.entries, by: \.number).filter { $1.count > 1 }
        expectNone(
            groups.values.map {
                Finding(ErrorTable.path, $0[1].line, "\($0[1].number) stands twice")
            }
        )
    }

    @Test("error numbers and SQLSTATEs stand in BorealBase only")
    func numbersStandInOnePlace() {
        let numbers = Set(table.entries.map(\.number)).subtracting(Self.ordinaryNumbers)
        let states = Set(table.entries.map(\.sqlState)).union(["HY000", "00000"])
        var findings: [Finding] = []
        for source in tree.productFiles where !source.file.isBelow("Sources/BorealBase/") {
            for (number, offset) in source.integerLiterals where numbers.contains(number) {
                findings.append(
                    Finding(
                        source.file.path,
                        source.line(at: offset),
                        "\(number) is an error number: name the case of ServerErrorCode"
                    )
                )
            }
            for range in source.strings {
                let text = String(decoding: source.bytes[range], as: UTF8.self)
                let hasState = states.contains(text) || text.contains("HY000")
                let hasNumber = text.contains(/\b(ERROR|error) \d{4}\b|\b90[56]\d\b/)
                if hasState || hasNumber {
                    findings.append(
                        Finding(
                            source.file.path,
                            source.line(at: range.lowerBound),
                            "\"\(text.prefix(30))\" spells an error: take it from ServerErrorCode"
                        )
                    )
                }
            }
        }
        expectNone(findings)
    }
}

extension SwiftSource {
    /// Whole decimal numbers of four digits in code, written without `_` as error numbers are.
    fileprivate var integerLiterals: [(value: Int, offset: Int)] {
        var found: [(Int, Int)] = []
        var offset = 0
        while offset < bytes.count {
            guard kinds[offset] == .code, isDigit(bytes[offset]),
                offset == 0 || !(isWordByte(bytes[offset - 1]) || bytes[offset - 1] == 0x2E)
            else {
                offset += 1
                continue
            }
            var end = offset
            while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
            let isFraction =
                end + 1 < bytes.count && bytes[end] == 0x2E && isDigit(bytes[end + 1])
            if end - offset == 4, !isFraction,
                let value = Int(String(decoding: bytes[offset..<end], as: UTF8.self))
            {
                found.append((value, offset))
            }
            offset = end
        }
        return found
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
