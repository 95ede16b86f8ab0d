import BorealBase

/// A statement whose whole answer is made in one short step: SHOW, DESCRIBE, what only starts a
/// job.
final class ImmediateStatement: RunningStatement {
    private let body: (inout Response) throws(ServerError) -> Void

    init(_ body: @escaping (inout Response) throws(ServerError) -> Void) { self.body = body }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        try body(&response)
        return .finished
    }
}
