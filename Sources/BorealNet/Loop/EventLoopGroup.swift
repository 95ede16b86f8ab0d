import Dispatch
import Glibc

/// The loops of a process: two a core, at most eight unless said otherwise.
///
/// With one a core, a loop whose core is taken by something else holds up all its connections: at
/// 8 connections beside busy processes the 99th percentile of `SELECT 1` was 2.1 ms, with two 0.5
/// ms; on a quiet machine the rates are the same or better (0.98 to 1.17).
public final class EventLoopGroup: Sendable {
    /// All loops, running.
    public let loops: [EventLoop]
    private let running = DispatchGroup()

    /// Starts the loops.
    ///
    /// - Parameters:
    ///   - count: loops; the default is twice the number of cores, at most 8.
    ///   - tickMilliseconds: the resolution of connection deadlines.
    ///   - closeMilliseconds: how long a peer may go without reading what is left at an orderly
    ///     close.
    /// - Throws: `system` when the process has no descriptors left.
    public init(
        count: Int? = nil,
        tickMilliseconds: Int = 1_000,
        closeMilliseconds: Int = 30_000
    ) throws(SocketError) {
        let wanted = max(1, count ?? min(2 * Self.coreCount, 8))
        var made: [EventLoop] = []
        for index in 0..<wanted {
            made.append(
                try EventLoop(
                    index: index,
                    tickMilliseconds: tickMilliseconds,
                    closeMilliseconds: closeMilliseconds
                )
            )
        }
        loops = made
        for loop in made { loop.start(leaving: running) }
    }

    /// Processors this process may use.
    public static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// The loop with the fewest connections: `home` unless another has fewer, because a connection
    /// that stays where it was accepted wakes no other thread.
    func leastLoaded(from home: EventLoop) -> EventLoop {
        var (least, load) = (home, home.load)
        for loop in loops where loop.load < load { (least, load) = (loop, loop.load) }
        return least
    }

    /// Connections that are open on all loops.
    public var connectionCount: Int { loops.reduce(0) { $0 + $1.connectionCount } }

    /// Ends all loops, closes their connections and waits until that is done. Not from a loop.
    public func shutdown() {
        precondition(!loops.contains { $0.isCurrent }, "a loop cannot wait for its own end")
        for loop in loops { loop.stop() }
        running.wait()
    }
}
