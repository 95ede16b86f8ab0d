import Synchronization

/// Contexts of a compressor that nobody uses at the moment.
///
/// One takes a quarter of a megabyte, but frames are independent of each other: as many are made as
/// frames are in work at one time, by loops and workers, and not one for each connection.
final class ContextPool<Context: Sendable>: Sendable {
    /// Contexts kept; those given back above it are freed.
    private static var idleMax: Int { 16 }

    private let idle = Mutex<[Context]>([])
    private let make: @Sendable () -> Context?

    init(_ make: @escaping @Sendable () -> Context?) { self.make = make }

    /// Lends a context for one frame; nil when there is no memory for one.
    func with<R>(_ body: (Context) -> R) -> R? {
        guard let context = idle.withLock({ $0.popLast() }) ?? make() else { return nil }
        defer {
            idle.withLock { if $0.count < Self.idleMax { $0.append(context) } }
        }
        return body(context)
    }
}
