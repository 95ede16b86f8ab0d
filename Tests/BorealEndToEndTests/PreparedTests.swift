import Foundation
import Testing

/// PREPARE and EXECUTE in SQL against the running server.
@Suite("Prepared statements")
struct PreparedTests {
    /// Statements with the first cell of their answer, or the number of their error.
    private static let session: [(String, String)] = [
        ("PREPARE s FROM 'SELECT ? + ?'", ""), ("SET @a = 2, @b = 0.5", ""),
        ("EXECUTE s USING @a, @b", "2.5"), ("EXECUTE s USING @a, @never", "NULL"),
        ("EXECUTE s USING @a", "1210"), ("EXECUTE s", "1210"), ("EXECUTE t", "1243"),
        ("SET @t = 'SELECT a FROM p ORDER BY a DESC LIMIT ?'", ""), ("PREPARE t FROM @t", "1146"),
        ("CREATE TABLE p (a INT)", ""), ("PREPARE i FROM 'INSERT INTO p VALUES (?), (?)'", ""),
        ("EXECUTE i USING @a, @b", ""), ("PREPARE T FROM @t", ""), ("EXECUTE t USING @a", "2"),
        ("CREATE DATABASE other", ""), ("USE other", ""), ("EXECUTE t USING @a", "2"),
        ("SELECT DATABASE()", "other"), ("PREPARE t FROM 'SELEC'", "1064"),
        ("EXECUTE t USING @a", "1243"), ("PREPARE t FROM 'SELECT 1; SELECT 2'", "1064"),
        ("PREPARE t FROM 'USE other'", "1295"), ("PREPARE t FROM 'EXECUTE s'", "1295"),
        ("PREPARE t FROM @never", "1064"), ("EXECUTE IMMEDIATE 'SELECT ? * 3' USING @a", "6"),
        ("SELECT ?", "1064"), ("PREPARE t FROM 'SHOW TABLES FROM main WHERE 1 = ?'", ""),
        ("SET @one = 1", ""), ("EXECUTE t USING @one", "p"),
        ("PREPARE m FROM '/*polar4ai*/SHOW MODEL gone'", ""), ("EXECUTE m", "9053"),
        ("PREPARE m FROM 'SHOW TASK ?'", ""), ("SET @id = 'no such task'", ""),
        ("EXECUTE m USING @id", "9058"), ("DEALLOCATE PREPARE s", ""), ("EXECUTE s", "1243"),
        ("DROP PREPARE s", "1243"), ("SET GLOBAL max_prepared_stmt_count = 3", ""),
        ("PREPARE x FROM 'DO 1'", "1461"), ("DROP PREPARE m", ""), ("PREPARE x FROM 'DO 1'", ""),
    ]

    @Test("a session with prepared statements goes as MySQL's would")
    func session() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        for statement in ["CREATE DATABASE main", "USE main"] { try client.query(statement) }
        for (statement, expected) in Self.session {
            let found: String
            do {
                let answer = try client.query(statement)
                found =
                    answer.isResultSet ? answer.rows.first?.first.map { $0 ?? "NULL" } ?? "" : ""
            } catch let failure as RawClient.ServerFailure {
                found = "\(failure.number)"
            }
            #expect(found == expected, "\(statement)")
        }
    }
}
