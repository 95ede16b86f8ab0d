import BorealBase
import Testing

@testable import BorealEngine

@Suite("LibSVM text")
struct SparseTextTests {
    private func read(_ text: String, features: [String] = []) throws -> RowBatch {
        var result: Result<RowBatch, DataFileError>?
        Array(text.utf8).withUnsafeBytes { raw in
            do throws(DataFileError) {
                result = .success(try SparseText.read(raw, features: features))
            } catch {
                result = .failure(error)
            }
        }
        return try #require(result).get()
    }

    private func cells(_ batch: RowBatch, _ name: String) throws -> [String] {
        let column = batch.columns[try #require(batch.index(of: name))]
        return (0..<batch.rowCount).map { NumberCell.text(column, $0) }
    }

    @Test("cells that a line does not name are 0, comments and single query ids are passed over")
    func dense() throws {
        let batch = try read("1 qid:3 0:2.5 3:-1\r\n0 1:7 # a comment 2:9\n\n1\n0\t3:4")
        #expect(batch.columns.map(\.name) == ["label", "f0", "f1", "f2", "f3"])
        #expect(try cells(batch, "label") == ["1", "0", "1", "0"])
        #expect(try cells(batch, "f0") == ["2.5", "0.0", "0.0", "0.0"])
        #expect(try cells(batch, "f1") == ["0", "7", "0", "0"])
        #expect(try cells(batch, "f3") == ["-1", "0", "0", "4"])
    }

    @Test("query ids that every line has are the last column")
    func queries() throws {
        let batch = try read("1 qid:3 0:2\n0 qid:3 0:1\n2 qid:7\n")
        #expect(batch.columns.map(\.name) == ["label", "f0", "group"])
        #expect(try cells(batch, "group") == ["3", "3", "7"])
        #expect(throws: DataFileError.badSparseLine(row: 1)) { try read("1 qid:3 qid:4\n") }
        #expect(throws: DataFileError.badSparseLine(row: 1)) { try read("1 qid:x\n") }
    }

    @Test("a table narrower than its model has the model's columns, all 0")
    func padding() throws {
        let batch = try read("1 0:2\n", features: ["f0", "f2", "other"])
        #expect(batch.columns.map(\.name) == ["label", "f0", "f1", "f2"])
        #expect(try cells(batch, "f2") == ["0"])
    }

    @Test("a long run of control characters is white space")
    func controls() throws {
        let run = String(repeating: "\u{1}", count: 1_000_000)
        let batch = try read("1\(run)0:2\(run)\n\(run)0 0:3")
        #expect(try cells(batch, "f0") == ["2", "3"])
    }

    @Test(
        "a line that is something else names its row",
        arguments: ["1 2", "1 a:2", "1 -1:2", "1 1:x", "x 1:2", "1 :2", "1 1:"]
    )
    func broken(_ line: String) {
        #expect(throws: DataFileError.badSparseLine(row: 2)) { try read("0 0:1\n\(line)\n") }
    }

    @Test("an index beyond every bound is refused, and columns of few cells take few bytes")
    func bounds() throws {
        #expect(throws: DataFileError.tooManyColumns) { try read("1 2000000000:1\n") }
        let wide = (0..<1_000).map { "1 \($0 * 100):1" }.joined(separator: "\n")
        let batch = try read(wide)
        #expect(batch.columns.count == 99_902)
        guard case .sparse(let numbers) = batch.columns[101].storage else {
            Issue.record("f100 is not sparse")
            return
        }
        #expect(numbers.rows == [1] && numbers.values == [1] && numbers.count == 1_000)
    }
}
