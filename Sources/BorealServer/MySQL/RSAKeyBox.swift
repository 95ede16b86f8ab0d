import BorealWire
import Synchronization

/// The RSA pair for passwords on plain TCP. It is made after the ready line, so the first client
/// that needs it may have to wait for it.
final class RSAKeyBox: Sendable {
    private enum State {
        case pending([@Sendable (RSAKeyPair?) -> Void])
        case ready(RSAKeyPair?)
    }

    private let state = Mutex(State.pending([]))

    /// Calls back at once or when the pair is there; nil when it could not be made.
    func whenReady(_ body: @escaping @Sendable (RSAKeyPair?) -> Void) {
        let found: RSAKeyPair?? = state.withLock { state in
            switch state {
            case .ready(let key): return .some(key)
            case .pending(var waiting):
                waiting.append(body)
                state = .pending(waiting)
                return nil
            }
        }
        if let found { body(found) }
    }

    /// Sets the pair and calls everybody who waits.
    func resolve(_ key: RSAKeyPair?) {
        let waiting: [@Sendable (RSAKeyPair?) -> Void] = state.withLock { state in
            guard case .pending(let waiting) = state else { return [] }
            state = .ready(key)
            return waiting
        }
        for body in waiting { body(key) }
    }
}
