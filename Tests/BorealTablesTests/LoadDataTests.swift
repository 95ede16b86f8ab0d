import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

@Suite struct LoadDataTests {
    private func load(
        _ tables: TableHarness,
        _ options: String,
        _ chunks: [String]
    ) throws -> StatementSummary {
        let text = "LOAD DATA LOCAL INFILE 'f' \(options)"
        guard case .ordinary(.loadData(let node)) = try StatementParser.parse(text).kind else {
            throw TableError.notSupported("not LOAD DATA")
        }
        let run = try tables.session.prepareLoad(
            node,
            text: Array(text.utf8),
            cancellation: CancellationFlag()
        )
        #expect(try run.start() == nil)
        for chunk in chunks { try run.feed(Array(chunk.utf8)) }
        return try run.finish()
    }

    private func made() throws -> TableHarness {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(10), n INT)")
        return tables
    }

    @Test(
        "a file is taken apart as its options say",
        arguments: [
            ("INTO TABLE t", "1\ta\t5\n2\tb\\tc\t\\N\n", "1,a,5;2,b\tc,NULL"),
            (
                "INTO TABLE t FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'",
                "1,\"a,\"\"b\",3\n2,x,4", "1,a,\"b,3;2,x,4"
            ),
            (
                "INTO TABLE t FIELDS TERMINATED BY ',' LINES TERMINATED BY '\r\n' IGNORE 1 LINES",
                "id,s,n\r\n1,a,2\r\n", "1,a,2"
            ),
            (
                "INTO TABLE t FIELDS TERMINATED BY '||' LINES STARTING BY '>' TERMINATED BY ';'",
                "junk>1||a||2;x>2||b||3;", "1,a,2;2,b,3"
            ),
            (
                "INTO TABLE t (id, @x) SET n = @x * 2, s = CONCAT('v', id)", "1\t4\n2\t5\n",
                "1,v1,8;2,v2,10"
            ),
            (
                "INTO TABLE t FIELDS TERMINATED BY ',' ENCLOSED BY '\"'", "\"1\",NULL,\"NULL\"\n",
                "1,NULL,0"
            ),
            ("INTO TABLE t FIELDS ESCAPED BY ''", "1\ta\\n\t2\n", "1,a\\n,2"),
        ]
    )
    func formats(options: String, file: String, expected: String) throws {
        for size in [1, 3, 1_000] {
            let tables = try made()
            let characters = Array(file.unicodeScalars)
            let chunks = stride(from: 0, to: characters.count, by: size).map { start in
                String(
                    String.UnicodeScalarView(
                        characters[start..<min(start + size, characters.count)]
                    )
                )
            }
            _ = try load(tables, options, chunks)
            #expect(TableHarness.show(try tables.run("SELECT * FROM t ORDER BY id")) == expected)
        }
    }

    @Test("bad values are warnings, duplicates are skipped or replaced, and the text counts them")
    func counts() throws {
        let tables = try made()
        try tables.run("INSERT INTO t VALUES (1, 'old', 0)")
        let summary = try load(tables, "INTO TABLE t", ["1\tnew\t1\n2\ttoo long by far\tx\n3\tc\n"])
        #expect(summary.info == "Records: 3  Deleted: 0  Skipped: 1  Warnings: 4")
        #expect(
            TableHarness.show(try tables.run("SELECT * FROM t"))
                == "1,old,0;2,too long b,0;3,c,NULL"
        )
        let replaced = try load(tables, "REPLACE INTO TABLE t", ["1\tnew\t1\n"])
        #expect(replaced.info == "Records: 1  Deleted: 1  Skipped: 0  Warnings: 0")
        #expect(replaced.affectedRows == 2)
    }

    @Test("a transfer that breaks leaves nothing")
    func broken() throws {
        let tables = try made()
        let text = "LOAD DATA LOCAL INFILE 'f' INTO TABLE t"
        guard case .ordinary(.loadData(let node)) = try StatementParser.parse(text).kind else {
            return
        }
        let run = try tables.session.prepareLoad(
            node,
            text: Array(text.utf8),
            cancellation: CancellationFlag()
        )
        _ = try run.start()
        try run.feed(Array("1\ta\t1\n2\tb\t2\n".utf8))
        run.cancel()
        #expect(TableHarness.show(try tables.run("SELECT COUNT(*) FROM t")) == "0")
    }

    @Test("a file of the server's is refused with 1290")
    func serverFile() throws {
        let tables = try made()
        #expect(tables.outcome("LOAD DATA INFILE '/etc/passwd' INTO TABLE t") == "!1290")
        #expect(tables.outcome("SELECT 1 INTO OUTFILE '/tmp/x'") == "!1290")
    }
}
