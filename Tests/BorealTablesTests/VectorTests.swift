import BorealBase
import CKernels
import Foundation
import Testing

@testable import BorealTables

@Suite struct VectorTests {
    /// The answer to each expression, or its error's message.
    private func check(_ cases: [(String, String?)], _ tables: TableHarness) {
        for (expression, expected) in cases {
            var answer: String?
            do {
                answer = try tables.run("SELECT \(expression)")[0][0]
            } catch let error as TableError {
                answer = "\(error.serverErrorCode.rawValue) \(error.message)"
            } catch { answer = "\(error)" }
            #expect(answer == expected, "\(expression)")
        }
    }

    @Test("text becomes a vector and a vector text")
    func text() throws {
        let bad = "6138 Data cannot be converted to a valid vector: "
        check(
            [
                ("HEX(STRING_TO_VECTOR('[1,2]'))", "0000803F00000040"),
                ("HEX(TO_VECTOR(' [ +.5 , 1e1, -0 ] '))", "0000003F0000204100000080"),
                ("STRING_TO_VECTOR(NULL)", nil), ("VECTOR_TO_STRING(NULL)", nil),
                (
                    "VECTOR_TO_STRING(TO_VECTOR('[0.1, 99999.95, 0.000015, 123456]'))",
                    "[1.00000e-01,1.00000e+05,1.50000e-05,1.23456e+05]"
                ),
                ("FROM_VECTOR(X'0000C07F0000807F00000080')", "[nan,inf,-0.00000e+00]"),
                ("VECTOR_DIM(TO_VECTOR('[1,2,3]'))", "3"), ("VECTOR_DIM(X'00000000')", "1"),
                ("TO_VECTOR('[1,2')", bad + "'[1,2'"), ("TO_VECTOR('[]')", bad + "'[]'"),
                ("TO_VECTOR('[1,]')", bad + "'[1,]'"), ("TO_VECTOR('[1 2]')", bad + "'[1 2]'"),
                ("TO_VECTOR('[inf]')", bad + "'[inf]'"),
                ("TO_VECTOR('[1e-40]')", bad + "'[1e-40]'"),
                ("TO_VECTOR('[3.5e38]')", bad + "'[3.5e38]'"), ("TO_VECTOR('')", bad + "''"),
                ("TO_VECTOR(1)", "1210 Incorrect arguments to to_vector"),
                ("VECTOR_DIM('abcd')", "1210 Incorrect arguments to vector_dim"),
                ("VECTOR_TO_STRING('abcd')", "1210 Incorrect arguments to from_vector"),
                ("VECTOR_DIM(X'4100')", bad + "'A'"), ("VECTOR_DIM(X'')", bad + "''"),
                (
                    "TO_VECTOR(CONCAT('[', REPEAT('1,', 16383), '1]')) IS NULL",
                    "1690 [\(String(repeating: "1,", count: 31))1... value is out of range in "
                        + "'to_vector'"
                ),
                ("VECTOR_DIM(TO_VECTOR(CONCAT('[', REPEAT('1,', 16382), '1]')))", "16383"),
            ],
            try TableHarness()
        )
    }

