import BorealBase
import BorealSQL
import Foundation
import TestPrograms
import Testing

@testable import BorealTables

/// A column of expressions and what a client sees; see Fixtures/sql/README.md for the form.
struct FunctionFile {
    /// One expression, or a SET statement without an answer.
    struct Line {
        let number: Int
        let text: String
        let expected: String?
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    let path: String
    let lines: [Line]

    init(_ name: String) throws {
        let url = Self.root.appendingPathComponent("Fixtures/sql/\(name)")
        path = url.path
        let text = try String(contentsOf: url, encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.element.isEmpty && !$0.element.hasPrefix("#") }
            .map { index, line in
                let parts = line.split(
                    separator: "\t",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                let expected = parts.count > 1 ? String(parts[1]) : nil
                return Line(number: index + 1, text: String(parts[0]), expected: expected)
            }
    }

    /// The answer of our tables to an expression, in the form of the file.
    static func answer(_ expression: String, _ tables: TableHarness) -> String {
        do {
            let rows = try tables.run("SELECT \(expression)")
            return rows.map { row in row.map { shown($0) }.joined(separator: ",") }
                .joined(separator: ";")
        } catch let error as TableError {
            return "!\(error.serverErrorCode.rawValue)"
        } catch is SyntaxError {
            return "!\(ServerErrorCode.syntax.rawValue)"
        } catch {
            return "!\(error)"
        }
    }

    private static func shown(_ value: String?) -> String {
        guard let value else { return "\\N" }
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\0": text += "\\0"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

@Suite struct FunctionFileTests {
    @Test(
        "every expression answers what its file says",
        arguments: ["functions.tsv", "functions-mysql.tsv"]
    )
    func ours(_ name: String) throws {
        let tables = try TableHarness()
        _ = try tables.run("SET time_zone = '+00:00'")
        for line in try FunctionFile(name).lines {
            guard let expected = line.expected else {
                _ = try tables.run(line.text)
                continue
            }
            let answer = FunctionFile.answer(line.text, tables)
            #expect(answer == expected, "\(name):\(line.number): \(line.text)")
        }
    }

    @Test("the files name every function at least once")
    func everyFunctionIsTried() throws {
        let text = try ["functions.tsv", "functions-mysql.tsv"]
            .flatMap { try FunctionFile($0).lines.map { $0.text.uppercased() } }
            .joined(separator: "\n")
        let missing = FunctionTable.names.filter { name in
            !text.contains("\(name)(") && !Self.triedElsewhere.contains(name)
        }
        #expect(missing.sorted() == [])
    }

    /// Functions that need a table or a window around them.
    private static let triedElsewhere: Set<String> = [
        "ANY_VALUE", "CUME_DIST", "DENSE_RANK", "FIRST_VALUE", "LAG", "LAST_VALUE", "LEAD",
        "NTH_VALUE", "NTILE", "PERCENT_RANK", "RANK", "ROW_NUMBER", "VALUES",
    ]

    @Test("a real MariaDB answers what the file says, where one is installed")
    func theirs() throws {
        let program = FunctionFile.root.appendingPathComponent("Tests/Clients/record_functions.py")
        let words = ["python3", program.path, "check", try FunctionFile("functions.tsv").path]
        let run = try ProgramRun("/usr/bin/env", words)
        // 77: PyMySQL or mariadbd is missing; 127: python3 is.
        if run.status == 77 || run.status == 127 {
            print("FunctionFileTests: \(run.output)")
            return
        }
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("the page on the dialect lists every function, and no other")
    func documentation() throws {
        let url = FunctionFile.root.appendingPathComponent("docs/sql-dialect.md")
        let page = try String(contentsOf: url, encoding: .utf8)
        let table = page.split(separator: "\n").filter { $0.hasPrefix("| *") }
        let listed = table.flatMap { row in
            row.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
                .map { String($0.element) }
        }
        #expect(Set(listed) == FunctionTable.names)
        #expect(listed.count == Set(listed).count, "a name stands twice")
    }
}
