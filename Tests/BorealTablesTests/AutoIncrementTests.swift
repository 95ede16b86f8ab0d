import BorealBase
import Foundation
import Testing

@testable import BorealTables

/// MySQL's rules, each answer seen on a MariaDB server.
@Suite struct AutoIncrementTests {
    private func prepared() throws -> TableHarness {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v CHAR(5) UNIQUE)")
        return tables
    }

    @Test("values given move the counter; NULL and 0 ask for one; negative ones do not count")
    func given() throws {
        try prepared().check(
            """
            INSERT INTO t (v) VALUES ('a'), ('b')
            SELECT LAST_INSERT_ID() => 1
            INSERT INTO t VALUES (10, 'c')
            SELECT LAST_INSERT_ID() => 1
            INSERT INTO t VALUES (0, 'd'), (NULL, 'e'), (-5, 'f')
            SELECT LAST_INSERT_ID() => 11
            INSERT INTO t (v) VALUES ('g')
            SELECT id FROM t ORDER BY id => -5;1;2;10;11;12;14
            """
        )
    }

    @Test("a value made for a row that did not go in is used for the next row")
    func givenBack() throws {
        try prepared().check(
            """
            INSERT INTO t (v) VALUES ('a')
            INSERT IGNORE INTO t (v) VALUES ('a'), ('b')
            SELECT LAST_INSERT_ID() => 2
            INSERT INTO t (v) VALUES ('a') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)
            SELECT LAST_INSERT_ID() => 1
            INSERT INTO t (v) VALUES ('c')
            SELECT id FROM t ORDER BY id => 1;2;5
            """
        )
    }

    @Test("a counter is never taken back: not by a rollback, a DELETE or a restart")
    func neverBack() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("boreal-counter-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // The folder is in the temporary directory: what is left there is the system's to clean.
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("tables.db").path
        func session() throws -> TableSession { TableHarness.open(try TableStore(path: path), 1) }
        let tables = try TableHarness()
        let first = try session()
        for sql in [
            "CREATE DATABASE d", "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
            "INSERT INTO d.t (v) VALUES (1), (2), (3)", "START TRANSACTION",
            "INSERT INTO d.t (v) VALUES (4)", "ROLLBACK", "INSERT INTO d.t (v) VALUES (5)",
            "DELETE FROM d.t WHERE id > 1",
        ] { try tables.run(sql, in: first) }
        first.close()
        let second = try session()
        try tables.run("INSERT INTO d.t (v) VALUES (6)", in: second)
        let rows = try tables.run("SELECT id FROM d.t ORDER BY id", in: second)
        #expect(TableHarness.show(rows) == "1;6")
    }

    @Test("TRUNCATE begins anew, ALTER TABLE sets the counter behind the rows")
    func set() throws {
        try prepared().check(
            """
            INSERT INTO t (v) VALUES ('a')
            ALTER TABLE t AUTO_INCREMENT = 500
            INSERT INTO t (v) VALUES ('b')
            ALTER TABLE t AUTO_INCREMENT = 5
            INSERT INTO t (v) VALUES ('c')
            ALTER TABLE t ADD w INT FIRST
            INSERT INTO t (v) VALUES ('d')
            SELECT id FROM t ORDER BY id => 1;500;501;502
            UPDATE t SET id = 600 WHERE v = 'a'
            INSERT INTO t (v) VALUES ('e')
            SELECT max(id) FROM t => 601
            TRUNCATE TABLE t
            INSERT INTO t (v) VALUES ('x')
            SELECT id FROM t => 1
            """
        )
    }

    @Test("the largest value is the last")
    func exhausted() throws {
        try TableHarness().check(
            """
            CREATE TABLE s (id TINYINT AUTO_INCREMENT PRIMARY KEY, v INT)
            INSERT INTO s VALUES (126, 1)
            INSERT INTO s (v) VALUES (2)
            INSERT INTO s (v) VALUES (3) => !1062
            CREATE TABLE u (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v INT)
            INSERT INTO u VALUES (18446744073709551614, 1)
            INSERT INTO u (v) VALUES (2) => !1467
            """
        )
    }

    @Test("auto_increment_increment and auto_increment_offset choose the steps")
    func steps() throws {
        try prepared().check(
            """
            SET auto_increment_increment = 10, auto_increment_offset = 3
            INSERT INTO t (v) VALUES ('a'), ('b')
            INSERT INTO t (v) VALUES ('c')
            SELECT id FROM t ORDER BY id => 3;13;23
            SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'
            INSERT INTO t VALUES (0, 'z')
            SELECT id FROM t WHERE v = 'z' => 0
            """
        )
    }
}
