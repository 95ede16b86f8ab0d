import CLinux
import Glibc

/// A named thread of our own, at its own priority: for training, and for what a `WorkerPool` is
/// made of.
///
/// Dispatch's quality-of-service classes do nothing on Linux; `nice` of a thread does.
public final class BackgroundThread: Sendable {
    private struct Start: Sendable {
        let name: String
        let nice: Int32
        let body: @Sendable () -> Void
    }

    private final class Box: Sendable {
        let start: Start
        init(_ start: Start) { self.start = start }
    }

    private final class End: @unchecked Sendable {
        // Unchecked: `isOver` is touched under the condition's lock only.
        var isOver = false
        let condition = Condition()
    }

    private let end: End

    private init(end: End) { self.end = end }

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes are shown by `ps` and debuggers.
    ///   - nice: 0 is the process's own priority, 19 yields to everybody.
    ///   - stackBytes: reserved, not used, until touched.
    ///   - body: runs on the thread.
    /// - Throws: `system` when the process may have no more threads.
    @discardableResult
    public static func start(
        name: String,
        nice: Int = 0,
        stackBytes: Int = 32 << 20,
        body: @escaping @Sendable () -> Void
    ) throws(SocketError) -> BackgroundThread {
        let end = End()
        let box = Box(
            Start(name: name, nice: Int32(clamping: nice)) {
                body()
                end.condition.withLock {
                    end.isOver = true
                    end.condition.broadcast()
                }
            }
        )
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, max(stackBytes, 128 << 10))
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let argument = Unmanaged.passRetained(box)
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, Self.entry, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            throw .system(call: "pthread_create", code: code)
        }
        return BackgroundThread(end: end)
    }

    /// Waits until the body has returned.
    public func join() {
        end.condition.withLock {
            while !end.isOver { end.condition.wait() }
        }
    }

    private static let entry:
        @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            guard let argument = $0 else { return nil }
            let start = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().start
            show(name: start.name)
            // Without the right to raise a priority the thread runs at the process's own.
            if start.nice != 0 { _ = boreal_nice_thread(boreal_thread_id(), start.nice) }
            start.body()
            return nil
        }

    /// Names the current thread for `ps` and debuggers. A thread without a name works as well.
    private static func show(name: String) {
        let file = boreal_open("/proc/thread-self/comm", O_WRONLY, 0)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
    }
}
