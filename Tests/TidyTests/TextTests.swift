import Testing

@Suite struct TextTests {
    let tree = Repository.current

    /// Every text of ours.
    private var texts: [RepositoryFile] {
        tree.files.filter { $0.text != nil && $0.path != "LICENSE" }
    }

    private func lines(
        _ files: [RepositoryFile],
        _ objection: (Substring) -> String?
    ) -> [Finding] {
        var findings: [Finding] = []
        for file in files {
            for (number, line) in file.lines.enumerated() {
                if let advice = objection(line) {
                    findings.append(Finding(file.path, number + 1, advice))
                }
            }
        }
        return findings
    }

    @Test("no tabs outside the Makefile, tables and Go, whose own formatter wants them")
    func noTabs() {
        let files = texts.filter {
            $0.path != "Makefile" && $0.fileExtension != "tsv" && $0.fileExtension != "go"
        }
        expectNone(lines(files) { $0.utf8.contains(0x09) ? "a tab: use four spaces, or \\t" : nil })
    }

    @Test("no blanks at line ends, no carriage returns")
    func noTrailingBlanks() {
        expectNone(
            lines(texts) { line in
                guard let last = line.utf8.last else { return nil }
                return [0x20, 0x09, 0x0D].contains(last) ? "blanks at the end: remove them" : nil
            }
        )
    }

    @Test("every text ends with exactly one line end")
    func oneFinalLineEnd() {
        let wrong = texts.filter { file in
            guard let text = file.text, !text.isEmpty else { return false }
            return !text.hasSuffix("\n") || text.hasSuffix("\n\n")
        }
        expectNone(wrong.map { Finding($0.path, $0.lines.count, "end it with one line end") })
    }

    @Test("nothing is left for later: open an issue instead")
    func nothingLeftOver() {
        // Put together here so that this file does not find itself.
        let marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "XX" + "X:"]
        expectNone(
            lines(texts) { line in
                marks.first { line.containsWord($0) }.map { "\($0): do it or open an issue" }
            }
        )
    }

    @Test("no path of somebody's machine")
    func noMachinePaths() {
        let roots = ["work", "root", "home", "tmp/dev", "Users"].map { "/" + $0 + "/" }
        let files = texts.filter { !$0.isBelow("Fixtures/") }
        expectNone(
            lines(files) { line in
                let blanked = line.replacing("$HOME/", with: "")
                guard let root = roots.first(where: { blanked.containsPath($0) }) else {
                    return nil
                }
                return "\(root) is a path of one machine: name it by the tree or by a variable"
            }
        )
    }

    @Test("notes that are not in the tree are not cited")
    func noForeignCitations() {
        let files = texts.filter { !$0.isBelow("Tests/TidyTests/") }
        let pattern =
            /(?i)\b(rulings? \d+|dialect \d\.\d+|(design|rulings|style|platform|gateway)\.md)\b/
        expectNone(
            lines(files) { line in
                guard let match = line.firstMatch(of: pattern) else { return nil }
                return
                    "'\(match.0)' cannot be opened here: give the reason, or a page of docs/"
            }
        )
    }

    @Test("files are named after what they hold")
    func noNamesWithoutMeaning() {
        let banned = ["Util", "Utils", "Utilities", "Common", "Misc", "Helpers", "Extensions"]
        var findings: [Finding] = []
        for file in tree.files where !file.isBelow("Fixtures/") {
            for part in file.path.split(separator: "/") {
                let name = part.split(separator: ".").first.map(String.init) ?? ""
                if banned.contains(name) {
                    findings.append(
                        Finding(file.path, 0, "'\(name)' says nothing: name the noun in it")
                    )
                }
            }
        }
        expectNone(findings)
    }

    @Test("types leave the standard library's names alone")
    func noStolenTypeNames() {
        let taken = ["Task", "Result", "Error", "Data", "Character"]
        var findings: [Finding] = []
        for source in tree.productFiles {
            for keyword in ["struct", "class", "enum", "actor", "protocol", "typealias"] {
                for offset in source.occurrences(of: keyword) {
                    let line = source.line(at: offset)
                    let words = source.code(ofLine: line)
                        .split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") })
                    guard let place = words.firstIndex(of: Substring(keyword)),
                        place + 1 < words.count, taken.contains(String(words[place + 1]))
                    else { continue }
                    findings.append(
                        Finding(
                            source.file.path,
                            line,
                            "the standard library owns \(words[place + 1])"
                        )
                    )
                }
            }
        }
        expectNone(findings)
    }
}

extension Substring {
    /// True when `word` stands in the line without a letter or digit at either side.
    fileprivate func containsWord(_ word: String) -> Bool {
        var rest = self
        while let range = rest.firstRange(of: word) {
            let before = range.lowerBound > startIndex ? self[index(before: range.lowerBound)] : " "
            let after = range.upperBound < endIndex ? self[range.upperBound] : " "
            if !before.isLetter, !before.isNumber, !after.isLetter, !after.isNumber { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// True when `path` begins an absolute path in the line.
    fileprivate func containsPath(_ path: String) -> Bool {
        guard let range = firstRange(of: path) else { return false }
        guard range.lowerBound > startIndex else { return true }
        let before = self[index(before: range.lowerBound)]
        return !before.isLetter && !before.isNumber && !"./_-<>*~}".contains(before)
    }
}
