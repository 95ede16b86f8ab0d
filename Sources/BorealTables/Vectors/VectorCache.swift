import BorealBase
import BorealSQLite
import Synchronization

/// Copies of vector columns in memory, the longest unused given up first.
///
/// A copy belongs to one version of its table. The version lies in the table's own file, is another
/// random number after each statement that may change the table, and is read in the reader's
/// snapshot: whoever reads a version reads the rows that it was given for.
final class VectorCache: Sendable {
    /// Which column of which table, and when.
    struct Key: Hashable {
        /// The table's name inside SQLite.
        var storage: String
        var column: String
        var version: Int64
    }

    private struct State {
        var bytesMax: Int
        var entries: [Key: (matrix: VectorMatrix, lastUse: UInt64)] = [:]
        var building: Set<Key> = []
        var bytes = 0
        var uses: UInt64 = 0

        mutating func makeRoom(for bytes: Int) {
            while self.bytes + bytes > bytesMax,
                let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                self.bytes -= oldest.value.matrix.bytes
                entries[oldest.key] = nil
            }
        }
    }

    private let state: Mutex<State>

    /// - Parameter bytesMax: of all copies together.
    init(bytesMax: Int) { state = Mutex(State(bytesMax: bytesMax)) }

    /// Bytes of all copies together.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Changes the limit; what lies above it is given up at once.
    var bytesMax: Int {
        get { state.withLock { $0.bytesMax } }
        set {
            state.withLock { state in
                state.bytesMax = newValue
                state.makeRoom(for: 0)
            }
        }
    }

    /// The copy, if there is one.
    func matrix(_ key: Key) -> VectorMatrix? {
        state.withLock { state in
            guard let known = state.entries[key] else { return nil }
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return known.matrix
        }
    }

    /// True when the caller is to make this copy; it ends with `finish` then.
    func begin(_ key: Key) -> Bool {
        state.withLock { state in
            state.bytesMax > 0 && state.building.insert(key).inserted
        }
    }

    /// Keeps a copy that was begun, in place of those of other versions; nil gives it up.
    func finish(_ key: Key, _ matrix: VectorMatrix?) {
        state.withLock { state in
            state.building.remove(key)
            guard let matrix, matrix.bytes <= state.bytesMax else { return }
            for old in state.entries.keys
            where old.storage == key.storage && old.column == key.column {
                state.bytes -= state.entries[old]?.matrix.bytes ?? 0
                state.entries[old] = nil
            }
            state.makeRoom(for: matrix.bytes)
            state.uses += 1
            state.entries[key] = (matrix, state.uses)
            state.bytes += matrix.bytes
        }
    }
}

extension StoredTable {
    /// It has a column of vectors that searches may copy.
    var hasVectors: Bool { !isTemporary && columns.contains { $0.type.base == .vector } }
}

extension SQLiteConnection {
    /// Gives a table with vectors another version: before the first change that a statement makes.
    func renewVectors(of table: StoredTable) throws(SQLiteError) {
        guard table.hasVectors else { return }
        try run(
            "INSERT OR REPLACE INTO boreal_vectors VALUES (?, ?)",
            [.text(table.storageName), .integer(.random(in: .min ... .max))]
        )
    }

    /// Forgets the version of a table that is dropped.
    func forgetVectors(of table: StoredTable) throws(SQLiteError) {
        guard table.hasVectors else { return }
        try run("DELETE FROM boreal_vectors WHERE storage = ?", [.text(table.storageName)])
    }
}