    @Test("distances by each metric, and what is wrong with them")
    func distances() throws {
        let (a, b) = ("TO_VECTOR('[1,2,2]')", "TO_VECTOR('[2,-1,4]')")
        check(
            [
                ("DISTANCE(\(a), \(a), 'COSINE')", "0"), ("DISTANCE(\(a), \(a), 'l2')", "0"),
                ("DISTANCE(\(a), \(b), 'DOT')", "8"),
                ("ROUND(DISTANCE(\(a), \(b), 'EUCLIDEAN'), 9)", "3.741657387"),
                ("ROUND(VECTOR_DISTANCE(\(a), \(b), \"cosine\"), 9)", "0.418085626"),
                ("DISTANCE(\(a), TO_VECTOR('[-1,-2,-2]'), 'COSINE')", "2"),
                ("DISTANCE(\(a), TO_VECTOR('[0,0,0]'), 'COSINE')", nil),
                ("DISTANCE(NULL, \(a), 'DOT')", nil), ("DISTANCE(\(a), \(a), NULL)", nil),
                (
                    "DISTANCE(\(a), TO_VECTOR('[1]'), 'DOT')",
                    "1210 Incorrect arguments to distance: vectors of 3 and 1 numbers"
                ),
                (
                    "DISTANCE(\(a), \(b), 'MANHATTAN')",
                    "1210 Incorrect arguments to distance: metric 'MANHATTAN'; use 'COSINE', "
                        + "'EUCLIDEAN' ('L2') or 'DOT'"
                ),
                ("DISTANCE('[1,2,2]', \(b), 'DOT')", "1210 Incorrect arguments to distance"),
                ("DISTANCE(\(a), \(b), 1)", "1210 Incorrect arguments to distance"),
                (
                    "DISTANCE(\(a), \(b))",
                    "1582 Incorrect parameter count in the call to native function 'DISTANCE'"
                ),
            ],
            try TableHarness()
        )
    }

    @Test("sums are made in 16 lanes, wherever the numbers lie")
    func lanes() {
        var random = SystemRandomNumberGenerator()
        for width in [1, 7, 15, 16, 17, 31, 64, 100] {
            let numbers = (0..<width * 2).map { _ in Float.random(in: -3...3, using: &random) }
            let (left, right) = (Array(numbers[..<width]), Array(numbers[width...]))
            func sum(_ term: (Double, Double) -> Double) -> Double {
                var lanes = [Double](repeating: 0, count: 16)
                for index in 0..<width {
                    lanes[index % 16] += term(Double(left[index]), Double(right[index]))
                }
                for half in [8, 4, 2, 1] {
                    for lane in 0..<half { lanes[lane] += lanes[lane + half] }
                }
                return lanes[0]
            }
            let root = (sum { a, _ in a * a } * sum { _, b in b * b }).squareRoot()
            let expected = [
                1 - sum { a, b in a * b } / root, sum { ($0 - $1) * ($0 - $1) }.squareRoot(),
                sum { a, b in a * b },
            ]
            // One byte further on, so that nothing is aligned.
            var bytes: [UInt8] = [0]
            numbers.withUnsafeBytes { bytes += $0 }
            bytes.withUnsafeBytes { memory in
                let start = memory.baseAddress.map { $0 + 1 }
                for metric in 0..<3 {
                    let other = start.map { $0 + width * 4 }
                    let one = boreal_vector_distance(start, other, Int32(width), Int32(metric))
                    #expect(one == expected[metric], "\(width) \(metric)")
                    var all = [Double](repeating: -1, count: 2)
                    boreal_vector_distances(start, 2, Int32(width), start, Int32(metric), &all)
                    #expect(all[1] == one, "\(width) \(metric)")
                }
            }
        }
    }

