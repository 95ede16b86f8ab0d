package import BorealBase
import BorealTables
import BorealWire

extension Engine {
    /// Makes the database that embedded tables are reached by beside a source: `local.t`. It has to
    /// be there before anybody asks, and stays when the source is gone.
    package func makeLocalDatabase() throws(ServerError) {
        let session = TableSession(
            tables,
            identity: SessionIdentity(connectionID: 0, user: "boreal@localhost", account: "")
        )
        defer { session.close() }
        let statement = try session.question(
            "CREATE DATABASE IF NOT EXISTS `local`",
            cancellation: CancellationFlag()
        )
        var writer = RowWriter(sequenceID: 0, capabilities: [], format: .text)
        var buffer = ByteBuffer()
        do {
            // It has no rows and, before anybody is connected, nothing to wait for.
            _ = try statement.step(into: &writer, buffer: &buffer, budgetBytes: Limits.stepBytes)
        } catch {
            throw ServerError(table: error)
        }
        statement.close()
    }
}
