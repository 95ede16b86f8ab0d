package import BorealBase
package import BorealUpstream
import BorealWire

/// Opens a query at the source over a connection of its own, from any thread; the database is nil
/// for that of the source's URL.
package typealias SourceOpener =
    @Sendable (_ text: [UInt8], _ database: String?) -> UpstreamRows

extension Engine {
    /// Asks the source for a query over a connection of its own.
    ///
    /// - Parameter database: the default database there; empty for the source's own default.
    /// - Throws: `internalError` when there is no source.
    func openAtSource(_ text: String, database: String) throws(ServerError) -> UpstreamRows {
        guard let open = sourceOpener else { throw .internalError("there is no source") }
        return open(Array(text.utf8), database.isEmpty ? nil : database)
    }

    /// The rows of a query of the source on the thread of a job, which may wait.
    ///
    /// - Throws: what the source says; `interrupted` when the job is asked to end.
    func openAtSource(
        _ text: String,
        database: String,
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any QuerySource {
        let rows = try openAtSource(text, database: database)
        do throws(ServerError) {
            while true {
                switch rows.head {
                case .pending: try SourceQuery.wait(for: rows, cancellation)
                case .failed(let error): throw ServerError(upstream: error, server: rows.server)
                case .columns(let columns):
                    let query = SourceQuery(columns, rows) { rows throws(ServerError) in
                        try SourceQuery.wait(for: rows, cancellation)
                    }
                    return query.source(cancellation)
                }
            }
        } catch {
            rows.close()
            throw error
        }
    }
}
