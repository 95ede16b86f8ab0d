import BorealSQL
import Testing

@Suite struct OrdinaryTests {
    static let statements: [String] =
        ((try? FixtureFiles.text("sql/ordinary.sql")) ?? "").split(separator: "\n").map(String.init)

    /// The tree of an ordinary statement.
    private func parse(_ text: String) throws -> SQLStatement {
        let parsed = try StatementParser.parse(text)
        guard case .ordinary(let statement) = parsed.kind else {
            Issue.record("not ordinary: \(text)")
            return .do([])
        }
        return statement
    }

    @Test("the file holds what clients send and the forms of MySQL's manual")
    func fileIsThere() {
        #expect(Self.statements.count >= 250)
    }

    @Test("each statement parses, and is ordinary", arguments: statements)
    func parses(text: String) throws {
        _ = try parse(text)
    }

    @Test("each statement parses as well behind the hint", arguments: statements)
    func parsesHinted(text: String) throws {
        let parsed = try StatementParser.parse("/*polar4ai*/" + text)
        #expect(parsed.isHinted)
        guard case .ordinary = parsed.kind else {
            Issue.record("not ordinary: \(text)")
            return
        }
    }

    @Test("a query's print parses to the same tree", arguments: statements)
    func queryRoundTrip(text: String) throws {
        guard case .query(let query) = try parse(text) else { return }
        let printed = query.description
        guard case .query(let again) = try parse(printed) else {
            Issue.record("no query: \(printed)")
            return
        }
        #expect(again.description == printed)
        // Introducers and adjacent strings print as bytes of another literal kind only there.
        #expect(again == query, "\(printed)")
    }

    @Test(
        "what is no statement is an error at the offending token",
        arguments: [
            ("SELEC 1", "SELEC 1"),
            ("SELECT", ""),
            ("SELECT FROM t", "FROM t"),
            ("SELECT 1 FROM", ""),
            ("SELECT 1 FROM t WHERE", ""),
            ("SELECT a b c FROM t", "c FROM t"),
            ("SELECT (1", ""),
            ("SELECT 1)", ")"),
            ("SELECT 1; SELECT 2", "SELECT 2"),
            ("SELECT 'a", "'a"),
            ("SELECT `a", "`a"),
            ("SELECT /* a", "/* a"),
            ("SELECT * FROM (SELECT 1)", ""),
            ("SELECT * FROM a LEFT JOIN b", ""),
            ("SELECT 1 LIMIT -1", "-1"),
            ("INSERT INTO t", ""),
            ("INSERT INTO t VALUES 1", "1"),
            ("UPDATE t", ""),
            ("UPDATE t SET a", ""),
            ("UPDATE t SET a = 1 LIMIT 1, 2", "1, 2"),
            ("UPDATE a, b SET c = 1 LIMIT 1", "LIMIT 1"),
            ("DELETE t", ""),
            ("DELETE FROM a, b WHERE 1", "WHERE 1"),
            ("CREATE TABLE t", ""),
            ("CREATE TABLE t ()", ")"),
            ("CREATE TABLE t (a)", ")"),
            ("CREATE TABLE select (a INT)", "select (a INT)"),
            ("CREATE", ""),
            ("DROP TABLE", ""),
            ("SET", ""),
            ("SET a", ""),
            ("SET a = ", ""),
            ("SHOW", ""),
            ("SHOW NOTHING", "NOTHING"),
            ("GRANT SELECT ON d.t u", "u"),
            ("START", ""),
            ("SELECT X'0'", "X'0'"),
            ("SELECT 1 + ", ""),
            ("SELECT a IN ()", ")"),
            ("SELECT CASE END", ""),
            ("SELECT f(1", ""),
            ("SELECT 1 UNION", ""),
            ("SELECT @", "@"),
            ("SELECT * FROM t t2 t3", "t3"),
            ("EXPLAIN", ""),
            ("SELECT (SELECT a INTO @x)", "INTO @x)"),
        ]
    )
    func errors(text: String, near: String) throws {
        do throws(SyntaxError) {
            _ = try StatementParser.parse(text)
            Issue.record("no error: \(text)")
        } catch {
            #expect(error.near(in: Array(text.utf8)).rest == near)
        }
    }

    @Test("the line counts from 1, and the rest is cut at 80 characters")
    func near() {
        let text = "SELECT 1,\n  2,\n  FROM " + String(repeating: "é", count: 200)
        do throws(SyntaxError) {
            _ = try StatementParser.parse(text)
        } catch {
            let near = error.near(in: Array(text.utf8))
            #expect(near.line == 3)
            #expect(near.rest == "FROM " + String(repeating: "é", count: 75))
        }
    }

    @Test(
        "nothing but blanks and comments is an empty statement",
        arguments: ["", " ", ";", "-- x", "/* */"]
    )
    func empty(text: String) {
        #expect(throws: SyntaxError.emptyStatement) { try StatementParser.parse(text) }
    }

