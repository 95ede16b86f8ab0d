import Testing

@Suite struct ScannerTests {
    private func source(_ text: String) -> SwiftSource {
        SwiftSource(
            RepositoryFile(
                path: "Sample.swift",
                byteCount: text.utf8.count,
                text: text,
                lines: text.split(separator: "\n", omittingEmptySubsequences: false)
            )
        )
    }

    @Test(
        "a word counts only where it is code",
        arguments: [
            ("a(try! f())", 1), ("// try! f()", 0), ("\"try! f()\"", 0),
            ("/* a /* b */ try! */", 0),
            ("\"\\(try! f())\"", 1), ("#\"\\(try! f())\"#", 0), ("#\"\\#(try! f())\"#", 1),
            ("\"\"\"\ntry! \"x\"\n\"\"\"", 0), ("\"\\\"try! \"", 0), ("x.mytry!", 0),
        ]
    )
    func wordsInCode(_ text: String, _ count: Int) {
        #expect(source(text).occurrences(of: "try!").count == count)
    }

    @Test("functions are found with their lines, requirements of protocols are not")
    func functions() {
        let found = source(
            """
            protocol P {
                func asked(_ x: Int) throws -> Int
                var also: Int { get }
            }
            struct S: P {
                let stored = "func no() {"
                var also: Int { 1 }
                init(x: Int = { 3 }()) {
                    self.init()
                }
                func asked(
                    _ x: Int
                ) throws -> Int {
                    let closure = { x }
                    return closure()
                }
            }
            """
        ).functions
        #expect(found.map(\.name) == ["also", "init", "asked"])
        #expect(found.map(\.lineCount) == [1, 3, 6])
    }

    @Test("a reason is the comment above a declaration, or at its line's end")
    func reasons() {
        let text = source(
            """
            /// Safe: one thread only.
            @inline(__always)
            final class A: @unchecked Sendable {}
            final class B: @unchecked Sendable {}
            final class C: @unchecked Sendable {}  // Safe as well.
            """
        )
        #expect(text.reason(forLine: 3) == "/// Safe: one thread only. ")
        #expect(text.reason(forLine: 4) == nil)
        #expect(text.reason(forLine: 5) == "// Safe as well.")
    }

    @Test("a quantile is a value of the list, by nearest rank")
    func quantiles() {
        #expect(Figure.quantile([5, 1, 4, 2, 3], 0.5) == 3)
        #expect(Figure.quantile([5, 1, 4, 2, 3], 0.9) == 5)
        #expect(Figure.quantile([], 0.5) == 0)
    }
}
