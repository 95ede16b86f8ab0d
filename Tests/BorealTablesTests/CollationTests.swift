import Testing

@testable import BorealTables

/// How texts compare: by the collation of a column, of COLLATE or of the connection.
@Suite struct CollationTests {
    @Test("0900_ai_ci takes neither case nor accents into account, but trailing spaces")
    func defaults() throws {
        try ExpressionTests.check([
            .init("'a' = 'A'", "1"), .init("'é' = 'E'", "1"), .init("'ø' = 'O'", "1"),
            .init("'Ł' = 'l'", "1"), .init("'ά' = 'Α'", "1"), .init("'ё' = 'Е'", "1"),
            .init("'ab' = 'ab '", "0"), .init("'a' = 'b'", "0"), .init("'é' LIKE 'E'", "1"),
            .init("'é' IN ('x', 'E')", "1"), .init("'e\u{301}' = 'e'", "1"),
            .init("'e\u{301}x' = 'ex'", "1"), .init("'_' < '-'", "1"), .init("'-' < '1'", "1"),
            .init("'9' < 'a'", "1"), .init("'é' < 'f'", "1"), .init("'z' < 'ж'", "1"),
            .init("'é' REGEXP '^e$'", "0"), .init("'É' REGEXP '^é$'", "1"),
            .init("LOCATE('E', 'éa')", "1"), .init("STRCMP('A ', 'a')", "1"),
        ])
    }

    @Test("COLLATE decides, _bin and general_ci do not count trailing spaces")
    func explicit() throws {
        try ExpressionTests.check([
            .init("'a' COLLATE utf8mb4_bin = 'A'", "0"),
            .init("'a' COLLATE utf8mb4_bin = 'a '", "1"),
            .init("'a' COLLATE utf8mb4_0900_bin = 'a '", "0"),
            .init("'a' COLLATE utf8mb4_general_ci = 'A  '", "1"),
            .init("'ø' COLLATE utf8mb4_general_ci = 'o'", "0"),
            .init("'é' COLLATE utf8mb4_0900_as_ci = 'e'", "0"),
            .init("'É' COLLATE utf8mb4_0900_as_ci = 'é'", "1"),
            .init("'a' COLLATE utf8mb4_unicode_ci = 'Á '", "1"),
            .init("'_' < 'a' COLLATE utf8mb4_general_ci", "0"),
            .init("'a\t' < 'a' COLLATE utf8mb4_bin", "1"),
            .init("'a' COLLATE utf8mb4_bin = 'a' COLLATE utf8mb4_general_ci", "!1267"),
            .init("COLLATION('a' COLLATE utf8mb4_general_ci)", "utf8mb4_general_ci"),
        ])
    }

    @Test("columns compare, group and are unique by their collation")
    func columns() throws {
        try StatementTests.check([
            .init(
                "CREATE TABLE c (g VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, "
                    + "b VARCHAR(9) COLLATE utf8mb4_bin, u VARCHAR(9) COLLATE utf8mb4_unicode_ci)",
                ""
            ),
            .init("INSERT INTO c VALUES ('ab ','ab ','ab '), ('É','É','É')", ""),
            .init("INSERT INTO c (g) VALUES ('AB')", "!1062"),
            .init("INSERT INTO c (g) VALUES ('e ')", "!1062"),
            .init("SELECT g = 'AB', b = 'ab', b = 'AB', u = 'AB' FROM c WHERE g < 'B'", "1,1,0,1"),
            .init("SELECT g FROM c WHERE g = 'e'", "É"),
            .init("SELECT g = b FROM c WHERE g = 'e'", "1"),
            .init("SELECT g = u FROM c", "!1267"),
            .init("SELECT g = u COLLATE utf8mb4_bin FROM c WHERE g = 'e'", "1"),
            .init("SELECT COUNT(DISTINCT g) FROM (SELECT g FROM c UNION ALL SELECT 'AB') x", "2"),
            .init("SELECT g FROM c UNION SELECT 'Ab'", "ab ;É"),
        ])
    }

    @Test("comparison is a total order, whatever the bytes")
    func totalOrder() {
        let texts = ["", "a", "A ", "ab", "é", "e\u{301}", "z", "_", "\u{1F600}", "ß", "\u{300}"]
        for a in texts {
            for b in texts {
                for rule in [TextFolding.Rule.unicode, .general, .accents] {
                    for pads in [false, true] {
                        let order = Self.compare(a, b, rule, pads)
                        #expect(order == -Self.compare(b, a, rule, pads), "\(a) \(b)")
                        for c in texts where order <= 0 && Self.compare(b, c, rule, pads) <= 0 {
                            #expect(Self.compare(a, c, rule, pads) <= 0, "\(a) \(b) \(c)")
                        }
                    }
                }
            }
        }
    }

    private static func compare(
        _ left: String,
        _ right: String,
        _ rule: TextFolding.Rule,
        _ pads: Bool
    ) -> Int {
        Array(left.utf8).withUnsafeBytes { a in
            Array(right.utf8).withUnsafeBytes { TextFolding.compare(a, $0, rule, pads: pads) }
        }
    }
}
