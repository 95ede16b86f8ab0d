public import BorealBase
import BorealSQLite

/// One change of the registry, as the closure of `Catalog.write` sees it.
///
/// Each operation checks the rule, writes the row and changes the content that the next snapshot
/// is made of. It is valid only inside the closure.
public final class CatalogTransaction {
    private let statements: PreparedStatements
    /// What the next snapshot holds.
    var content: CatalogContent
    /// The moment that all rows of this change carry.
    public let now: Instant
    private(set) var isChanged = false
    private(set) var adopted: [PublishedArtifact] = []
    private(set) var released: Set<String> = []

    init(statements: PreparedStatements, content: CatalogContent, now: Instant) {
        self.statements = statements
        self.content = content
        self.now = now
    }

    /// The registry as this change leaves it so far.
    public var snapshot: CatalogSnapshot { CatalogSnapshot(content: content, generation: 0) }

    // MARK: - Statements

    /// Runs one statement; the first one of a change sets the mark that `undo` goes back to.
    func run(_ sql: String, _ values: [SQLiteValue]) throws(CatalogError) {
        try catching { () throws(SQLiteError) in
            if !isChanged {
                if !statements.connection.isInTransaction {
                    try statements.run("BEGIN IMMEDIATE")
                }
                try statements.run("SAVEPOINT change")
                isChanged = true
            }
            try statements.run(sql, values)
        }
    }

    /// Runs an INSERT and answers the row id.
    func insert(_ sql: String, _ values: [SQLiteValue]) throws(CatalogError) -> Int64 {
        try run(sql, values)
        return statements.connection.lastInsertRowID
    }

    func end() throws(CatalogError) {
        guard isChanged else { return }
        try catching { () throws(SQLiteError) in try statements.run("RELEASE change") }
    }

    /// Takes everything back.
    ///
    /// - Throws: when SQLite already rolled back the whole transaction, other changes included.
    func undo() throws(CatalogError) {
        guard isChanged else { return }
        try catching { () throws(SQLiteError) in
            try statements.run("ROLLBACK TO change")
            try statements.run("RELEASE change")
        }
    }

    // MARK: - Artifact references

    /// Adds a reference to a file that was just published.
    ///
    /// - Throws: `CatalogError.artifactMissing` for one that an earlier change took and dropped.
    func adopt(_ artifact: PublishedArtifact) throws(CatalogError) -> ArtifactReference {
        let hash = artifact.reference.hash
        guard artifact.isPinned || content.artifacts[hash] != nil else {
            throw .artifactMissing(hash: hash)
        }
        adopted.append(artifact)
        try retain(artifact.reference)
        return artifact.reference
    }

    /// Adds a reference to an artifact.
    func retain(_ reference: ArtifactReference) throws(CatalogError) {
        let hash = reference.hash
        try run(
            """
            INSERT INTO artifacts (hash, bytes, reference_count, created) VALUES (?, ?, 1, ?)
            ON CONFLICT (hash) DO UPDATE SET reference_count = reference_count + 1
            """,
            [.text(hash), .integer(reference.bytes), .integer(now.microseconds)]
        )
        let known = content.artifacts[hash]
        content.artifacts[hash] = CatalogContent.Artifact(
            bytes: reference.bytes,
            referenceCount: (known?.referenceCount ?? 0) + 1
        )
    }

    /// Takes a reference away; the row goes with the last one, the file after the commit.
    ///
    /// The referring column must already be cleared.
    func release(_ reference: ArtifactReference?) throws(CatalogError) {
        guard let reference, var artifact = content.artifacts[reference.hash] else { return }
        artifact.referenceCount -= 1
        if artifact.referenceCount > 0 {
            try run(
                "UPDATE artifacts SET reference_count = reference_count - 1 WHERE hash = ?",
                [.text(reference.hash)]
            )
            content.artifacts[reference.hash] = artifact
        } else {
            try run("DELETE FROM artifacts WHERE hash = ?", [.text(reference.hash)])
            content.artifacts[reference.hash] = nil
            released.insert(reference.hash)
        }
    }
}

extension SQLiteValue {
    /// A moment, NULL for none.
    static func time(_ instant: Instant?) -> SQLiteValue {
        instant.map { .integer($0.microseconds) } ?? .null
    }

    /// A text, NULL for none.
    static func optional(_ text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }

    /// 1 or 0.
    static func flag(_ value: Bool) -> SQLiteValue { .integer(value ? 1 : 0) }
}
