import CTestPrograms
import Glibc
import Synchronization

/// A program in a process of its own.
///
/// It inherits the standard streams that it is given and nothing else. Foundation's `Process` hands
/// on what other threads open meanwhile, and learns of a program's end by a socket; a server that
/// lives on with such a socket of another test holds that test for ever.
public final class ChildProcess: Sendable {
    /// Why a program did not start, or not end.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened, for whoever reads the failed test.
        public let description: String

        /// A failure in words.
        public init(_ description: String) { self.description = description }
    }

    /// Its number in the system, also when it has ended.
    public let processID: Int32
    /// The exit code, or the number of the signal that ended it; nil while it runs.
    private let ending = Mutex<Int32?>(nil)

    /// Programs that run now. Those of a suite's static property are never let go, so the test
    /// process ends them with itself.
    private static let running = Mutex<Set<pid_t>>([])

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: a path, or a name that PATH leads to.
    ///   - environment: variables beside those of this process and TMPDIR, which is the folder of
    ///     the test run.
    ///   - input, output, errors: descriptors of its standard streams; /dev/null where nil.
    /// - Throws: `Failure` when the system does not start it.
    public init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Int32? = nil,
        output: Int32? = nil,
        errors: Int32? = nil
    ) throws(Failure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (stream, given) in [input, output, errors].enumerated() {
            if let given {
                posix_spawn_file_actions_adddup2(&actions, given, Int32(stream))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(stream), "/dev/null", O_RDWR, 0)
            }
        }
        boreal_close_inherited(&actions)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = Self.environment(with: environment).map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, program, &actions, nil, &words, &variables)
        guard code == 0 else {
            throw Failure("\(program) does not start: \(String(cString: strerror(code)))")
        }
        processID = id
        Self.running.withLock { _ = $0.insert(id) }
    }

    deinit {
        kill()
        _ = waitUntilExit(within: 10)
    }

    /// Ends all that run and waits until they are gone: the test process is about to end.
    static func endAll() {
        let ids = running.withLock { $0 }
        for id in ids { Glibc.kill(id, SIGKILL) }
        for id in ids { waitpid(id, nil, 0) }
    }

    /// The variables of this process and others, as `NAME=value`; the others win.
    private static func environment(with others: [String: String]) -> [String] {
        let further = ["TMPDIR": TestRun.folder].merging(others) { $1 }
        var lines: [String] = []
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if further[String(text.prefix { $0 != "=" })] == nil { lines.append(text) }
            next += 1
        }
        return lines + further.map { "\($0.key)=\($0.value)" }
    }

    /// The exit code, or the number of the signal that ended it; nil while it runs.
    public var exitStatus: Int32? {
        ending.withLock { ending in
            if ending != nil { return ending }
            var status: Int32 = 0
            guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
            Self.running.withLock { _ = $0.remove(processID) }
            let signal = status & 0x7F
            ending = signal == 0 ? status >> 8 & 0xFF : signal
            return ending
        }
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool { exitStatus == nil }

    /// Ends it without warning, if it runs.
    public func kill() { send(SIGKILL) }

    /// Sends a signal, if it runs: the number of a process that was waited for may be another's.
    public func send(_ signal: Int32) {
        ending.withLock { if $0 == nil { _ = Glibc.kill(processID, signal) } }
    }

    /// Waits for its end; nil when it runs on after so many seconds.
    public func waitUntilExit(within seconds: Double) -> Int32? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var pause: UInt32 = 500
        while true {
            if let exitStatus { return exitStatus }
            guard ContinuousClock.now < deadline else { return nil }
            usleep(pause)
            pause = min(pause * 2, 5_000)
        }
    }
}
