import Testing

@testable import BorealSQL

/// How a SELECT with calls of functions of models is taken apart for another server.
@Suite struct CallSelectTests {
    private func read(_ text: String) throws(CallSelectError) -> CallSelect {
        try CallSelect(Array(text.utf8)) { function, _ in
            function.lowercased() == "ml_predict" ? 2 : 0
        }
    }

    /// The text for the other server with short names in place of the long ones.
    private func inner(_ select: CallSelect) -> String {
        String(decoding: select.inner, as: UTF8.self)
            .replacing("_boreal_call_", with: "c")
            .replacing("_boreal_argument_", with: "a")
    }

    /// Calls as text: name, alias, and for each argument its text or the column that has it.
    private func calls(_ select: CallSelect) -> [String] {
        select.calls.map { call in
            let arguments = call.arguments.map { argument in
                argument.column.map { "\($0)" } ?? argument.text
            }
            return ([call.function, call.alias ?? "-"] + arguments).joined(separator: "|")
        }
    }

    @Test(
        "calls become NULL, their arguments columns behind all others",
        arguments: [
            (
                "SELECT id, PREDICT_ROW('m', a, b) FROM t",
                "SELECT id, NULL AS `c0`, a AS `a0`, b AS `a1` FROM t",
                ["PREDICT_ROW|-|'m'|0|1"]
            ),
            (
                "select predict_row('m', a+1) as p, t.* from t where p = 1 order by id limit 3",
                "select NULL AS `c0`, t.*, a+1 AS `a0` from t where p = 1 order by id limit 3",
                ["predict_row|p|'m'|0"]
            ),
            (
                "SELECT *, EXPLAIN_ROW ( 'm' , f(a, (b)) ) e, AI_Rank(q, 'x, (y') `r ``1` FROM t;",
                "SELECT *, NULL AS `c0`, NULL AS `c1`, f(a, (b)) AS `a0`, q AS `a1` FROM t",
                ["EXPLAIN_ROW|e|'m'|0", "AI_Rank|`r ``1`|1|'x, (y'"]
            ),
            (
                "SELECT PREDICT_PROBA('m', a) 'name', 'PREDICT_ROW(1)' FROM t",
                "SELECT NULL AS `c0`, 'PREDICT_ROW(1)', a AS `a0` FROM t",
                ["PREDICT_PROBA|'name'|'m'|0"]
            ),
            (
                "SELECT /* PREDICT_ROW(x) */ PREDICT_ROW('m', -- b)\n a) -- FROM\nFROM t",
                "SELECT /* PREDICT_ROW(x) */ NULL AS `c0`, a AS `a0` -- FROM\nFROM t",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT `PREDICT_ROW`(1), `PREDICT_ROW`, PREDICT_ROW('m', `a,(b`) FROM t",
                "SELECT `PREDICT_ROW`(1), `PREDICT_ROW`, NULL AS `c0`, `a,(b` AS `a0` FROM t",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT PREDICT_ROW, x.predict_row, PREDICT_ROW('m', predict_row) FROM t",
                "SELECT PREDICT_ROW, x.predict_row, NULL AS `c0`, predict_row AS `a0` FROM t",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT ML_PREDICT(db.m, v1, a, v1) FROM t",
                "SELECT NULL AS `c0`, a AS `a0`, v1 AS `a1` FROM t",
                ["ML_PREDICT|-|db.m|v1|0|1"]
            ),
            (
                "SELECT ML_PREDICT(CONCAT(m), 'v''1', a) FROM t",
                "SELECT NULL AS `c0`, CONCAT(m) AS `a0`, a AS `a1` FROM t",
                ["ML_PREDICT|-|0|'v''1'|1"]
            ),
            (
                // Only the other server knows what stands in double quotes.
                "SELECT PREDICT_ROW(\"m\", 5, 'a' 'b', NULL) FROM t",
                "SELECT NULL AS `c0`, \"m\" AS `a0`, 5 AS `a1`, NULL AS `a2` FROM t",
                ["PREDICT_ROW|-|0|1|'a' 'b'|2"]
            ),
            (
                "SELECT AI_X(), AI_X(,), a FROM t",
                "SELECT NULL AS `c0`, NULL AS `c1`, a,  AS `a0`,  AS `a1` FROM t",
                ["AI_X|-", "AI_X|-|0|1"]
            ),
            (
                "SELECT PREDICT_ROW('m', (SELECT MAX(a) FROM u WHERE u.id = t.id)) FROM t",
                "SELECT NULL AS `c0`, (SELECT MAX(a) FROM u WHERE u.id = t.id) AS `a0` FROM t",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT SQL_NO_CACHE ALL PREDICT_ROW('m', EXTRACT(YEAR FROM d)) y FROM t",
                "SELECT SQL_NO_CACHE ALL NULL AS `c0`, EXTRACT(YEAR FROM d) AS `a0` FROM t",
                ["PREDICT_ROW|y|'m'|0"]
            ),
            (
                "SELECT sql_cache, PREDICT_ROW('m', t.from) FROM t ORDER BY t.p, q.p, p(1)",
                "SELECT sql_cache, NULL AS `c0`, t.from AS `a0` FROM t ORDER BY t.p, q.p, p(1)",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT c, PREDICT_ROW('m', AVG(a)) p FROM t GROUP BY c HAVING AVG(a) > 1",
                "SELECT c, NULL AS `c0`, AVG(a) AS `a0` FROM t GROUP BY c HAVING AVG(a) > 1",
                ["PREDICT_ROW|p|'m'|0"]
            ),
            (
                "WITH q AS (SELECT 1 FROM u) SELECT PREDICT_ROW('m', a) FROM q",
                "WITH q AS (SELECT 1 FROM u) SELECT NULL AS `c0`, a AS `a0` FROM q",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT PREDICT_ROW('m', ?) FROM t WHERE a IN (SELECT a FROM u UNION SELECT 1)",
                "SELECT NULL AS `c0`, ? AS `a0` FROM t "
                    + "WHERE a IN (SELECT a FROM u UNION SELECT 1)",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT PREDICT_ROW('m', a) FROM t JOIN u USE INDEX (i) ON t.a = u.a "
                    + "WHERE DATE '2020-01-01' < d ; -- end",
                "SELECT NULL AS `c0`, a AS `a0` FROM t JOIN u USE INDEX (i) ON t.a = u.a "
                    + "WHERE DATE '2020-01-01' < d ",
                ["PREDICT_ROW|-|'m'|0"]
            ),
            (
                "SELECT PREDICT_ROW('m', (SELECT MAX(a) FROM t))",
                "SELECT NULL AS `c0`, (SELECT MAX(a) FROM t) AS `a0`",
                ["PREDICT_ROW|-|'m'|0"]
            ),
        ]
    )
    func apart(_ text: String, _ expected: String, _ expectedCalls: [String]) throws {
        let select = try read(text)
        #expect(inner(select) == expected)
        #expect(calls(select) == expectedCalls)
        #expect(select.hasPlaceholders == text.contains("?"))
        let columns = select.calls.flatMap(\.arguments).compactMap(\.column)
        #expect(columns == Array(0..<select.hiddenCount))
    }

