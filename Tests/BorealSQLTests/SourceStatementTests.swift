import Testing

@testable import BorealSQL

/// The grammar of sources by name.
@Suite struct SourceStatementTests {
    private func parse(_ text: String) throws -> SQLStatement? {
        guard case .ordinary(let statement) = try StatementParser.parse(text).kind else {
            return nil
        }
        return statement
    }

    private func source(_ text: String) throws -> CreateSource? {
        guard case .createSource(let node)? = try parse(text) else { return nil }
        return node
    }

    @Test("a source has a URL and a comment, in any order, with or without a sign between")
    func options() throws {
        for text in [
            "CREATE SOURCE s OPTIONS (URL 'u', COMMENT 'c')",
            "create source if not exists s options (comment = 'c', url = 'u')",
            "ALTER SOURCE `s` OPTIONS (URL \"u\", COMMENT 'c');",
        ] {
            let node = try source(text)
            #expect(node?.name.name == "s" && node?.url == "u" && node?.comment == "c", "\(text)")
        }
        let first = try source("CREATE SOURCE IF NOT EXISTS s OPTIONS (URL 'u')")
        #expect(first?.ifNotExists == true && first?.isAlter == false && first?.comment == nil)
        #expect(try source("ALTER SOURCE s OPTIONS (COMMENT '')")?.isAlter == true)
    }

    @Test(
        "what is no definition is refused",
        arguments: [
            "CREATE SOURCE", "CREATE SOURCE s", "CREATE SOURCE s OPTIONS",
            "CREATE SOURCE s OPTIONS ()",
            "CREATE SOURCE s OPTIONS (URL)", "CREATE SOURCE s OPTIONS (URL 1)",
            "CREATE SOURCE s OPTIONS (URL 'u',)", "CREATE SOURCE s OPTIONS (URL 'u'",
            "CREATE SOURCE s.t OPTIONS (URL 'u')", "CREATE SOURCE s OPTIONS (URL 'u') x",
            "CREATE SOURCE s OPTIONS (HOST 'h')", "CREATE SOURCE s OPTIONS (URL 'u', URL 'v')",
            "ALTER SOURCE IF NOT EXISTS s OPTIONS (URL 'u')", "DROP SOURCE", "DROP SOURCE s, t",
            "CREATE OR REPLACE SOURCE s OPTIONS (URL 'u')", "SHOW CREATE SOURCE", "SHOW SOURCES s",
        ]
    )
    func refused(_ text: String) {
        #expect(throws: SyntaxError.self, "\(text)") { try StatementParser.parse(text) }
    }

    @Test("sources are dropped and shown; the word is a name elsewhere")
    func others() throws {
        let dropped = try parse("DROP SOURCE IF EXISTS s")
        guard case .dropSource(let node)? = dropped else {
            Issue.record("DROP SOURCE is \(String(describing: dropped))")
            return
        }
        #expect(node.ifExists && node.name.name == "s")
        guard case .show(let show)? = try parse("SHOW SOURCES LIKE 'a%'") else {
            Issue.record("SHOW SOURCES is none")
            return
        }
        #expect(show.subject == .sources && show.filter == .like("a%"))
        guard case .query? = try parse("SELECT source, sources FROM source AS sources") else {
            Issue.record("source is no name")
            return
        }
        #expect(Keyword.isReserved("Select") && !Keyword.isReserved("source"))
        #expect(!Keyword.isReserved("") && !Keyword.isReserved("url"))
    }
}
