import Glibc

/// A thread for long work: detached, with its own stack size and a lower priority.
///
/// Dispatch's quality-of-service classes change nothing on Linux; the nice value of a thread does,
/// and threads that it starts inherit it.
enum JobThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Returns: 0, or the error number of `pthread_create`.
    static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, TaskLimits.stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(
            &thread,
            &attributes,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                // 0 is the calling thread on Linux. A refusal costs priority only.
                _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, TaskLimits.niceness)
                body.run()
                return nil
            },
            context.toOpaque()
        )
        if code != 0 { context.release() }
        return code
    }
}
