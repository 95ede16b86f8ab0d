/// A value that belongs to one loop, in a wrapper that other threads may carry but not open.
///
/// A worker that has to call back takes the handler along in one: the value is reached only on the
/// loop.
///
///     let me = LoopBound(self, to: connection.loop)
///     pool.submit { let rows = step(); me.loop.execute { me.value.finished(rows) } }
///
/// Unchecked: `value` is read on its loop only, which the accessor checks.
public final class LoopBound<Value>: @unchecked Sendable {
    private let stored: Value
    /// The loop the value belongs to.
    public let loop: EventLoop

    /// - Parameter loop: the loop this call is made on.
    public init(_ value: Value, to loop: EventLoop) {
        stored = value
        self.loop = loop
    }

    /// The value. Only on its loop.
    public var value: Value {
        precondition(loop.isCurrent, "a loop-bound value was touched from another thread")
        return stored
    }
}