    @Test("a column takes vectors up to its size and nothing else")
    func column() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3), w VECTOR NOT NULL)")
        let shown = try tables.run("SHOW CREATE TABLE t")[0][1]
        #expect(shown?.contains("`v` vector(3) DEFAULT NULL") == true)
        #expect(shown?.contains("`w` vector(2048) NOT NULL,") == true)
        try tables.run("INSERT INTO t VALUES (1, TO_VECTOR('[1,2,3]'), X'0000803F')")
        try tables.run("INSERT INTO t VALUES (2, NULL, TO_VECTOR('[5]'))")
        try tables.run("INSERT INTO t VALUES (3, TO_VECTOR('[7]'), TO_VECTOR('[5]'))")
        try tables.run("UPDATE t SET v = TO_VECTOR('[8,9]') WHERE id = 3")
        let rows = try tables.run(
            "SELECT id, VECTOR_TO_STRING(v), VECTOR_DIM(w) FROM t ORDER BY id"
        )
        #expect(
            rows == [
                ["1", "[1.00000e+00,2.00000e+00,3.00000e+00]", "1"], ["2", nil, "1"],
                ["3", "[8.00000e+00,9.00000e+00]", "1"],
            ]
        )
        let bad: [(String, String)] = [
            ("TO_VECTOR('[1,2,3,4]')", "1406 Data too long for column 'v' at row 1"),
            ("X'0000C07F'", "6138 Data cannot be converted to a valid vector: ''"),
            ("X'41'", "6138 Data cannot be converted to a valid vector: 'A'"),
            ("'[1,2,30]'", "6138 Data cannot be converted to a valid vector: '[1,2,30]'"),
            ("17", "6138 Data cannot be converted to a valid vector: '17'"),
        ]
        for mode in ["", "STRICT_TRANS_TABLES"] {
            try tables.run("SET sql_mode = '\(mode)'")
            for (value, message) in bad {
                let error = #expect(throws: TableError.self) {
                    try tables.run("UPDATE t SET v = \(value) WHERE id = 1")
                }
                #expect(error.map { "\($0.serverErrorCode.rawValue) \($0.message)" } == message)
            }
        }
    }

    @Test("definitions that no vector column can have")
    func refusedDefinitions() throws {
        let tables = try TableHarness()
        let cases: [(String, UInt16)] = [
            ("v VECTOR(16384)", 6_137), ("v VECTOR(0)", 1_063), ("v VECTOR(3, 1)", 1_063),
            ("v VECTOR(3) DEFAULT 'x'", 1_101), ("v VECTOR(3) PRIMARY KEY", 1_235),
            ("v VECTOR(3) UNIQUE", 1_235), ("v VECTOR(3), KEY (v)", 1_235),
            ("v VECTOR(3), KEY (v(2))", 1_235), ("v VECTOR(3), FULLTEXT (v)", 1_283),
        ]
        for (definition, number) in cases {
            let error = #expect(throws: TableError.self, "\(definition)") {
                try tables.run("CREATE TABLE x (\(definition))")
            }
            #expect(error?.serverErrorCode.rawValue == number, "\(definition)")
        }
        let error = #expect(throws: TableError.self) {
            try tables.run("CREATE TABLE x (v VECTOR(16384))")
        }
        #expect(
            error?.message
                == "Data size (65536 Bytes, 16384 dimensions) exceeds VECTOR max (65532 Bytes, "
                + "16383 dimensions) for column: 'v'"
        )
    }

    @Test("a vector column lives through LIKE, AS, ALTER and information_schema")
    func copies() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3))")
        try tables.run("INSERT INTO t VALUES (1, TO_VECTOR('[1,2,3]'))")
        try tables.run("CREATE TABLE l LIKE t")
        try tables.run("CREATE TABLE c AS SELECT id, v FROM t")
        try tables.run("ALTER TABLE t ADD COLUMN n INT, MODIFY v VECTOR(4)")
        try tables.run("UPDATE t SET v = TO_VECTOR('[1,2,3,4]')")
        let sql =
            "SELECT TABLE_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH "
            + "FROM information_schema.COLUMNS WHERE COLUMN_NAME = 'v' ORDER BY TABLE_NAME"
        #expect(
            try tables.run(sql) == [
                ["c", "vector", "vector(3)", "12"], ["l", "vector", "vector(3)", "12"],
                ["t", "vector", "vector(4)", "16"],
            ]
        )
        #expect(throws: TableError.dataTooLong(column: "v", row: 1)) {
            try tables.run("ALTER TABLE t MODIFY v VECTOR(3)")
        }
        try tables.run("ALTER TABLE t MODIFY v VARBINARY(16)")
        #expect(try tables.run("SELECT HEX(v) FROM t")[0][0]?.count == 32)
        try tables.run("ALTER TABLE t MODIFY v VECTOR(4)")
        #expect(try tables.run("SELECT VECTOR_DIM(v) FROM t") == [["4"]])
    }
}
