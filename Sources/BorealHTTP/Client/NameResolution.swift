import BorealBase
import BorealNet
import Dispatch
import Synchronization

/// A name that is being resolved on a thread of its own, because the system's resolver cannot be
/// told to stop.
final class NameResolution: Sendable {
    private let outcome = Mutex<Swift.Result<[IPAddress], SocketError>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    /// The addresses of `host`.
    ///
    /// - Parameter check: looked at every 20 ms; what it throws ends the wait.
    /// - Throws: `nameNotResolved`, or what `check` throws.
    static func addresses(
        of host: String,
        check: () throws(HTTPError) -> Void
    ) throws(HTTPError) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        let resolution = NameResolution()
        do {
            try BackgroundThread.start(name: "resolver", stackBytes: 512 << 10) {
                resolution.resolve(host)
            }
        } catch {
            throw .nameNotResolved(host: host)
        }
        while resolution.done.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
            try check()
        }
        guard case .success(let addresses) = resolution.outcome.withLock({ $0 }) else {
            throw .nameNotResolved(host: host)
        }
        return addresses
    }

    private func resolve(_ host: String) {
        do throws(SocketError) {
            let addresses = try HostName.resolve(host)
            outcome.withLock { $0 = .success(addresses) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
}