    @Test("an item's span is its text, parentheses included, without the alias")
    func itemSpans() throws {
        let text = "SELECT (1+ 2) , a.b x, COUNT( * )  FROM t"
        guard case .query(let query) = try parse(text), case .select(let block) = query.body else {
            Issue.record("no query")
            return
        }
        let bytes = Array(text.utf8)
        let names = block.items.map { String(decoding: bytes[$0.span.range], as: UTF8.self) }
        #expect(names == ["(1+ 2)", "a.b", "COUNT( * )"])
    }

    @Test("joins nest to the left, and conditions belong to the right join")
    func joins() throws {
        let text = "SELECT * FROM a LEFT JOIN b JOIN c ON 1 ON 2 JOIN d ON 3"
        guard case .query(let query) = try parse(text), case .select(let block) = query.body,
            case .join(let last) = block.from[0], case .join(let first) = last.left,
            case .join(let inner) = first.right
        else {
            Issue.record("another shape")
            return
        }
        #expect(last.kind == .inner)
        #expect(first.kind == .left)
        #expect(inner.kind == .inner)
        #expect(query.description.hasSuffix("ON 3"))
    }

    @Test("a table definition keeps every attribute")
    func tableDefinition() throws {
        let text = """
            CREATE TABLE t (a INT(11) UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'k',
              b VARCHAR(20) CHARSET latin1 DEFAULT 'x' COLLATE latin1_bin,
              c DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE NOW(3),
              PRIMARY KEY (a, b(5) DESC))
              ENGINE InnoDB DEFAULT CHARSET = utf8mb4
            """
        guard case .createTable(let table) = try parse(text),
            case .column(let a) = table.elements[0],
            case .column(let b) = table.elements[1], case .column(let c) = table.elements[2],
            case .index(let key) = table.elements[3]
        else {
            Issue.record("another shape")
            return
        }
        #expect(a.type.name == .int && a.type.length == 11 && a.type.isUnsigned)
        #expect(a.isNullable == false && a.isAutoIncrement && a.comment == "k")
        #expect(b.type.charset == "latin1" && b.type.collation == "latin1_bin")
        #expect(c.defaultValue == .currentTimestamp(fractionalDigits: 3))
        #expect(c.onUpdateTimestamp == 3)
        #expect(key.kind == .primary && key.parts[1].isDescending)
        #expect(key.parts[1].kind == .column(Identifier(name: "b"), prefixLength: 5))
        let options = table.options.map { "\($0.name)=\($0.text ?? "")" }
        #expect(options == ["ENGINE=InnoDB", "CHARSET=utf8mb4"])
    }

    @Test("LOAD DATA keeps its format byte for byte")
    func loadData() throws {
        let text = """
            LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE t FIELDS TERMINATED BY ',' OPTIONALLY
            ENCLOSED BY '"' ESCAPED BY '' LINES STARTING BY 'x' TERMINATED BY '\\r\\n'
            IGNORE 2 LINES (a, @b) SET c = @b
            """
        guard case .loadData(let load) = try parse(text) else {
            Issue.record("another statement")
            return
        }
        #expect(load.isLocal && load.duplicates == .replace && load.ignoredLines == 2)
        #expect(load.format.fieldTerminator == [0x2C] && load.format.isEnclosureOptional)
        #expect(load.format.fieldEscape.isEmpty && load.format.lineStart == [0x78])
        #expect(load.format.lineTerminator == [0x0D, 0x0A])
        #expect(load.fields.count == 2 && load.fields[1] == .variable("b"))
        #expect(load.assignments.count == 1)
    }

    @Test("SET tells words, values, defaults and scopes apart")
    func set() throws {
        guard
            case .set(let set) = try parse(
                "SET a=ON, GLOBAL b=1, @@session.c=DEFAULT, @d:=2, NAMES x"
            )
        else {
            Issue.record("another statement")
            return
        }
        #expect(set.assignments.count == 5)
        #expect(set.assignments[0] == .system(SystemVariable(name: "a"), .word("ON")))
        #expect(
            set.assignments[2] == .system(SystemVariable(scope: .session, name: "c"), .byDefault)
        )
        #expect(set.assignments[4] == .names(charset: "x", collation: nil))
    }

    @Test("an account's secret is located, so that logs can leave it out")
    func secretSpan() throws {
        let text = "CREATE USER u@localhost IDENTIFIED BY 'p w'"
        guard case .createUser(let user) = try parse(text) else {
            Issue.record("another statement")
            return
        }
        let span = try #require(user.accounts[0].authentication?.span)
        #expect(
            String(decoding: Array(text.utf8)[span.range], as: UTF8.self) == "IDENTIFIED BY 'p w'"
        )
        #expect(user.accounts[0].account == AccountName(user: "u", host: "localhost"))
    }
}
