import Dispatch
import Glibc

/// Calls back when the process is asked to end or to reload: SIGTERM, SIGINT, SIGHUP.
///
/// The signals' default action is switched off for as long as the process lives.
///
/// Unchecked: Dispatch sources may be cancelled from any thread; they are not marked so on Linux.
public final class SignalWatcher: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]
    private let queue = DispatchQueue(label: "boreal.signals")

    /// Watches until `cancel` or until this object goes.
    ///
    /// - Parameters:
    ///   - signals: numbers such as `SIGTERM`.
    ///   - received: gets the number, on a queue of its own, one call after the other.
    public init(_ signals: [Int32], received: @escaping @Sendable (Int32) -> Void) {
        let queue = queue
        let registered = DispatchSemaphore(value: 0)
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: Self.handler { received(number) })
            source.setRegistrationHandler(handler: Self.handler { registered.signal() })
            source.activate()
            return source
        }
        // Dispatch registers on a thread of its own; a signal that comes earlier would be lost.
        for _ in signals { _ = registered.wait(timeout: .now() + 5) }
    }

    deinit { cancel() }

    /// Stops watching; the signals are ignored from then on.
    public func cancel() {
        for source in sources { source.cancel() }
    }

    /// Made here, away from any actor: a closure that inherits the main actor dies in Dispatch's
    /// hands.
    private static func handler(_ body: @escaping @Sendable () -> Void) -> DispatchWorkItem {
        DispatchWorkItem(block: body)
    }
}
