import Testing

@Suite struct LengthTests {
    let tree = Repository.current

    /// Lines a file may have.
    static let fileLinesMax = 700
    /// Lines a function may have, from its declaration to its closing brace.
    static let functionLinesMax = 70
    /// Columns a line of code may have.
    static let columnsMax = 100

    /// Files that hold a table and nothing else; each says so at its head.
    static let pureTables: Set<String> = []

    private var code: [RepositoryFile] {
        tree.files.filter { ["swift", "c", "h", "py", "sh"].contains($0.fileExtension) }
    }

    @Test("no file is longer than 700 lines, tables apart")
    func filesAreShort() {
        let long = code.filter {
            $0.lines.count > Self.fileLinesMax && !Self.pureTables.contains($0.path)
        }
        expectNone(
            long.map {
                Finding(
                    $0.path,
                    0,
                    "\($0.lines.count) lines: split it by type or topic (at most 700)"
                )
            }
        )
        for path in Self.pureTables.sorted() {
            #expect(tree.exists(path), "\(path) is gone: take it out of LengthTests.pureTables")
        }
    }

    @Test("no function is longer than 70 lines")
    func functionsAreShort() {
        var findings: [Finding] = []
        for source in tree.swiftFiles {
            for function in source.functions where function.lineCount > Self.functionLinesMax {
                let length = "\(function.name) has \(function.lineCount) lines"
                findings.append(
                    Finding(
                        source.file.path,
                        function.firstLine,
                        "\(length): split it (at most 70)"
                    )
                )
            }
        }
        expectNone(findings)
    }

    @Test("no line of code is wider than 100 columns")
    func linesAreNarrow() {
        var findings: [Finding] = []
        for file in code {
            for (number, line) in file.lines.enumerated()
            where line.utf8.count > Self.columnsMax && line.unicodeScalars.count > Self.columnsMax {
                // An address cannot be broken.
                if line.contains("://"), line.split(separator: " ").count <= 3 { continue }
                let width = line.unicodeScalars.count
                findings.append(Finding(file.path, number + 1, "\(width) columns: break it at 100"))
            }
        }
        expectNone(findings)
    }
}
