import BorealBase
import BorealSQLite
import Glibc

/// What `boreal check` looks at: the database file, every artifact and every reference.
///
/// It opens its own connection and only reads, so it may run beside a live server.
public struct CatalogCheck: Sendable {
    /// Something that is not as it must be.
    public enum Problem: Equatable, Sendable, CustomStringConvertible {
        /// A line of SQLite's integrity check.
        case database(String)
        /// A row refers to a row that is not there.
        case brokenReference(table: String, parent: String)
        /// A row of `artifacts` without its file.
        case missing(hash: String)
        /// The file has another size.
        case wrongSize(hash: String, expected: Int64, found: Int64)
        /// The bytes are not what the name says.
        case wrongHash(hash: String, found: String)
        /// The file could not be read.
        case unreadable(hash: String, code: Int32)
        /// The count in the row is not the number of rows that refer to it.
        case wrongReferenceCount(hash: String, expected: Int64, found: Int64)
        /// A file that no row refers to; the next start removes it.
        case unreferencedFile(path: String)
        /// A model whose default version is not among its versions.
        case noDefaultVersion(model: String)
        /// A version or task that should be at work, and no job works for it.
        case stranded(String)
        /// An upload's row without its file.
        case missingUpload(name: String)

        /// One line for the terminal.
        public var description: String {
            switch self {
            case .database(let line): "catalog.db: \(line)"
            case .brokenReference(let table, let parent):
                "a row of \(table) refers to a missing row of \(parent)"
            case .missing(let hash): "artifact \(hash): the file is missing"
            case .wrongSize(let hash, let expected, let found):
                "artifact \(hash): \(found) bytes instead of \(expected)"
            case .wrongHash(let hash, let found): "artifact \(hash): the bytes hash to \(found)"
            case .unreadable(let hash, let code): "artifact \(hash): error \(code) while reading"
            case .wrongReferenceCount(let hash, let expected, let found):
                "artifact \(hash): \(found) references counted, \(expected) found"
            case .unreferencedFile(let path): "'\(path)' belongs to nothing"
            case .noDefaultVersion(let model): "model '\(model)' has lost its default version"
            case .stranded(let what): "\(what) is unfinished and no job works for it"
            case .missingUpload(let name): "upload '\(name)': the file is missing"
            }
        }
    }

    /// What a check found.
    public struct Report: Equatable, Sendable {
        /// At most `CatalogLimits.problemsMax` of them.
        public internal(set) var problems: [Problem] = []
        /// Problems beyond those listed.
        public internal(set) var moreProblems = 0
        /// Models in the catalog.
        public internal(set) var modelCount = 0
        /// Tasks in the catalog.
        public internal(set) var taskCount = 0
        /// Artifacts that were read and hashed.
        public internal(set) var artifactCount = 0
        /// Bytes that were hashed.
        public internal(set) var artifactBytes: Int64 = 0

        /// True when there is nothing to worry about.
        public var isClean: Bool { problems.isEmpty }

        mutating func add(_ problem: Problem) {
            if problems.count < CatalogLimits.problemsMax {
                problems.append(problem)
            } else {
                moreProblems += 1
            }
        }
    }

    private let layout: DataLayout
    private let connection: SQLiteConnection
    private var report = Report()

    /// Looks at everything.
    ///
    /// - Throws: `CatalogError` when the catalog cannot be opened or loaded at all.
    public static func run(_ layout: DataLayout) throws(CatalogError) -> Report {
        guard FileSystem.file(layout.catalog) != nil else {
            throw .notACatalog(path: layout.catalog)
        }
        let connection = try catching { () throws(SQLiteError) in
            try SQLiteConnection(.readOnly(layout.catalog))
        }
        _ = try Schema.read(connection, path: layout.catalog)
        var check = CatalogCheck(layout: layout, connection: connection)
        try check.checkDatabase()
        let content = try check.load()
        check.checkRows(content)
        try check.checkArtifacts(content)
        check.checkFiles(content)
        return check.report
    }

    private init(layout: DataLayout, connection: SQLiteConnection) {
        self.layout = layout
        self.connection = connection
    }

    // MARK: - Rows

    private mutating func checkDatabase() throws(CatalogError) {
        let lines = try catching { () throws(SQLiteError) in
            try connection.rows("PRAGMA integrity_check(100)")
        }
        for line in lines.compactMap({ $0.first?.text }) where line != "ok" {
            report.add(.database(line))
        }
        let broken = try catching { () throws(SQLiteError) in
            try connection.rows("PRAGMA foreign_key_check")
        }
        for row in broken {
            let table = row.first?.text ?? ""
            report.add(
                .brokenReference(table: table, parent: row.count > 2 ? row[2].text ?? "" : "")
            )
        }
    }

