import Testing

@testable import BorealSQL

@Suite struct PreparedTextTests {
    private static let texts: [(String, [Int])] = [
        ("SELECT ?, ?", [7, 10]), ("SELECT '?', `?`, \"?\", ?", [22]), ("SELECT 1 -- ?", []),
        ("SELECT /* ? */ ?", [15]), ("SELECT /*!50000 ? */ ?", [16, 21]), ("# ?\nDO ?", [7]),
        ("SELECT 'a\\'?', ?", [15]), ("CREATE MODEL m WITH (a=?) AS (SELECT ?)", [23, 37]),
    ]

    @Test("placeholders are found where the parser counts them", arguments: texts)
    func places(text: String, expected: [Int]) throws {
        let places = try PlaceholderScanner.places(in: Array(text.utf8))
        #expect(places.map { Int($0.start) } == expected)
        #expect(places.allSatisfy { $0.end == $0.start + 1 })
    }

    @Test("EXECUTE names a statement, or brings its text")
    func execute() throws {
        let texts = [
            "EXECUTE s": ("s", nil, []), "EXECUTE s USING @a, @b": ("s", nil, ["a", "b"]),
            "EXECUTE IMMEDIATE 'x' USING @a": (
                "IMMEDIATE", PrepareStatement.Source.text("x"), ["a"]
            ),
            "EXECUTE immediate @t": ("immediate", .variable("t"), []),
            "EXECUTE immediate USING @a": ("immediate", nil, ["a"]),
        ]
        for (text, expected) in texts {
            guard case .ordinary(.execute(let node)) = try StatementParser.parse(text).kind else {
                Issue.record("\(text)")
                continue
            }
            #expect(node.name.name == expected.0)
            #expect(node.immediate == expected.1)
            #expect(node.variables == expected.2)
        }
        #expect(throws: SyntaxError.self) { try StatementParser.parse("EXECUTE s 'x'") }
    }
}
