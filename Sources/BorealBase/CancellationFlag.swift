import Synchronization

/// Asks long work to stop. Whoever works looks at it at least every 10 ms.
public final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    /// A flag that is not set.
    public init() {}

    /// True once somebody asked for the end.
    @inline(__always)
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Asks for the end. Cannot be taken back.
    public func cancel() { flag.store(true, ordering: .relaxed) }
}
