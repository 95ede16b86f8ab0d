import BorealBase
import BorealNet
import Dispatch
import Synchronization

/// Threads that resolve names, for callers that must not wait: the system's resolver blocks, and
/// cannot be told to stop.
///
/// `NameResolution` is for callers that may wait.
final class Resolver: Sendable {
    typealias Answer = Swift.Result<[IPAddress], SocketError>
    typealias Done = @Sendable (_ host: String, _ answer: Answer) -> Void

    /// One dead name server must not hold up every name.
    private static let threadsMax = 4

    private struct State {
        var waiting: [String] = []
        /// Who waits for a host that is asked about, or about to be.
        var takers: [String: [Done]] = [:]
        var threads = 0
        var idle = 0
        var isStopping = false
    }

    private let resolve: HTTPClient.Resolve
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)

    /// - Parameter resolve: blocks.
    init(_ resolve: @escaping HTTPClient.Resolve) {
        self.resolve = resolve
    }

    /// Asks for the addresses of a host, unless that is under way; a thread is started when all are
    /// busy.
    ///
    /// - Parameter done: takes the answer, on a thread of the resolver.
    func ask(_ host: String, done: @escaping Done) {
        let (isNew, needsThread) = state.withLock { state in
            state.takers[host, default: []].append(done)
            guard state.takers[host]?.count == 1 else { return (false, false) }
            state.waiting.append(host)
            guard state.idle < state.waiting.count, state.threads < Self.threadsMax else {
                return (true, false)
            }
            state.threads += 1
            return (true, true)
        }
        if needsThread { startThread() }
        if isNew { work.signal() }
    }

    private func tell(_ host: String, _ answer: Answer) {
        let takers = state.withLock { $0.takers.removeValue(forKey: host) ?? [] }
        for done in takers { done(host, answer) }
    }

    private func startThread() {
        do throws(SocketError) {
            try BackgroundThread.start(name: "resolver", stackBytes: 512 << 10) { self.run() }
        } catch {
            // The other threads do it; without any, nobody will.
            let orphans = state.withLock { state -> [String] in
                state.threads -= 1
                guard state.threads == 0 else { return [] }
                defer { state.waiting = [] }
                return state.waiting
            }
            for host in orphans { tell(host, .failure(error)) }
        }
    }

    private func run() {
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            let (next, isStopping) = state.withLock { state in
                state.idle -= 1
                return (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopping)
            }
            if isStopping { return }
            guard let host = next else { continue }
            do throws(SocketError) {
                tell(host, .success(try resolve(host)))
            } catch {
                tell(host, .failure(error))
            }
        }
    }

    /// Lets the threads go, each as soon as its name is resolved.
    func stop() {
        let threads = state.withLock { state in
            state.isStopping = true
            return state.threads
        }
        for _ in 0..<threads { work.signal() }
    }
}
