import BorealBase
import Foundation
import TestPrograms
import Testing

@testable import BorealTables

/// Records in the format of sqllogictest, on our tables and, where one is installed, on a MariaDB.
@Suite struct LogicTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = root.appendingPathComponent("Fixtures/sql/logic")

    /// Names of the files, in order.
    static var files: [String] {
        // No folder means no files, which the first test reports.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".test") }.sorted()
    }

    static func records(_ file: String) throws -> [LogicRecord] {
        let text = try String(
            contentsOf: folder.appendingPathComponent(file),
            encoding: .utf8
        )
        return try LogicRecord.parse(text)
    }

    @Test("there are at least 600 records")
    func count() throws {
        let total = try Self.files.map { try Self.records($0).count }.reduce(0, +)
        #expect(total >= 600)
    }

    @Test("every record holds on our tables", arguments: files)
    func ours(_ file: String) throws {
        let tables = try TableHarness()
        for record in try Self.records(file) {
            let answer = Self.answer(record, tables)
            #expect(answer == nil, "\(file):\(record.line): \(record.sql)")
        }
    }

    /// What is wrong with the answer to a record; nil when nothing is.
    static func answer(_ record: LogicRecord, _ tables: TableHarness) -> String? {
        let rows: [[String?]]
        do {
            rows = try tables.run(record.sql)
        } catch let error as TableError {
            let number = error.serverErrorCode.rawValue
            if case .error(let wanted) = record.expectation, wanted ?? number == number {
                return nil
            }
            return "error \(number): \(error.message)"
        } catch {
            return record.expectation == .error(nil) ? nil : "\(error)"
        }
        switch record.expectation {
        case .ok: return nil
        case .error: return "no error"
        case .values(let wanted):
            let shown = record.shown(rows)
            return shown == wanted ? nil : "\(shown) instead of \(wanted)"
        }
    }

    @Test("values are written as the format wants them, sorted and hashed")
    func format() throws {
        let text = """
            # a comment

            hash-threshold 3

            skipif mysql
            query I nosort
            SELECT nothing
            ----

            onlyif mysql
            query IRT rowsort label-1
            SELECT a, b,
            c FROM t
            ----
            1
            2.500
            (empty)

            statement error 1146
            SELECT 1 FROM nowhere
            """
        let records = try LogicRecord.parse(text)
        #expect(records.map(\.line) == [10, 19])
        #expect(records[0].sql == "SELECT a, b,\nc FROM t")
        #expect(records[0].shown([["1", "2.5", ""]]) == ["1", "2.500", "(empty)"])
        #expect(records[0].shown([["1.9", nil, "x"]]) == ["1", "NULL", "x"])
        #expect(
            records[0].shown([["2", "0", "b"], ["1", "0", "a"]])
                == ["6 values hashing to a7542859fb166e5a8d3a911c1ec2f28b"]
        )
        #expect(records[1].expectation == .error(1_146))
        #expect(throws: LogicFormatError.self) { try LogicRecord.parse("nonsense here") }
    }

    @Test("every record holds on a real MariaDB, where one is installed")
    func theirs() throws {
        let paths = Self.files.map { Self.folder.appendingPathComponent($0).path }
        let program = Self.root.appendingPathComponent("Tests/Clients/logic_records.py").path
        let run = try ProgramRun("/usr/bin/env", ["python3", program, "check"] + paths)
        // 77: PyMySQL or mariadbd is missing; 127: python3 is.
        if run.status == 77 || run.status == 127 {
            print("LogicTests: \(run.output)")
            return
        }
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
