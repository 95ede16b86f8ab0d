import BorealBase
import BorealSQL
import Testing

@testable import BorealEngine

@Suite struct IndexPartsTests {
    @Test("the query of an answer has no fence and no blanks around it")
    func bare() {
        let cases = [
            ("SELECT 1", "SELECT 1"), (" \n SELECT 1;\n", "SELECT 1;"), ("", ""), ("```", ""),
            ("```sql\nSELECT a\nFROM t\n```\nDone.", "SELECT a\nFROM t"),
            ("Here it is:\n```\nSELECT 1\n```", "SELECT 1"), ("```sql\nSELECT 1", "SELECT 1"),
        ]
        for (answer, query) in cases { #expect(TextToSQL.bare(answer) == query, "\(answer)") }
    }

    @Test("an embedding becomes the bytes of a vector, anything else nothing")
    func vectors() {
        #expect(EmbeddedVector.bytes("[1, -2.5]") == [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0])
        for text in [nil, "", "[]", "{}", "[1, \"a\"]", "[1e300]", "[null]", "[1"] {
            #expect(EmbeddedVector.bytes(text) == nil, "\(text ?? "nil")")
        }
    }

    @Test("a row tells of its table what can be read")
    func rows() {
        let row = IndexRow(
            table: "t",
            comment: "things",
            definition: "CREATE TABLE `t`",
            columns: [("id", "int", ""), ("v", "vector(3)", "where"), ("n", "varchar(9)", "name")],
            samples: [
                ["1", "??", "x"], ["2", "??", nil], ["3", "??", String(repeating: "y", count: 99)],
            ]
        )
        let values = Dictionary(uniqueKeysWithValues: row.values.map { ($0.name, $0.value) })
        #expect(values["column_names"] == "id, v, n")
        #expect(values["column_comments"] == "v: where; n: name")
        #expect(
            values["sample_values"] == "id: 1, 2, 3; n: x, " + String(repeating: "y", count: 40)
        )
        #expect(row.text.hasPrefix("t\nthings\nCREATE TABLE `t`\nid, v, n"))
        let long = IndexRow(pattern: [("pattern_sql", String(repeating: "z", count: 9_000))])
        #expect(long.text.count == IndexRow.textMax)
    }

    private func request(_ options: String, into: String? = "i") throws -> IndexRequest? {
        let tail = into.map { " INTO \($0)" } ?? ""
        let parsed = try StatementParser.parse(
            "/*polar4ai*/SELECT * FROM PREDICT(MODEL _polar4ai_TEXT2VEC, SELECT '') "
                + "WITH (\(options))\(tail)"
        )
        guard case .model(.predict(let node)) = parsed.kind else { return nil }
        return try IndexRequest(node)
    }

    @Test("the options of an index")
    func options() throws {
        let schema = try request("mode='async', resource='SCHEMA'")
        #expect(schema?.resource == .schema && schema?.table == "i")
        let pattern = try request("mode='async', resource='pattern', pattern_table_name='p'")
        #expect(pattern?.resource == .pattern(table: "p"))
        #expect(try request("mode='async'") == nil)
        for bad in [
            "resource='schema'", "mode='async', resource='x'", "mode='async', resource='pattern'",
            "mode='async', resource='schema', pattern_table_name='p'",
            "mode='sync', resource='schema'", "mode='async', resource='schema', top='1'",
        ] {
            #expect(throws: ServerError.self, "\(bad)") { try request(bad) }
        }
        #expect(throws: ServerError.self) {
            try request("mode='async', resource='schema'", into: nil)
        }
    }
}