    @Test(
        "whatever only an answer could decide is refused, and named",
        arguments: [
            ("SELECT id FROM t WHERE PREDICT_ROW('m', a) = 1", "PREDICT_ROW in WHERE"),
            ("SELECT a FROM t ORDER BY AI_RANK(a, b)", "AI_RANK in ORDER BY"),
            ("SELECT a FROM t GROUP BY EXPLAIN_ROW('m', a)", "EXPLAIN_ROW in GROUP BY"),
            ("SELECT a FROM t HAVING PREDICT_ROW('m', a)", "PREDICT_ROW in HAVING"),
            ("SELECT a FROM t JOIN u ON PREDICT_ROW('m', a)", "PREDICT_ROW in FROM"),
            ("SELECT a FROM (SELECT PREDICT_ROW('m', a) FROM t) q", "PREDICT_ROW in FROM"),
            ("WITH q AS (SELECT AI_X(a) FROM t) SELECT 1 FROM q", "AI_X in WITH"),
            ("WITH q AS (SELECT 1) TABLE q", "functions of models in WITH"),
            ("SELECT PREDICT_ROW('m', a) + 1 FROM t", "PREDICT_ROW inside an expression"),
            ("SELECT 1 + PREDICT_ROW('m', a) FROM t", "PREDICT_ROW inside an expression"),
            ("SELECT SUM(predict_row('m', a)) FROM t", "predict_row inside an expression"),
            ("SELECT (PREDICT_ROW('m', a)) FROM t", "PREDICT_ROW inside an expression"),
            ("SELECT PREDICT_ROW('m', a) IS NULL FROM t", "PREDICT_ROW inside an expression"),
            ("SELECT PREDICT_ROW('m', a) OVER (w) FROM t", "PREDICT_ROW inside an expression"),
            ("SELECT db.PREDICT_ROW('m', a) FROM t", "PREDICT_ROW inside an expression"),
            (
                "SELECT PREDICT_ROW('m', AI_X(a)) FROM t",
                "AI_X inside the arguments of PREDICT_ROW"
            ),
            (
                "SELECT PREDICT_ROW('m', (SELECT AI_X(a) FROM u)) FROM t",
                "AI_X inside the arguments of PREDICT_ROW"
            ),
            (
                "SELECT DISTINCT PREDICT_ROW('m', a) FROM t",
                "functions of models beside DISTINCT"
            ),
            (
                "SELECT PREDICT_ROW('m', a) FROM t UNION SELECT 1",
                "functions of models beside UNION"
            ),
            (
                "SELECT PREDICT_ROW('m', a) INTO @x FROM t",
                "functions of models beside INTO"
            ),
            (
                "SELECT PREDICT_ROW('m', a) FROM t INTO OUTFILE 'x'",
                "functions of models beside INTO"
            ),
            (
                "SELECT PREDICT_ROW('m', a) AS P FROM t ORDER BY `p` DESC",
                "ORDER BY with the answer of a function of models, `p`,"
            ),
            (
                "SELECT PREDICT_ROW('m', a) `P` FROM t GROUP BY id, p",
                "GROUP BY with the answer of a function of models, p,"
            ),
            (
                "SELECT PREDICT_ROW('m', a) 'x' FROM t HAVING f(x) > 1",
                "HAVING with the answer of a function of models, x,"
            ),
            (
                "SELECT PREDICT_ROW('m', a) FROM t ORDER BY `PREDICT_ROW('m', a)`",
                "ORDER BY with the answer of a function of models, `PREDICT_ROW('m', a)`,"
            ),
            ("INSERT INTO u SELECT PREDICT_ROW('m', a) FROM t", "functions of models in INSERT"),
            ("explain SELECT PREDICT_ROW('m', a) FROM t", "functions of models in EXPLAIN"),
            (
                "(SELECT PREDICT_ROW('m', a) FROM t)",
                "functions of models in a SELECT in parentheses"
            ),
            (
                "SELECT PREDICT_ROW('m', a) FROM t; SELECT 1",
                "functions of models in one of several statements"
            ),
        ]
    )
    func refused(_ text: String, _ what: String) {
        #expect(throws: CallSelectError.refused(what)) { try read(text) }
    }

