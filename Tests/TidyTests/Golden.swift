import Foundation
import Testing

/// Recorded results that `make golden` writes and every other run compares with.
enum Golden {
    /// True in `make golden`.
    static let isRewriting = ProcessInfo.processInfo.environment["BOREAL_GOLDEN"] == "rewrite"

    /// Replaces the lines between `<!-- name: ... -->` and `<!-- end of name -->` in a document.
    ///
    /// - Returns: a finding when the document says something else and is not being rewritten.
    static func table(
        _ name: String,
        in path: String,
        of tree: Repository,
        is lines: [String]
    ) -> Finding? {
        let text = tree.file(path)?.lines.map(String.init) ?? []
        guard let start = text.firstIndex(where: { $0.hasPrefix("<!-- \(name):") }),
            let end = text.firstIndex(of: "<!-- end of \(name) -->"), start < end
        else {
            return Finding(path, 0, "the lines '<!-- \(name): ... -->' and its end are missing")
        }
        let wanted = [""] + lines + [""]
        let present = Array(text[(start + 1)..<end])
        guard present != wanted else { return nil }
        guard isRewriting else {
            let differs = zip(present, wanted).prefix { $0 == $1 }.count
            return Finding(
                path,
                start + 2 + differs,
                "the table '\(name)' is not what the code says: run 'make golden', read the diff"
            )
        }
        let rewritten = text[...start] + wanted + text[end...]
        write(rewritten.joined(separator: "\n") + "\n", to: path, of: tree)
        return nil
    }

    /// Writes a file of the tree.
    static func write(_ text: String, to path: String, of tree: Repository) {
        do {
            try text.write(toFile: tree.root + "/" + path, atomically: true, encoding: .utf8)
        } catch {
            Issue.record("cannot write \(path): \(error)")
        }
    }
}
