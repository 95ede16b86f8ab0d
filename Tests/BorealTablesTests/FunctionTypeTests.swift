import BorealBase
import Testing

@testable import BorealTables

@Suite struct FunctionTypeTests {
    @Test("functions have MySQL's types")
    func types() throws {
        let tables = try TableHarness()
        let cases: [(String, ColumnType.Kind, Int)] = [
            ("ROUND(1.2345, 2)", .decimal, 2), ("ROUND(1.5e0, 2)", .double, 2),
            ("ROUND(7)", .longLong, 0), ("FLOOR(1.5)", .longLong, 0), ("FLOOR(1.5e0)", .double, 0),
            ("PI()", .double, 6), ("SQRT(2)", .double, 31), ("CONCAT('a', X'00')", .varbinary, 0),
            ("CONCAT('a', 1)", .varchar, 0), ("UNHEX('00')", .varbinary, 0),
            ("NOW(3)", .dateTime, 3), ("CURDATE()", .date, 0), ("CURTIME(2)", .time, 2),
            ("SEC_TO_TIME(1.5)", .time, 1), ("TIMEDIFF('10:00:00.25', '09:00:00')", .time, 2),
            ("TIMESTAMP('2024-01-01')", .dateTime, 0), ("UNIX_TIMESTAMP()", .longLong, 0),
            ("UNIX_TIMESTAMP('2024-01-01 00:00:00.5')", .decimal, 1),
            ("STR_TO_DATE('1', '%H')", .time, 0), ("JSON_ARRAY(1)", .json, 0),
            ("JSON_LENGTH('[]')", .longLong, 0), ("UUID_SHORT()", .longLong, 0),
            ("GREATEST(1, 1.5)", .decimal, 1), ("INTERVAL(1, 2)", .longLong, 0),
            ("LOAD_FILE('x')", .blob, 0), ("DATE_ADD('2024-01-01', INTERVAL 1 DAY)", .varchar, 0),
            ("DATE_ADD(DATE'2024-01-01', INTERVAL 1 DAY)", .date, 0),
            ("DATE_ADD(DATE'2024-01-01', INTERVAL 1 SECOND)", .dateTime, 0),
            ("TIMESTAMP'2024-01-01 00:00:00.5' + INTERVAL 1 DAY", .dateTime, 1),
        ]
        for (expression, kind, decimals) in cases {
            let statement = try tables.prepare("SELECT \(expression)")
            let type = try #require(statement.columns.first?.type)
            statement.close()
            #expect(type.kind == kind, "\(expression)")
            #expect(type.decimals == decimals, "\(expression)")
        }
    }

    @Test("counts and conditions are never NULL, reckoning may be")
    func nullability() throws {
        let tables = try TableHarness()
        let cases = [
            ("PI()", false), ("ISNULL(1)", false), ("UUID()", false), ("NOW()", false),
            ("IS_IPV4('a')", false), ("CONNECTION_ID()", false), ("INTERVAL(1, 2)", false),
            ("SQRT(1)", true), ("CONCAT('a')", true), ("DATABASE()", true),
        ]
        for (expression, isNullable) in cases {
            let statement = try tables.prepare("SELECT \(expression)")
            #expect(statement.columns.first?.isNullable == isNullable, "\(expression)")
            statement.close()
        }
    }

    @Test("what a function cannot read is a warning with MySQL's number")
    func warnings() throws {
        let tables = try TableHarness()
        let cases: [(String, [ServerErrorCode])] = [
            ("'5x' + 0", [.truncatedWrongValue]),
            ("CAST('12abc' AS SIGNED)", [.truncatedWrongValue]),
            ("LN(0)", [.invalidLogarithm]), ("LOG(1, 2)", [.invalidLogarithm]),
            ("STR_TO_DATE('x', '%Y')", [.incorrectValue]), ("YEAR('x')", [.truncatedWrongValue]),
            ("FORMAT(1, 2, 'xx')", [.unknownLocale]),
            ("SEC_TO_TIME(9999999)", [.truncatedWrongValue]),
            ("MAKETIME(900, 0, 0)", [.truncatedWrongValue]), ("UPPER('a')", []),
        ]
        for (expression, codes) in cases {
            _ = try tables.run("SELECT \(expression)")
            #expect(tables.session.warnings.map(\.code) == codes, "\(expression)")
        }
    }

    @Test("a wrong number of arguments names the function")
    func argumentCounts() throws {
        let tables = try TableHarness()
        for call in ["PI(1)", "UPPER()", "JSON_SET('{}', '$.a')", "MAKETIME(1, 2)", "ELT(1)"] {
            #expect(tables.outcome("SELECT \(call)") == "!1582", "\(call)")
        }
        #expect(TableError.wrongParameterCount("PI").message.contains("native function 'PI'"))
        for (name, entry) in FunctionTable.all {
            #expect(entry.letters(1_000) == nil || entry.signature.hasSuffix("*"), "\(name)")
        }
    }

    @Test("lc_time_names and default_week_format change what functions answer")
    func sessionVariables() throws {
        let tables = try TableHarness()
        _ = try tables.run("SET lc_time_names = 'de_DE', default_week_format = 3")
        #expect(tables.outcome("SELECT DAYNAME('2024-03-05')") == "Dienstag")
        #expect(tables.outcome("SELECT WEEK('2023-01-01')") == "52")
    }
}
