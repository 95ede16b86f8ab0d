import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

/// Texts with their numbers taken out, and what has no such form.
@Suite struct NumberedTextTests {
    @Test("numbers that stand by themselves are taken out; names keep their digits")
    func keys() {
        let rows: [(String, String, [Int64])] = [
            ("SELECT c FROM t WHERE id = 5", "SELECT c FROM t WHERE id = ?", [5]),
            ("select c2 from t1 where id=007", "select c2 from t1 where id=?", [7]),
            (
                "SELECT `a 1` FROM d.t WHERE x = 1 AND y=23",
                "SELECT `a 1` FROM d.t WHERE x = ? AND y=?", [1, 23]
            ),
            ("SELECT 1", "SELECT ?", [1]),
            ("SELECT _1, $2 LIMIT 10,20", "SELECT _1, $2 LIMIT ?,?", [10, 20]),
            ("SELECT é9 FROM t", "SELECT é9 FROM t", []), ("", "", []),
            ("SELECT 999999999999999999", "SELECT ?", [999_999_999_999_999_999]),
        ]
        for (text, key, numbers) in rows {
            let found = NumberedText(Array(text.utf8))
            #expect(found?.key == Array(key.utf8), "\(text)")
            #expect(found?.values == numbers.map { .integer($0) }, "\(text)")
        }
    }

    @Test(
        "quotes, comments, variables, marks and other numbers have no form",
        arguments: [
            "SELECT 'a'", "SELECT \"a\"", "SELECT `a", "SELECT /* x */ 1", "SELECT 1 -- x",
            "SELECT 1 # x", "SELECT @a", "SELECT 1;", "SELECT ?", "SELECT 1.5", "SELECT .5",
            "SELECT 1e5", "SELECT 0x1F", "SELECT 1a", "SELECT 1234567890123456789", "SELECT t.5",
            "SELECT 5.", "SELECT -1",
        ]
    )
    func formless(_ text: String) {
        #expect(NumberedText(Array(text.utf8)) == nil)
    }

    @Test("a statement about a model keeps its hint and its quoted texts")
    func modelStatements() {
        let rows: [(String, String?, [Int64])] = [
            (
                "/*polar4ai*/SELECT a FROM PREDICT(MODEL m, SELECT * FROM t WHERE id = 7) "
                    + "WITH (x_cols='a1,b', output=\"proba\")",
                "/*polar4ai*/SELECT a FROM PREDICT(MODEL m, SELECT * FROM t WHERE id = ?) "
                    + "WITH (x_cols='a1,b', output=\"proba\")", [7]
            ),
            ("SELECT 'it''s 5', 6", "SELECT 'it''s 5', ?", [6]), ("SELECT 'a\\'b 5'", nil, []),
            ("SELECT 'open 5", nil, []), ("/*open", nil, []), ("/*/ SELECT 5", nil, []),
            ("SELECT 1 /* 2 */", nil, []), ("SELECT 1.5", nil, []),
        ]
        for (text, key, numbers) in rows {
            let found = NumberedText(Array(text.utf8), isModelStatement: true)
            #expect(found?.key == key.map { Array($0.utf8) }, "\(text)")
            #expect((found?.values ?? []) == numbers.map { .integer($0) }, "\(text)")
        }
    }

    @Test("queries without tables that are sure to be quick, and those that are not")
    func immediate() throws {
        let rows: [(String, Bool)] = [
            ("SELECT 1", true), ("SELECT 1 + 2 * 3 AS x, 'a'", true),
            ("SELECT DATABASE(), USER()", true),
            ("SELECT -1", true), ("SELECT @@version", true), ("SELECT SLEEP(1)", false),
            ("SELECT REPEAT('x', 9999)", false), ("SELECT 1 FROM t", false),
            ("SELECT (SELECT 1)", false), ("SELECT 1 WHERE 1", false), ("SELECT 1 LIMIT 1", false),
            ("SELECT 1 UNION SELECT 2", false), ("SELECT @a := 1", false),
            ("SELECT COUNT(*)", false),
            ("SELECT 1 INTO @a", false), ("SELECT *", false),
            ("SELECT " + Array(repeating: "1", count: 40).joined(separator: " + "), false),
        ]
        for (text, isImmediate) in rows {
            // What does not parse is not asked about.
            guard let query = try? StatementParser.parseQuery(text) else { continue }
            #expect(query.isImmediate == isImmediate, "\(text)")
        }
    }
}
