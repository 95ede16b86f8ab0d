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
        var threads = 0
        var idle = 0
        var isStopping = false
    }

    private let resolve: HTTPClient.Resolve
    private let done: Done
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - resolve: blocks.
    ///   - done: takes the answers, on a thread of the resolver.
    init(_ resolve: @escaping HTTPClient.Resolve, done: @escaping Done) {
        self.resolve = resolve
        self.done = done
    }

    /// Asks for the addresses of a host; a thread is started when all are busy.
    func ask(_ host: String) {
        let needsThread = state.withLock { state in
            state.waiting.append(host)
            guard state.idle < state.waiting.count, state.threads < Self.threadsMax else {
                return false
            }
            state.threads += 1
            return true
        }
        if needsThread { startThread() }
        work.signal()
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
            for host in orphans { done(host, .failure(error)) }
        }
    }

    private func run() {
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            let (host, isStopping) = state.withLock { state -> (String?, Bool) in
                state.idle -= 1
                return (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopping)
            }
            if isStopping { return }
            guard let host else { continue }
            do throws(SocketError) {
                done(host, .success(try resolve(host)))
            } catch {
                done(host, .failure(error))
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
