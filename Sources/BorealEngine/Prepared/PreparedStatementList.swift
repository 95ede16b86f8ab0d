import BorealBase
import Synchronization

/// The prepared statements of one session, within limits: how many all sessions may have, and how
/// much text one may keep.
final class PreparedStatementList {
    private let total: PreparedStatementCount
    private var byID: [UInt32: PreparedStatement] = [:]
    private var byName: [String: PreparedStatement] = [:]
    private var textBytes = 0

    init(_ total: PreparedStatementCount) { self.total = total }

    deinit { removeAll() }

    /// True when a statement that has a name runs at a source.
    var hasNamed: Bool { byName.values.contains { $0.named != nil } }

    subscript(id id: UInt32) -> PreparedStatement? { byID[id] }

    /// Names are the same in any case.
    subscript(name name: String) -> PreparedStatement? { byName[name.lowercased()] }

    /// - Parameter limit: `max_prepared_stmt_count`.
    /// - Throws: `preparedStatementsMax`, `memoryLimit`.
    func keep(_ statement: PreparedStatement, id: UInt32, limit: Int) throws(ServerError) {
        try count(statement, limit)
        byID[id] = statement
    }

    /// The same under a name that no statement has.
    func keep(_ statement: PreparedStatement, name: String, limit: Int) throws(ServerError) {
        try count(statement, limit)
        byName[name.lowercased()] = statement
    }

    func remove(id: UInt32) { forget(byID.removeValue(forKey: id)) }

    /// - Returns: false when there is none of that name.
    @discardableResult
    func remove(name: String) -> Bool { forget(byName.removeValue(forKey: name.lowercased())) }

    /// COM_RESET_CONNECTION, and the session's end.
    func removeAll() {
        total.remove(byID.count + byName.count)
        byID = [:]
        byName = [:]
        textBytes = 0
    }

    private func count(_ statement: PreparedStatement, _ limit: Int) throws(ServerError) {
        guard textBytes + statement.text.count <= Limits.preparedBytesMax else {
            throw ServerError(
                .memoryLimit,
                "The prepared statements of a session may have \(Limits.preparedBytesMax) bytes"
            )
        }
        guard total.add(limit: limit) else {
            throw ServerError(
                .preparedStatementsMax,
                "Can't create more than max_prepared_stmt_count statements "
                    + "(current value: \(limit))"
            )
        }
        textBytes += statement.text.count
    }

    @discardableResult
    private func forget(_ statement: PreparedStatement?) -> Bool {
        guard let statement else { return false }
        textBytes -= statement.text.count
        total.remove(1)
        return true
    }
}

/// How many prepared statements all sessions have.
final class PreparedStatementCount: Sendable {
    private let value = Mutex(0)

    /// - Returns: false when there are as many as there may be.
    func add(limit: Int) -> Bool {
        value.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func remove(_ statements: Int) { value.withLock { $0 -= statements } }
}
