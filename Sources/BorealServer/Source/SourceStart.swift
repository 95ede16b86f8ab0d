import BorealBase
import BorealEngine
import BorealNet
import BorealTLS
import BorealUpstream
import BorealWire
import Dispatch
import Logging
import Synchronization

/// The source that a server is started with: read from its URL, and asked once who it is.
enum SourceStart {
    /// Milliseconds that the first answer is waited for: clients of the first moment should see the
    /// source's version.
    private static let waitMilliseconds = 3_000
    /// Milliseconds between two attempts to learn the version.
    private static let retryMilliseconds = 5_000

    /// - Returns: nil without the setting `source`.
    /// - Throws: `ServerStartError` for a URL that is none, and a file that cannot be used.
    static func open(_ settings: Settings, pool: WorkerPool) throws -> UpstreamServer? {
        let text = settings.text("source")
        guard !text.isEmpty else { return nil }
        let url: UpstreamURL
        do throws(UpstreamURL.Problem) {
            url = try UpstreamURL(text)
        } catch {
            throw ServerStartError.settings("source is no usable URL: \(error.message)")
        }
        do throws(TLSError) {
            return try UpstreamServer(url, pool: pool)
        } catch {
            throw ServerStartError.settings("source cannot be used: \(error.message)")
        }
    }

    /// Asks the source who it is, and goes on asking until it answers. Returns after the first
    /// answer, or a while.
    static func greet(_ server: UpstreamServer, on loop: EventLoop, logger: Logger) {
        let first = DispatchSemaphore(value: 0)
        attempt(server, loop, logger) { first.signal() }
        _ = first.wait(timeout: .now() + .milliseconds(waitMilliseconds))
    }

    /// Lets background jobs read sources, each query over a connection of its own; so do statements
    /// that read sources by name.
    ///
    /// - Parameter server: the source that the server is started with; nil for none.
    static func serveJobs(
        of engine: Engine,
        from server: UpstreamServer?,
        on loops: EventLoopGroup
    ) {
        let all = loops.loops
        let settings = engine.settings
        let place = { @Sendable (place: SourceOpener.Place) in
            UpstreamOwnQuery.Place(
                database: place.database,
                setUp: place.setUp,
                connectSeconds: settings.integer("source_connect_timeout"),
                readSeconds: settings.integer("source_read_timeout")
            )
        }
        let loop = { @Sendable in all[Int.random(in: 0..<all.count)] }
        let opener = SourceOpener { named, text, given in
            guard let target = named ?? server else {
                let rows = UpstreamRows(server: "")
                rows.fail(.stopped)
                return rows
            }
            return UpstreamOwnQuery.open(text, at: target, place(given), on: loop())
        } commands: { named in
            guard let target = named ?? server else { return UpstreamCommands.none(on: loop()) }
            return UpstreamCommands.open(at: target, place(SourceOpener.Place()), on: loop())
        }
        engine.setSourceOpener(opener)
    }

    private static func attempt(
        _ server: UpstreamServer,
        _ loop: EventLoop,
        _ logger: Logger,
        then: @escaping @Sendable () -> Void
    ) {
        loop.execute {
            SourceProbe.run(server, on: loop) { error in
                if let error {
                    logger.warning(
                        "the source does not answer",
                        metadata: ["source": "\(server.url)", "error": "\(error)"]
                    )
                    loop.schedule(afterMilliseconds: retryMilliseconds) {
                        attempt(server, loop, logger) {}
                    }
                } else {
                    logger.info(
                        "the source answers",
                        metadata: [
                            "source": "\(server.url)",
                            "version": "\(server.health.version ?? "")",
                        ]
                    )
                }
                then()
            }
        }
    }
}

/// One connection that logs in and says goodbye.
// Unchecked: everything happens on the loop.
final class SourceProbe: UpstreamUser, @unchecked Sendable {
    private var upstream: UpstreamConnection?
    private let then: (UpstreamError?) -> Void
    /// Keeps this alive until it is over: nobody else does.
    private var own: SourceProbe?

    private init(then: @escaping (UpstreamError?) -> Void) { self.then = then }

    /// - Parameters:
    ///   - database: where the session begins; nil for that of the URL.
    ///   - then: called on the loop; the error is nil when the log-in went well.
    static func run(
        _ server: UpstreamServer,
        database: String? = nil,
        on loop: EventLoop,
        connectSeconds: Int = 10,
        then: @escaping (UpstreamError?) -> Void
    ) {
        let probe = SourceProbe(then: then)
        probe.own = probe
        probe.upstream = UpstreamConnection.open(
            to: server,
            server.configuration(
                capabilities: .ofClients,
                database: database,
                collation: .utf8mb4GeneralCI
            ),
            on: loop,
            user: probe,
            connectSeconds: connectSeconds,
            readSeconds: 10
        )
    }

    func upstreamReady(_ upstream: UpstreamConnection) {
        upstream.close()
        end(nil)
    }

    func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {}
    func upstreamPaused(_ upstream: UpstreamConnection) {}
    func upstreamDrained(_ upstream: UpstreamConnection) {}

    func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) { end(error) }

    private func end(_ error: UpstreamError?) {
        upstream = nil
        own = nil
        then(error)
    }
}
