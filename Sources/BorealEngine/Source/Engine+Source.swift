import BorealBase
package import BorealUpstream
import BorealWire

/// How sources are reached over connections of their own, from any thread.
///
/// The server is nil for the source that this server was started with.
package struct SourceOpener: Sendable {
    /// Begins a query.
    package typealias Query =
        @Sendable (_ server: UpstreamServer?, _ text: [UInt8], _ place: Place) -> UpstreamRows

    /// In what session a query runs.
    package struct Place: Sendable {
        /// The default database; nil for that of the source's URL.
        package var database: String?
        /// A statement that goes before; empty for none.
        package var setUp: [UInt8] = []

        /// The source's own.
        package init() {}
    }

    /// How a query is begun.
    let query: Query
    /// Opens a connection for changes.
    let commands: @Sendable (_ server: UpstreamServer?) -> UpstreamCommands

    /// - Parameters: see the stored properties.
    package init(
        query: @escaping Query,
        commands: @escaping @Sendable (_ server: UpstreamServer?) -> UpstreamCommands
    ) {
        self.query = query
        self.commands = commands
    }
}

extension Engine {
    /// Asks a source for a query over a connection of its own.
    ///
    /// - Parameter job: whose database and settings hold at the source of the start; nil for those
    ///   of the URL and of the server, which always hold at sources by name.
    /// - Throws: 1477 and 9055 for a source by name that is no more or cannot be used,
    ///   `internalError` when there is no source.
    func openAtSource(
        _ query: ForeignQuery,
        _ job: JobPayload?
    ) throws(ServerError) -> UpstreamRows {
        guard let opener = sourceOpener else { throw .internalError("there is no source") }
        let text = Array(query.text.utf8)
        guard let name = query.source else {
            var place = SourceOpener.Place()
            if let job {
                place.database = job.database.isEmpty ? nil : job.database
                place.setUp = Array((job.source?.statement ?? "").utf8)
            }
            return opener.query(nil, text, place)
        }
        return opener.query(try sources.server(name), text, SourceOpener.Place())
    }

    /// A connection to a source for changes there; whoever takes it closes it.
    ///
    /// - Throws: as `openAtSource`.
    func commandsAtSource(_ source: String?) throws(ServerError) -> UpstreamCommands {
        guard let opener = sourceOpener else { throw .internalError("there is no source") }
        var server: UpstreamServer?
        if let source { server = try sources.server(source) }
        return opener.commands(server)
    }

    /// The rows of a query of a source on the thread of a job, which may wait. The query runs at
    /// once; when its tables changed just then, it is asked for once more.
    ///
    /// - Throws: what the source says; `interrupted` when the job is asked to end.
    func openAtSource(
        _ query: ForeignQuery,
        _ job: JobPayload?,
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any QuerySource {
        var isAgain = false
        while true {
            let rows = try openAtSource(query, job)
            do throws(ServerError) {
                let columns = try SourceQuery.columns(of: rows, cancellation)
                rows.start()
                try SourceQuery.wait(for: rows, cancellation)
                if isAgain || !rows.hasChanged {
                    let query = SourceQuery(columns, rows) { rows throws(ServerError) in
                        try SourceQuery.wait(for: rows, cancellation)
                    }
                    return query.source(cancellation)
                }
            } catch {
                rows.close()
                throw error
            }
            rows.close()
            isAgain = true
        }
    }
}