    /// All tables at one moment.
    private func load() throws(CatalogError) -> CatalogContent {
        try catching { () throws(SQLiteError) in try connection.execute("BEGIN") }
        defer { connection.rollBack() }
        return try CatalogLoader(connection).load()
    }

    private mutating func checkRows(_ content: CatalogContent) {
        report.modelCount = content.models.count
        report.taskCount = content.tasks.count
        let atWork = Set(content.jobs.values.map { $0.subject })
        for model in content.models.values.sorted(by: { $0.key < $1.key }) {
            if model.version(model.defaultVersionID) == nil {
                report.add(.noDefaultVersion(model: model.name))
            }
            for version in model.versions
            where version.status.isUnfinished && !atWork.contains(.version(version.id)) {
                report.add(.stranded("model '\(model.name)' \(version.name)"))
            }
        }
        for task in content.tasks.values
        where !task.status.isFinal && !atWork.contains(.task(task.id)) {
            report.add(.stranded("task \(task.id)"))
        }
        for feature in content.features.values
        where feature.status.isUnfinished && !atWork.contains(.feature(feature.id)) {
            report.add(.stranded("feature '\(feature.name)'"))
        }
        for upload in content.uploads.values
        where FileSystem.file("\(layout.uploads)/\(upload.name)") == nil {
            report.add(.missingUpload(name: upload.name))
        }
        let counted = Self.references(content)
        for hash in content.artifacts.keys.sorted() {
            let found = content.artifacts[hash]?.referenceCount ?? 0
            let expected = counted[hash] ?? 0
            if found != expected {
                report.add(.wrongReferenceCount(hash: hash, expected: expected, found: found))
            }
        }
    }

    /// How many rows refer to each artifact.
    private static func references(_ content: CatalogContent) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for version in content.models.values.flatMap({ $0.versions }) {
            for reference in [version.artifact, version.secondArtifact].compactMap({ $0 }) {
                counts[reference.hash, default: 0] += 1
            }
        }
        for task in content.tasks.values {
            for reference in [task.artifact, task.modelArtifact].compactMap({ $0 }) {
                counts[reference.hash, default: 0] += 1
            }
        }
        for reference in content.features.values.compactMap({ $0.artifact }) {
            counts[reference.hash, default: 0] += 1
        }
        return counts
    }

    // MARK: - Files

    private mutating func checkArtifacts(_ content: CatalogContent) throws(CatalogError) {
        for hash in content.artifacts.keys.sorted() {
            let bytes = content.artifacts[hash]?.bytes ?? 0
            guard let problem = try checkArtifact(hash, bytes: bytes) else { continue }
            // A live server may have dropped it since the rows were read.
            let isStillThere = try catching { () throws(SQLiteError) in
                try !connection.rows("SELECT 1 FROM artifacts WHERE hash = ?", [.text(hash)])
                    .isEmpty
            }
            if isStillThere { report.add(problem) }
        }
    }

    private mutating func checkArtifact(
        _ hash: String,
        bytes: Int64
    ) throws(CatalogError) -> Problem? {
        let path = layout.artifact(hash: hash)
        guard ArtifactReference.isHash(hash), let file = FileSystem.file(path) else {
            return .missing(hash: hash)
        }
        guard file.bytes == bytes else {
            return .wrongSize(hash: hash, expected: bytes, found: file.bytes)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .unreadable(hash: hash, code: errno) }
        defer { close(descriptor) }
        let hasher = try SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 { return .unreadable(hash: hash, code: errno) }
            if count == 0 { break }
            try withBytes(of: buffer) { (bytes) throws(CatalogError) in
                try hasher.update(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            }
        }
        report.artifactCount += 1
        report.artifactBytes += bytes
        let found = try hasher.finish()
        return found == hash ? nil : .wrongHash(hash: hash, found: found)
    }

    /// Files that belong to nothing. Those of the last hour may be on their way into the catalog.
    private mutating func checkFiles(_ content: CatalogContent) {
        let limit = Instant.now.seconds - 3_600
        for shelf in FileSystem.names(in: layout.artifacts) {
            let path = "\(layout.artifacts)/\(shelf)"
            guard FileSystem.isDirectory(path) else {
                reportOld(path, limit: limit)
                continue
            }
            for name in FileSystem.names(in: path) where content.artifacts[name] == nil {
                reportOld("\(path)/\(name)", limit: limit)
            }
        }
    }

    private mutating func reportOld(_ path: String, limit: Int64) {
        guard let file = FileSystem.file(path), file.modifiedSeconds < limit else { return }
        report.add(.unreferencedFile(path: String(path.dropFirst(layout.root.utf8.count + 1))))
    }
}
