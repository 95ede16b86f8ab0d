import Testing

/// What users type must stand in the docs: parameters, metrics, classes, commands, variables.
@Suite struct DocumentedNameTests {
    let tree = Repository.current

    /// Findings for names of a source file that a page does not show in back-quotes or as a word.
    private func missing(_ names: [(name: String, line: Int)], of path: String, in page: String)
        -> [Finding]
    {
        let text = tree.file(page)?.text ?? ""
        let words = Set(
            text.split(whereSeparator: { !($0.isLetter || $0.isNumber || "_-".contains($0)) })
                .map(String.init)
        )
        return names.filter { !words.contains($0.name) }
            .map { Finding(path, $0.line, "'\($0.name)' is missing in \(page): document it") }
    }

    /// String literals of a file that a pattern finds on one line, with their lines.
    private func names(
        in path: String,
        matching pattern: some RegexComponent<(Substring, Substring)>
    ) -> [(name: String, line: Int)] {
        (tree.file(path)?.lines ?? []).enumerated().flatMap { index, line in
            line.matches(of: pattern).map { (String($0.output.1), index + 1) }
        }
    }

    @Test("docs/models.md names every training parameter that has an effect")
    func parametersAreDocumented() {
        let path = "Sources/BorealBoost/Training/ParameterTable+Entries.swift"
        guard let source = tree.swiftFiles.first(where: { $0.file.path == path }) else { return }
        var found: [(name: String, line: Int)] = []
        for offset in source.occurrences(of: "entry(") {
            guard let name = source.strings.first(where: { $0.lowerBound > offset }) else {
                continue
            }
            let next = source.occurrences(of: "entry(").first { $0 > offset } ?? source.bytes.count
            let text = String(decoding: source.bytes[offset..<next], as: UTF8.self)
            let isWithoutEffect = text.contains(".ignored") || text.contains(".unsupported(")
            let isCall = text.contains("_ name: String") || !text.contains("[")
            if isWithoutEffect || isCall { continue }
            let word = String(decoding: source.bytes[name], as: UTF8.self)
            found.append((word, source.line(at: offset)))
        }
        #expect(!found.isEmpty, "no parameter was found in \(path)")
        expectNone(missing(found, of: path, in: "docs/models.md"))
    }

    @Test("docs/remote-models.md names every option and every transform of remote models")
    func remoteOptionsAreDocumented() {
        let page = "docs/remote-models.md"
        let options = "Sources/BorealRemote/Options/RemoteOption.swift"
        let found = names(in: options, matching: /\.init\("(\w+)"/)
        #expect(!found.isEmpty, "no option was found in \(options)")
        expectNone(missing(found, of: options, in: page))
        let codecs = "Sources/BorealRemote/Codecs/CodecChoice.swift"
        let parts = names(in: codecs, matching: /^    case \w+ = "([\w.]+)"$/)
        #expect(!parts.isEmpty, "no transform was found in \(codecs)")
        let text = tree.file(page)?.text ?? ""
        expectNone(
            parts.filter { !text.contains("`\($0.name)`") }
                .map { Finding(codecs, $0.line, "'\($0.name)' is missing in \(page): document it") }
        )
    }

    @Test("docs/sql-dialect.md names every metric of EVALUATE")
    func metricsAreDocumented() {
        let path = "Sources/BorealEngine/Features/EvaluationMetric.swift"
        guard let lines = tree.file(path)?.lines else { return }
        var found: [(name: String, line: Int)] = []
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("    /// What") || line.contains("enum Task") { break }
            if let match = line.firstMatch(of: /^    case \w+ = "(\w+)"$/) {
                found.append((String(match.1), index + 1))
            } else if let match = line.firstMatch(of: /^    case (\w+)$/) {
                found.append((String(match.1), index + 1))
            }
        }
        #expect(!found.isEmpty, "no metric was found in \(path)")
        expectNone(missing(found, of: path, in: "docs/sql-dialect.md"))
    }

    @Test("docs/operations.md names every command and every long option")
    func commandsAreDocumented() {
        var findings: [Finding] = []
        var count = 0
        for file in tree.files where file.isBelow("Sources/boreal/") {
            let commands = names(in: file.path, matching: /commandName: "([\w-]+)"/)
            let options = names(in: file.path, matching: /\.customLong\("([\w-]+)"\)/)
                .map { (name: "--" + $0.name, line: $0.line) }
            count += commands.count
            findings += missing(commands + options, of: file.path, in: "docs/operations.md")
        }
        #expect(count > 0, "no command was found in Sources/boreal")
        expectNone(findings)
    }

    @Test("docs/operations.md names every environment variable the product reads")
    func variablesAreDocumented() {
        var findings: [Finding] = []
        for source in tree.productFiles {
            let found = names(in: source.file.path, matching: /getenv\("(\w+)"\)/)
            findings += missing(found, of: source.file.path, in: "docs/operations.md")
        }
        expectNone(findings)
    }
}
