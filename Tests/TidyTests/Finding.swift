import Testing

/// One thing that is wrong in the tree: where, and what to do about it.
struct Finding: Comparable, CustomStringConvertible {
    /// Path from the root.
    let path: String
    /// Counted from 1; 0 when the whole file or its absence is meant.
    let line: Int
    /// What is wrong and what to do.
    let advice: String

    init(_ path: String, _ line: Int, _ advice: String) {
        self.path = path
        self.line = line
        self.advice = advice
    }

    var description: String { line > 0 ? "\(path):\(line): \(advice)" : "\(path): \(advice)" }

    static func < (left: Finding, right: Finding) -> Bool {
        (left.path, left.line, left.advice) < (right.path, right.line, right.advice)
    }
}

/// Fails the running test with one line a finding, most of them first by path and line.
func expectNone(
    _ findings: [Finding],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard !findings.isEmpty else { return }
    let shown = findings.sorted().prefix(60).map { "  \($0)" }.joined(separator: "\n")
    let rest = findings.count > 60 ? "\n  ... and \(findings.count - 60) more" : ""
    Issue.record(
        "\(findings.count) to put right:\n\(shown)\(rest)",
        sourceLocation: sourceLocation
    )
}
