package import BorealBase

/// A statement on its way: a worker steps it until its answer is whole.
///
/// A step writes about `budgetBytes` and returns; it never waits. What the statement must wait for
/// is handed out as an event that queues it again.
package protocol RunningStatement: AnyObject {
    /// Goes on with the statement. Runs on a worker, never on two at once.
    ///
    /// - Throws: what ends the statement; the driver prints it as an error packet.
    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome

    /// Frees what the statement holds (snapshots, locks) when its client is gone. Called once at
    /// most, and not after `.finished` or an error.
    func abandon()

    /// What it waited for is there, and the next step, its last, takes microseconds: it may be
    /// taken on the loop.
    var endsSoon: Bool { get }

    /// Bytes of the local file that `.localFile` asked for; nil at its end.
    func receive(file bytes: [UInt8]?) throws(ServerError)
}

extension RunningStatement {
    package func abandon() {}

    package var endsSoon: Bool { false }

    package func receive(file bytes: [UInt8]?) throws(ServerError) {
        throw ServerError(.unknownError, "This statement asked for no file")
    }
}

/// How a step ended.
package enum StepOutcome {
    /// There is more to write.
    case more
    /// The answer is whole.
    case finished
    /// Nothing can be done before the event; `register` calls its argument once when it has
    /// happened. It is stepped again at the deadline (of `MonotonicClock`) too.
    case waiting(
        deadlineMilliseconds: UInt64,
        register: (@escaping @Sendable () -> Void) -> Void
    )
    /// The client shall send this file (LOAD DATA LOCAL INFILE).
    case localFile(name: String)
}
