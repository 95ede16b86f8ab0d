import Testing

@Suite struct SafetyTests {
    let tree = Repository.current

    private func findings(
        of word: String,
        in sources: [SwiftSource],
        _ advice: String
    ) -> [Finding] {
        sources.flatMap { source in
            source.occurrences(of: word).map {
                Finding(source.file.path, source.line(at: $0), advice)
            }
        }
    }

    @Test("no try! and no fatalError in the product")
    func nothingStopsTheProcess() {
        expectNone(
            findings(of: "try!", in: tree.productFiles, "try!: throw the typed error instead")
                + findings(
                    of: "fatalError",
                    in: tree.productFiles,
                    "fatalError: assertionFailure, then the target's internal error"
                )
        )
    }

    @Test("tests start other programs with TestPrograms")
    func programsInheritNothing() {
        let advice = "Process(): use ChildProcess or ProgramRun, which hand on no descriptors"
        expectNone(findings(of: "Process()", in: tree.testFiles, advice))
    }

    @Test("what switches a check off says in a comment beside it why that is safe")
    func switchedOffChecksHaveAReason() {
        let words = [
            "@unchecked", "nonisolated(unsafe)", "unowned(unsafe)", "unsafeBitCast",
            "unsafeDowncast", "@preconcurrency",
        ]
        var found: [Finding] = []
        for source in tree.productFiles {
            for word in words {
                for offset in source.occurrences(of: word) {
                    let line = source.line(at: offset)
                    let isExplainedBelow =
                        source.commentLines.contains(line + 1)
                        && !source.codeLines.contains(line + 1)
                    if source.reason(forLine: line) == nil, !isExplainedBelow {
                        found.append(
                            Finding(
                                source.file.path,
                                line,
                                "\(word): say above or below why it is safe"
                            )
                        )
                    }
                }
            }
        }
        expectNone(found)
    }

    @Test("a lost error has a comment that says why")
    func lostErrorsHaveAReason() {
        var found: [Finding] = []
        for source in tree.productFiles {
            for offset in source.occurrences(of: "try?") {
                let line = source.line(at: offset)
                if !hasReasonNearby(source, line) {
                    found.append(
                        Finding(
                            source.file.path,
                            line,
                            "try?: say above why losing the error is right"
                        )
                    )
                }
            }
        }
        expectNone(found)
    }

    @Test("a forced unwrap has a comment that says why it cannot fail")
    func forcedUnwrapsHaveAReason() {
        var found: [Finding] = []
        for source in tree.productFiles {
            for offset in source.bytes.indices where isForcedUnwrap(source, offset) {
                let line = source.line(at: offset)
                if !hasReasonNearby(source, line) {
                    found.append(
                        Finding(
                            source.file.path,
                            line,
                            "forced unwrap: guard it, or say above why it holds"
                        )
                    )
                }
            }
        }
        expectNone(found)
    }

    /// A comment on the line, or directly above the run of lines it belongs to (three at most).
    private func hasReasonNearby(_ source: SwiftSource, _ line: Int) -> Bool {
        (max(1, line - 3)...line).contains { source.commentLines.contains($0) }
    }

    /// `x!`, `f()!`, `a[i]!`; not `!x` and `!=`. A type `T!` has no place here, so it counts too.
    private func isForcedUnwrap(_ source: SwiftSource, _ offset: Int) -> Bool {
        let bytes = source.bytes
        guard bytes[offset] == UInt8(ascii: "!"), source.kinds[offset] == .code, offset > 0 else {
            return false
        }
        let before = bytes[offset - 1]
        guard isWordByte(before) || before == UInt8(ascii: ")") || before == UInt8(ascii: "]")
        else {
            return false
        }
        if offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "=") { return false }
        let tail = bytes[max(0, offset - 3)..<offset]
        return !tail.elementsEqual(Array("try".utf8))
    }
}
