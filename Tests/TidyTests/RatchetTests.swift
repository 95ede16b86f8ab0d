import Testing

@Suite struct RatchetTests {
    let tree = Repository.current

    /// Where the figures stand that may only get better.
    private static let path = "Tests/TidyTests/ratchet.txt"

    private var recorded: [String: Double] {
        var values: [String: Double] = [:]
        for line in tree.file(Self.path)?.lines ?? [] where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            if words.count == 2, let value = Double(words[1]) { values[String(words[0])] = value }
        }
        return values
    }

    @Test("no figure of the tree is worse than recorded, unless it is within its bar")
    func figuresOnlyGetBetter() {
        let figures = Figure.all(of: tree)
        let known = recorded
        if Golden.isRewriting {
            record(figures, over: known)
            return
        }
        var findings: [Finding] = []
        for figure in figures {
            guard let before = known[figure.name] else {
                findings.append(
                    Finding(Self.path, 0, "\(figure.name) is missing: run 'make golden'")
                )
                continue
            }
            if figure.shortfall(figure.value) > figure.shortfall(before) {
                findings.append(
                    Finding(
                        Self.path,
                        0,
                        "\(figure.name) went from \(before) to \(figure.value): \(figure.advice)"
                    )
                )
            }
        }
        expectNone(findings)
    }

    /// Writes what is better than before and keeps the rest.
    private func record(_ figures: [Figure], over known: [String: Double]) {
        var lines = [
            "# Figures of the tree as last recorded. One outside its bar (the line above it)",
            "# may not get worse; 'make golden' records what got better.",
        ]
        for figure in figures {
            let before = known[figure.name]
            let isBetter =
                before.map { figure.shortfall(figure.value) <= figure.shortfall($0) } ?? true
            let upper = figure.bar.upperBound > 1e9 ? "" : "\(figure.bar.upperBound)"
            lines.append("# \(figure.bar.lowerBound)...\(upper)")
            lines.append("\(figure.name) \(isBetter ? figure.value : before ?? figure.value)")
        }
        Golden.write(lines.joined(separator: "\n") + "\n", to: Self.path, of: tree)
    }
}