    @Test(
        "what does not end or has no name is a syntax error",
        arguments: [
            "SELECT PREDICT_ROW('m', a FROM t", "SELECT PREDICT_ROW('m', 'a) FROM t",
            "SELECT PREDICT_ROW('m', a) AS FROM t", "SELECT PREDICT_ROW('m', a) FROM t /* x",
            "SELECT PREDICT_ROW(", "SELECT PREDICT_ROW('m', ((a)",
        ]
    )
    func broken(_ text: String) {
        do throws(CallSelectError) {
            let select = try read(text)
            Issue.record("\(select)")
        } catch {
            guard case .refused = error else { return }
            Issue.record(error)
        }
    }

    @Test(
        "numbers of columns in GROUP BY and ORDER BY are told, other numbers are not",
        arguments: [
            ("ORDER BY 2 DESC, 1", [1, 2]), ("ORDER BY 2 + 1, a, f(3, 4)", []),
            ("GROUP BY 3 WITH ROLLUP ORDER BY 1 LIMIT 7, 8", [1, 3]),
            ("WHERE a IN (1, 2) LIMIT 5", []), ("HAVING 4", []), ("ORDER BY 9;", [9]),
        ]
    )
    func places(_ clauses: String, _ expected: [Int]) throws {
        let select = try read("SELECT id, PREDICT_ROW('m', a) FROM t \(clauses)")
        #expect(select.places.sorted() == expected)
    }

    @Test("modes say what a string is")
    func modes() throws {
        let text = Array(#"SELECT PREDICT_ROW('m\', a), "x" FROM t"#.utf8)
        #expect(throws: CallSelectError.self) { try CallSelect(text) }
        let select = try CallSelect(text, mode: .noBackslashEscapes)
        #expect(inner(select) == #"SELECT NULL AS `c0`, "x", a AS `a0` FROM t"#)
    }

    @Test("long texts and deep ones are read, and calls are bounded")
    func bounds() throws {
        let list = (0..<20_000).map(String.init).joined(separator: ", ")
        let long = try read("SELECT PREDICT_ROW('m', a) FROM t WHERE a IN (\(list))")
        #expect(inner(long) == "SELECT NULL AS `c0`, a AS `a0` FROM t WHERE a IN (\(list))")
        let open = String(repeating: "(", count: 50_000)
        let close = String(repeating: ")", count: 50_000)
        let deep = try read("SELECT PREDICT_ROW('m', \(open)a\(close)) FROM t")
        #expect(inner(deep) == "SELECT NULL AS `c0`, \(open)a\(close) AS `a0` FROM t")
        let calls = SyntaxLimits.modelCallsMax
        func many(_ count: Int) -> String {
            "SELECT " + repeatElement("AI_X()", count: count).joined(separator: ",") + " FROM t"
        }
        #expect(try read(many(calls)).calls.count == calls)
        #expect(throws: CallSelectError.self) { try read(many(calls + 1)) }
        let arguments = SyntaxLimits.modelArgumentsMax
        func wide(_ count: Int) -> String {
            "SELECT AI_X(" + repeatElement("a", count: count).joined(separator: ",") + ") FROM t"
        }
        #expect(try read(wide(arguments)).hiddenCount == arguments)
        #expect(throws: CallSelectError.self) { try read(wide(arguments + 1)) }
    }
}
