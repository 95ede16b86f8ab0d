import BorealSQL
import Testing

@Suite struct LexerTests {
    /// The tokens' texts, or nil for an error.
    private func tokens(_ text: String, mode: SQLMode = []) -> [(Token.Kind, String)]? {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            var lexer = Lexer(buffer, mode: mode)
            var found: [(Token.Kind, String)] = []
            do throws(SyntaxError) {
                while true {
                    let token = try lexer.next()
                    if token.kind == .endOfText { return found }
                    found.append(
                        (token.kind, String(decoding: buffer[token.span.range], as: UTF8.self))
                    )
                }
            } catch {
                return nil
            }
        }
    }

    @Test(
        "texts and their tokens",
        arguments: [
            ("a.b.1c", ["a", ".", "b", ".", "1c"]),
            (
                "1abc 1e5 1e 1.5e 0x1 0x1g 0b12",
                ["1abc", "1e5", "1e", "1.5", "e", "0x1", "0x1g", "0b12"]
            ),
            (
                "a<=>b<=c<>d!=e>>f<<g->h->>i",
                [
                    "a", "<=>", "b", "<=", "c", "<>", "d", "!=", "e", ">>", "f", "<<", "g", "->",
                    "h", "->>", "i",
                ]
            ),
            ("a--b", ["a", "-", "-", "b"]),
            ("a-- b\nc", ["a", "c"]),
            ("a--", ["a"]),
            ("a#b\nc", ["a", "c"]),
            ("a/*b*/c", ["a", "c"]),
            ("a/*!80036 b*/c", ["a", "b", "c"]),
            ("a/*!80037 b /* x */ y*/c", ["a", "c"]),
            ("a/*!b*/c", ["a", "b", "c"]),
            ("a/*!050000 b*/c", ["a", "b", "c"]),
            ("a/*!100100 b*/c", ["a", "c"]),
            ("a/*M! b*/c", ["a", "c"]),
            ("/*+ x */a", ["a"]),
            (
                "@a @'b c' @`d` @@e @@global.f",
                ["@a", "@'b c'", "@`d`", "@@", "e", "@@", "global", ".", "f"]
            ),
            ("N'a' x'1f' B'01' n", ["N'a'", "x'1f'", "B'01'", "n"]),
            ("`a``b` 'a\\'b' \"c\"\"d\"", ["`a``b`", "'a\\'b'", "\"c\"\"d\""]),
            ("é$1 模型", ["é$1", "模型"]),
            (".5 t.5 t .5", [".5", "t", ".", "5", "t", ".5"]),
            (":= || && ! ~ ^ | & %", [":=", "||", "&&", "!", "~", "^", "|", "&", "%"]),
        ]
    )
    func texts(text: String, expected: [String]) {
        #expect(tokens(text)?.map(\.1) == expected)
    }

    @Test(
        "what has no end is an error",
        arguments: ["'a", "\"a", "`a", "/* a", "/*!50000 a", "'a\\'", "@'a"]
    )
    func unterminated(text: String) {
        #expect(tokens(text) == nil)
    }

    @Test(
        "a server that calls itself MariaDB reads MariaDB's comments",
        arguments: [
            ("a/*!50600 b*/c", "a b c"), ("a/*!50700 b*/c", "a c"), ("a/*!80000 b*/c", "a c"),
            ("a/*!100100 b*/c", "a b c"), ("a/*M!100100 b*/c", "a b c"), ("a/*M! b*/c", "a b c"),
            ("a/*M!110000 b*/c", "a c"), ("a/*Mb*/c", "a c"),
        ]
    )
    func commentsOfMariaDB(text: String, expected: String) {
        let words = tokens(text, mode: .mariaDB)?.map(\.1)
        #expect(words?.joined(separator: " ") == expected)
    }

    @Test("one zero byte behind the text is read over, as mysqlslap sends it; others are signs")
    func zeroByte() {
        #expect(tokens("a (1)\0")?.count == 4)
        #expect(tokens("'a\0") == nil)
        #expect(tokens("'a\0'")?.count == 1)
        #expect(tokens("\0")?.isEmpty == true)
    }

    @Test("modes make names of double quotes and plain signs of backslashes")
    func modes() {
        #expect(tokens("\"a\"", mode: .ansiQuotes)?.first?.0 == .quotedName)
        #expect(tokens("'a\\' b", mode: .noBackslashEscapes)?.count == 2)
    }

    @Test("every keyword is found in any case, and only whole")
    func keywords() {
        for keyword in Keyword.allCases where keyword != .notKeyword {
            let words = [keyword.text, keyword.text.lowercased()]
            for word in words {
                let bytes = Array(word.utf8)
                bytes.withUnsafeBufferPointer { buffer in
                    var lexer = Lexer(buffer)
                    #expect((try? lexer.next())?.keyword == keyword)
                }
            }
            let longer = Array((keyword.text + "_x").utf8)
            longer.withUnsafeBufferPointer { buffer in
                var lexer = Lexer(buffer)
                #expect((try? lexer.next())?.keyword == .notKeyword)
            }
        }
        #expect(Keyword.zerofill.isReserved && Keyword.accessible.isReserved)
        #expect(!Keyword.model.isReserved && !Keyword.notKeyword.isReserved)
    }

    @Test(
        "statements are cut at semicolons outside of strings, names and comments",
        arguments: [
            ("a;b", ["a", "b"]),
            ("a;", ["a"]),
            ("a; -- end\n", ["a"]),
            ("'a;b';`c;d`;/*;*/e", ["'a;b'", "`c;d`", "/*;*/e"]),
            ("a;;b", ["a", "", "b"]),
            ("", []),
            (" /*polar4ai*/ x ; y", [" /*polar4ai*/ x ", " y"]),
        ]
    )
    func splitting(text: String, expected: [String]) throws {
        let bytes = Array(text.utf8)
        var splitter = StatementSplitter(bytes)
        var found: [String] = []
        while let range = try splitter.next() {
            found.append(String(decoding: bytes[range], as: UTF8.self))
        }
        #expect(found == expected)
    }
}
