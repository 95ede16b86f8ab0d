import BorealSQL
import Foundation
import Testing

/// One record of `Fixtures/sql/dialect.sql`.
struct DialectRecord: CustomTestStringConvertible, Sendable {
    var statement: String
    var outcome: String

    var testDescription: String { statement }

    static let all: [DialectRecord] = {
        guard let text = try? FixtureFiles.text("sql/dialect.sql") else { return [] }
        return read(text)
    }()

    static func read(_ text: String) -> [DialectRecord] {
        text.components(separatedBy: "\n\n").compactMap { block in
            var lines = block.split(separator: "\n", omittingEmptySubsequences: false)
            while lines.last?.isEmpty == true { lines.removeLast() }
            guard !lines.isEmpty else { return nil }
            var outcome = ""
            if let last = lines.last, last.hasPrefix("=> ") || last.hasPrefix("!> ") {
                outcome = String(last)
                lines.removeLast()
            }
            return DialectRecord(statement: lines.joined(separator: "\n"), outcome: outcome)
        }
    }

    /// What parsing gives, in the file's notation.
    var found: String {
        do throws(SyntaxError) {
            let parsed = try StatementParser.parse(statement)
            switch parsed.kind {
            case .model(let model): return "=> " + oneLine(model.description)
            case .ambiguous(let model, _): return "=> ambiguous " + oneLine(model.description)
            case .ordinary: return "=> ordinary"
            }
        } catch {
            if error == .emptyStatement { return "!> empty" }
            let near = error.near(in: Array(statement.utf8))
            return "!> near '\(oneLine(near.rest))' at line \(near.line)"
        }
    }

    private func oneLine(_ text: String) -> String {
        text.replacingOccurrences(of: "\n", with: "\\n")
    }
}

@Suite struct DialectTests {
    @Test("the file holds the dialect's examples and odd spellings")
    func fileIsThere() throws {
        #expect(DialectRecord.all.count >= 120)
        guard ProcessInfo.processInfo.environment["BOREAL_GOLDEN"] != nil else { return }
        let text = DialectRecord.all.map { "\($0.statement)\n\($0.found)\n" }
        try text.joined(separator: "\n").write(
            to: FixtureFiles.url("sql/dialect.sql"),
            atomically: true,
            encoding: .utf8
        )
    }

    @Test("each statement gives the print or the error of the file", arguments: DialectRecord.all)
    func outcome(record: DialectRecord) {
        #expect(record.found == record.outcome)
    }

    @Test("parsing the print gives the same tree and the same print", arguments: DialectRecord.all)
    func roundTrip(record: DialectRecord) throws {
        guard record.outcome.hasPrefix("=>"), record.outcome != "=> ordinary" else { return }
        let first = try #require(model(of: StatementParser.parse(record.statement)))
        let second = try #require(model(of: StatementParser.parse("/*polar4ai*/\(first)")))
        #expect(first == second)
        #expect(first.description == second.description)
    }

    private func model(of parsed: ParsedStatement) -> ModelStatement? {
        switch parsed.kind {
        case .model(let model), .ambiguous(let model, _): model
        case .ordinary: nil
        }
    }

    @Test(
        "INTO names a table alone, in a database, or at a source",
        arguments: ["t", "d.t", "s.d.t", "`a b`.`c.d`"]
    )
    func target(_ names: String) throws {
        let text = "SELECT a FROM PREDICT(MODEL m, SELECT 1) WITH (x_cols = 'a') INTO " + names
        guard case .model(.predict(let node)) = try StatementParser.parse(text).kind else {
            Issue.record("no PREDICT: \(text)")
            return
        }
        let written = node.into.map { name in
            name.name.contains { " .".contains($0) } ? "`\(name.name)`" : name.name
        }
        #expect(written.joined(separator: ".") == names)
        #expect(throws: SyntaxError.self) { try StatementParser.parse(text + ".x.y.z") }
    }

    @Test("with require_hint a text without the hint is ordinary SQL")
    func requiredHint() throws {
        let strict = ParserOptions(requiresHint: true)
        #expect(throws: SyntaxError.self) {
            try StatementParser.parse("SHOW MODELS", options: strict)
        }
        #expect(throws: SyntaxError.self) {
            try StatementParser.parse(
                "SELECT * FROM PREDICT(MODEL m, SELECT 1) WITH ()",
                options: strict
            )
        }
        let hinted = try StatementParser.parse("/*polar4ai*/SHOW MODELS", options: strict)
        #expect(hinted.kind == .model(.showModels(ShowModels())))
        let table = try StatementParser.parse("DESCRIBE MODEL m", options: strict)
        guard case .ordinary(.describe(let describe)) = table.kind else {
            Issue.record("not a table")
            return
        }
        #expect(describe.table.name.name == "MODEL")
        #expect(describe.column == "m")
    }

    @Test("the hint is told and counts only in front of the statement")
    func hintFlag() throws {
        #expect(try StatementParser.parse("/*polar4ai*/SHOW TABLES").isHinted)
        #expect(try StatementParser.parse("/* a */ /*PolarForAI*/ SELECT 1").isHinted)
        #expect(try !StatementParser.parse("SELECT /*polar4ai*/ 1").isHinted)
        #expect(try !StatementParser.parse("SELECT '/*polar4ai*/'").isHinted)
    }

    @Test("placeholders are counted in the order of the text, the inner query's among them")
    func placeholders() throws {
        let text =
            "SELECT ? FROM PREDICT(MODEL m, SELECT * FROM t WHERE a=? AND b='?') WITH (x_cols=?)"
        let parsed = try StatementParser.parse(text)
        #expect(parsed.placeholderCount == 3)
        guard case .model(.predict(let predict)) = parsed.kind else {
            Issue.record("no prediction")
            return
        }
        #expect(predict.query.placeholders == 1..<2)
        #expect(predict.options["x_cols"]?.value.kind == .placeholder(2))
    }

    @Test("the inner query's span and option spans cover the bytes they name")
    func spans() throws {
        let text =
            "/*polar4ai*/ SELECT y FROM PREDICT(MODEL m,  SELECT a, 'é)' FROM t ) WITH (mode = 'x')"
        guard case .model(.predict(let predict)) = try StatementParser.parse(text).kind else {
            Issue.record("no prediction")
            return
        }
        let bytes = Array(text.utf8)
        func cut(_ span: SourceSpan) -> String {
            String(decoding: bytes[span.range], as: UTF8.self)
        }
        #expect(cut(predict.query.span) == "SELECT a, 'é)' FROM t")
        #expect(predict.query.text == "SELECT a, 'é)' FROM t")
        #expect(cut(predict.options.span) == "(mode = 'x')")
        let option = try #require(predict.options["mode"])
        #expect(cut(option.span) == "mode = 'x'")
        #expect(cut(option.value.span) == "'x'")
    }

    @Test("a thousand options pass, one more is an error of its own")
    func optionBound() throws {
        func text(_ count: Int) -> String {
            let options = (0..<count).map { "o\($0)=1" }.joined(separator: ",")
            return "DEPLOY MODEL m WITH (\(options))"
        }
        _ = try StatementParser.parse(text(1_000))
        do throws(SyntaxError) {
            _ = try StatementParser.parse(text(1_001))
            Issue.record("1,001 options were taken")
        } catch {
            guard case .tooManyOptions = error else {
                Issue.record("wrong error: \(error)")
                return
            }
        }
    }
}
