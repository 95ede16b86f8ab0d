import Testing

@Suite struct DocumentationTests {
    let tree = Repository.current

    private var documents: [RepositoryFile] { tree.files.filter { $0.fileExtension == "md" } }

    @Test("links in the docs lead to files and headings that exist")
    func linksLeadSomewhere() {
        var findings: [Finding] = []
        for document in documents {
            let folder = document.path.split(separator: "/").dropLast()
            for (index, line) in document.lines.enumerated() {
                for match in line.matches(of: /\]\(([^)\s]+)\)/) {
                    let target = String(match.1)
                    if target.contains("://") || target.hasPrefix("mailto:") { continue }
                    if let advice = objection(
                        to: target,
                        in: document,
                        folder: folder.map(String.init)
                    ) {
                        findings.append(Finding(document.path, index + 1, advice))
                    }
                }
            }
        }
        expectNone(findings)
    }

    private func objection(
        to target: String,
        in document: RepositoryFile,
        folder: [String]
    ) -> String? {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var path = document.path
        if !parts[0].isEmpty {
            var place = folder
            for step in parts[0].split(separator: "/") {
                if step == ".." {
                    _ = place.popLast()
                } else if step != "." {
                    place.append(String(step))
                }
            }
            path = place.joined(separator: "/")
        }
        guard path.isEmpty || tree.exists(path) else { return "\(path) does not exist" }
        guard parts.count == 2, let file = tree.file(path) else { return nil }
        return headings(of: file).contains(String(parts[1]))
            ? nil
            : "\(path) has no heading '#\(parts[1])'"
    }

    /// Headings as links spell them.
    private func headings(of file: RepositoryFile) -> Set<String> {
        var found: Set<String> = []
        var isFenced = false
        for line in file.lines {
            if line.hasPrefix("```") { isFenced.toggle() }
            guard !isFenced, line.hasPrefix("#") else { continue }
            let title = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
            let kept = title.filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
            found.insert(kept.replacing(" ", with: "-"))
        }
        return found
    }

    @Test("paths and make verbs that the docs name exist")
    func namedPathsExist() {
        let verbs = Set(
            (tree.file("Makefile")?.lines ?? []).compactMap { line in
                line.firstMatch(of: /^([a-z-]+):/).map { String($0.1) }
            }
        )
        var findings: [Finding] = []
        for document in documents where document.path != "CHANGELOG.md" {
            for (index, line) in document.lines.enumerated() {
                for match in line.matches(of: /`((?:Sources|Tests|Fixtures|docs|\.ci)\/[^`\s]*)`/) {
                    let path = String(match.1)
                    if path.contains("*") || path.contains("<") || path.contains("NNNN") {
                        continue
                    }
                    if !tree.exists(path) {
                        findings.append(Finding(document.path, index + 1, "\(path) does not exist"))
                    }
                }
                for match in line.matches(of: /`make ([a-z-]+)/)
                where !verbs.contains(String(match.1)) {
                    findings.append(
                        Finding(document.path, index + 1, "make has no verb '\(match.1)'")
                    )
                }
                for match in line.matches(of: /\bBoreal[A-Z]\w+\b/) {
                    let name = String(match.0)
                    let isTests = name.hasSuffix("Tests")
                    if Layers.layer[name] == nil, !(isTests && tree.exists("Tests/\(name)")) {
                        findings.append(
                            Finding(document.path, index + 1, "no target is called \(name)")
                        )
                    }
                }
            }
        }
        expectNone(findings)
    }

    @Test("the README fits on four screens and the changelog keeps its form")
    func readmeAndChangelog() {
        let readme = tree.file("README.md")?.lines.count ?? 0
        #expect(readme > 0 && readme < 200, "README.md has \(readme) lines: keep it under 200")
        var findings: [Finding] = []
        let log = tree.file("CHANGELOG.md")?.lines ?? []
        #expect(log.contains("## [Unreleased]"), "CHANGELOG.md has no '## [Unreleased]'")
        for (index, line) in log.enumerated() where line.hasPrefix("### ") {
            let kinds = ["Added", "Changed", "Fixed", "Removed"]
            if !kinds.contains(String(line.dropFirst(4))) {
                findings.append(
                    Finding(
                        "CHANGELOG.md",
                        index + 1,
                        "a section is one of \(kinds.joined(separator: ", "))"
                    )
                )
            }
        }
        expectNone(findings)
    }

    @Test("decision records are numbered without gaps and say context, choice, consequence")
    func decisionsHaveTheirForm() {
        var findings: [Finding] = []
        let records = tree.files.filter { $0.isBelow("docs/decisions/") }
        for (index, record) in records.enumerated() {
            let number = String(index + 1)
            let expected =
                "docs/decisions/" + String(repeating: "0", count: 4 - number.count) + number
            if !record.path.hasPrefix(expected + "-") {
                findings.append(
                    Finding(record.path, 0, "expected the number \(expected.suffix(4))")
                )
            }
            for heading in ["## Context", "## Choice", "## Consequence"]
            where !record.lines.contains(Substring(heading)) {
                findings.append(Finding(record.path, 0, "the heading '\(heading)' is missing"))
            }
        }
        expectNone(findings)
    }

    @Test("docs/errors.md lists every error code, and no other")
    func errorsAreListed() {
        let path = "docs/errors.md"
        let table = ErrorTable(tree)
        var listed: [String: (line: Int, number: Int, state: String)] = [:]
        var findings: [Finding] = []
        for (index, line) in (tree.file(path)?.lines ?? []).enumerated() {
            guard let match = line.firstMatch(of: /^\| (\d+) \| (\w{5}) \| `(\w+)` \| (.+) \|$/)
            else {
                continue
            }
            listed[String(match.3)] = (index + 1, Int(match.1) ?? 0, String(match.2))
        }
        for entry in table.entries {
            let row = "| \(entry.number) | \(entry.sqlState) | `\(entry.name)` | ... |"
            guard let found = listed.removeValue(forKey: entry.name) else {
                findings.append(Finding(path, 0, "add the row \(row)"))
                continue
            }
            if found.number != entry.number || found.state != entry.sqlState {
                findings.append(Finding(path, found.line, "the code says \(row)"))
            }
        }
        for (name, row) in listed {
            findings.append(
                Finding(path, row.line, "'\(name)' is no case of ServerErrorCode: remove it")
            )
        }
        expectNone(findings)
    }

    @Test("docs/operations.md lists every limit and every setting as the code has it")
    func limitsAndSettingsAreListed() {
        let limits = LimitConstant.all(in: tree)
        let settings = SettingRow.all(in: tree)
        #expect(!limits.isEmpty, "no limit was found in the sources")
        #expect(!settings.isEmpty, "no setting was found in the sources")
        var findings = limits.filter { $0.meaning.isEmpty }
            .map { Finding($0.path, $0.line, "\($0.name) needs a doc comment: the docs print it") }
        let path = "docs/operations.md"
        // One after the other: the second rewrite must see the first.
        if let finding = Golden.table("limits", in: path, of: tree, is: LimitConstant.table(limits))
        {
            findings.append(finding)
        }
        let current = Golden.isRewriting ? Repository(root: tree.root) : tree
        if let finding = Golden.table(
            "settings",
            in: path,
            of: current,
            is: SettingRow.table(settings)
        ) {
            findings.append(finding)
        }
        expectNone(findings)
    }
}
