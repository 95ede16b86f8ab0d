import BorealEngine

/// A session on its way to a worker.
// Unchecked: `ClientConnection` gives it to one thread at a time.
struct SessionHandle: @unchecked Sendable {
    let session: ClientSession

    init(_ session: ClientSession) { self.session = session }
}
