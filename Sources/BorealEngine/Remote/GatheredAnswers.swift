import BorealRemote
import Synchronization

/// Answers of requests that run side by side, in the order of the requests.
final class GatheredAnswers: Sendable {
    typealias Part = Result<[UInt8], RemoteModelError>

    private struct State {
        var parts: [Part?]
        var missing: Int
    }

    private let state: Mutex<State>
    private let completion: @Sendable ([Part]) -> Void

    /// - Parameter completion: called once, when the last of `count` has come.
    init(_ count: Int, _ completion: @escaping @Sendable ([Part]) -> Void) {
        state = Mutex(State(parts: Array(repeating: nil, count: count), missing: count))
        self.completion = completion
    }

    func receive(_ part: Part, at place: Int) {
        let all = state.withLock { state -> [Part]? in
            guard state.parts[place] == nil else { return nil }
            state.parts[place] = part
            state.missing -= 1
            return state.missing == 0 ? state.parts.compactMap { $0 } : nil
        }
        if let all { completion(all) }
    }
}
