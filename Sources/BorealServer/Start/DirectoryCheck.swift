import BorealCatalog
import BorealTables
import Glibc

/// What `boreal check` looks at: the registry with its artifacts, and the tables.
public enum DirectoryCheck {
    /// What was found.
    public struct Report: Sendable {
        /// One line a finding, and a summary.
        public internal(set) var lines: [String]
        /// Findings that are problems.
        public internal(set) var problemCount: Int
        /// True when there is nothing to worry about.
        public var isClean: Bool { problemCount == 0 }
    }

    /// Reads everything below a data directory.
    ///
    /// - Throws: `ServerStartError.storage` when it is no data directory.
    public static func run(_ path: String) throws -> Report {
        let layout = DataLayout(root: path)
        var lines: [String] = []
        var problems = 0
        do {
            let report = try CatalogCheck.run(layout)
            lines += report.problems.map(\.description)
            problems += report.problems.count + report.moreProblems
            lines.append(
                "catalog: \(report.modelCount) models, \(report.taskCount) tasks, "
                    + "\(report.artifactCount) artifacts (\(report.artifactBytes) bytes) verified"
            )
        } catch {
            throw ServerStartError.storage("\(error)")
        }
        if access(layout.tables, F_OK) == 0 {
            let found = TableStore.check(path: layout.tables)
            problems += found.count
            lines += found.isEmpty ? ["tables: verified"] : found.map { "tables.db: \($0)" }
        }
        return Report(lines: lines, problemCount: problems)
    }
}
