import BorealBase
import BorealSQL
import BorealTables

/// LOAD DATA LOCAL INFILE.
final class LoadDataStatement: RunningStatement {
    init(
        _ session: ClientSession,
        _ load: LoadData,
        _ text: [UInt8],
        _ cancellation: CancellationFlag
    )
        throws(ServerError)
    {
        throw .notYet("LOAD DATA")
    }
    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        .finished
    }
}
