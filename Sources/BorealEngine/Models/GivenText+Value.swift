import BorealBase
import BorealSQL

extension GivenText {
    /// The text. Values stand in place of `?` before a statement is read for its execution.
    var name: String {
        get throws(ServerError) {
            guard case .text(let text) = self else { throw .unsupported("a placeholder here") }
            return text
        }
    }
}
