import BorealSQL
import Foundation
import Testing

@testable import BorealTables

/// A dump of a real MariaDB server, loaded statement by statement as a client sends it.
@Suite struct DumpTests {
    private static func loaded() throws -> TableHarness {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Fixtures/sql/mariadb_dump.sql")
        let tables = try TableHarness()
        // A statement of a dump ends with a semicolon at a line's end.
        var statement = ""
        for line in try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n") {
            if statement.isEmpty, line.hasPrefix("--") || line.isEmpty { continue }
            statement += line + "\n"
            guard line.hasSuffix(";") else { continue }
            let sql = String(statement.dropLast(2))
            statement = ""
            do { try tables.run(sql) } catch StatementError.empty {
                continue
            } catch {
                Issue.record("\(error): \(sql.prefix(200))")
            }
        }
        return tables
    }

    private enum StatementError: Error { case empty }

    @Test("every statement runs, and the rows are what MariaDB holds")
    func rows() throws {
        let tables = try Self.loaded()
        tables.check(
            """
            SELECT count(*) FROM kinds => 3
            SELECT ti, tu, bu, z, b1 FROM kinds WHERE id = 1 => \
            -128,255,18446744073709551615,000042,0
            SELECT de, d2 FROM kinds WHERE id = 2 => -0.000000000000000000000000000001,0.01
            SELECT da, dt, tm, yr FROM kinds WHERE id = 1 => \
            2024-02-29,2024-02-29 12:34:56.789012,-838:59:59.000,2155
            SELECT da, dt FROM kinds WHERE id = 2 => 0000-00-00,0000-00-00 00:00:00.000000
            SELECT HEX(vb), HEX(bn), HEX(bl) FROM kinds WHERE id = 1 => \
            000A27225C,00FF0D0A,000102FF27225C
            SELECT ch, tx, en, se FROM kinds WHERE id = 3 => é😀,😀,b,y
            SELECT en, se, ci FROM kinds WHERE id = 1 => it's,x,z,Abc
            SELECT * FROM gen => 1,2,x1,3;2,3,x2,3;NULL,NULL,NULL,3
            SELECT `select`, `a b`, `é` FROM `odd ``name` => 1,2,3
            SELECT * FROM a_self ORDER BY id => 5,6;6,NULL
            SELECT text FROM v_simple WHERE id = 3 => emoji 😀 漢字
            SELECT name, n FROM a_join ORDER BY name => one,1;two,1
            """
        )
    }

    @Test("the constraints of the dump hold afterwards")
    func constraints() throws {
        try Self.loaded().check(
            """
            INSERT INTO child VALUES (9, 99, NULL) => !1452
            INSERT INTO child VALUES (9, NULL, 'nobody') => !1452
            DELETE FROM parent WHERE name = 'one' => !1451
            INSERT INTO gen (a) VALUES (-1) => !3819
            INSERT INTO kinds (ti, ch) VALUES (127, '') => !1062
            INSERT INTO kinds (js) VALUES ('{') => !3819
            SELECT max(id) FROM kinds => 3
            INSERT INTO kinds (ti) VALUES (5)
            SELECT max(id) FROM kinds => 102
            """
        )
    }

    @Test("what SHOW CREATE TABLE prints makes the same table again")
    func definitions() throws {
        let tables = try Self.loaded()
        try tables.run("SET foreign_key_checks = 0")
        for name in ["kinds", "parent", "child", "a_self", "gen", "odd `name", "empty_one"] {
            let show = "SHOW CREATE TABLE " + name.backQuoted
            let text = try #require(try tables.run(show)[0][1])
            try tables.run("DROP TABLE " + name.backQuoted)
            try tables.run(text)
            #expect(try tables.run(show)[0][1] == text)
        }
    }
}
