import BorealBase
import BorealCatalog
import BorealRemote

extension ServerError {
    /// A failure of a remote model in the gateway's form: `remote model 'm' v1: CODE: text
    /// (provider p, attempts n, ms t, rows r, trace x)`.
    init(remote error: RemoteModelError, of bound: BoundModel) {
        self.init(remote: error, name: bound.model.name, version: bound.version.name)
    }

    /// - Parameter version: nil for a model that is only about to be made.
    init(remote error: RemoteModelError, name: String, version: String? = nil) {
        let model = version.map { "'\(name)' \($0)" } ?? "'\(name)'"
        var facts: [String] = []
        if let provider = error.provider { facts.append("provider \(provider)") }
        if error.attempts > 0 {
            facts += ["attempts \(error.attempts)", "ms \(error.milliseconds)"]
        }
        if error.rows > 1 { facts.append("rows \(error.rows)") }
        if let trace = error.trace { facts.append("trace \(trace.text)") }
        let tail = facts.isEmpty ? "" : " (" + facts.joined(separator: ", ") + ")"
        self.init(
            error.code.number,
            "remote model \(model): \(error.code.rawValue): \(error.text)\(tail)"
        )
    }
}
