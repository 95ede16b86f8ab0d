package import BorealNet
import Dispatch
import Synchronization

/// Many HTTP/1.1 requests at once, over connections that are kept, on one thread that waits for all
/// of them but those that event loops wait for.
///
/// Trusts nobody, as `HTTPDownload` does: a name is resolved once, all its addresses are checked,
/// the connection goes to a checked one and is used again only for the same scheme, host, port and
/// address. No proxies, no redirects, no cookies. A download blocks and follows redirects; a
/// request of this client does neither.
package final class HTTPClient: Sendable {
    /// The addresses of a host. Blocks.
    package typealias Resolve = @Sendable (String) throws(SocketError) -> [IPAddress]
    /// Takes the end of a request, on the client's thread or an event loop: it must be quick and
    /// must not wait.
    package typealias Completion = @Sendable (Swift.Result<Answer, HTTPError>) -> Void
    /// Takes bytes of a body, on any thread but never on two at once, and must not keep the buffer
    /// nor wait; false ends the request as `cancelled`.
    package typealias Sink = @Sendable (Head, UnsafeRawBufferPointer) -> Bool

    /// Bounds of a client.
    package struct Configuration: Sendable {
        /// Connections at a time to one scheme, host, port and address; more requests wait.
        package var connectionsPerOriginMax = 64
        /// Connections kept open, in use or not.
        package var connectionsMax = 1_024
        /// A connection unused for so long is not used again.
        package var idleMilliseconds = 30_000
        /// For the addresses of a host together.
        package var connectMilliseconds = 10_000
        /// So long the addresses of a name are remembered; each use checks them again.
        package var nameMilliseconds = 60_000
        /// Certificates in PEM that vouch for servers; nil for the system's.
        package var authoritiesFile: String?
        package var resolve: Resolve = { host throws(SocketError) in try HostName.resolve(host) }

        package init() {}
    }

    /// What is asked.
    package struct Request: Sendable {
        package var method: HTTPMethod
        package var url: String
        /// Not those that frame the message: libcurl writes them.
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        /// For everything: waiting, name, connection, answer.
        package var timeoutMilliseconds: Int
        /// Bytes of the answer's body, packed and unpacked.
        package var answerBytesMax: Int
        /// From the head of the answer on: milliseconds without a byte that end it.
        package var idleMilliseconds: Int?
        /// Takes the body of an answer of the 2xx kind, which is then not kept.
        package var onBytes: Sink?
        /// What comes of it takes a fraction of a millisecond: an event loop that sends it may wait
        /// for it, too.
        package var isShort = false

        package init(
            _ method: HTTPMethod = .post,
            url: String,
            headers: [(name: String, value: String)] = [],
            body: [UInt8] = [],
            timeoutMilliseconds: Int,
            answerBytesMax: Int
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.timeoutMilliseconds = timeoutMilliseconds
            self.answerBytesMax = answerBytesMax
        }
    }

    /// Status and fields of an answer.
    package struct Head: Sendable {
        package var status: Int
        /// Lower-case names, in their order.
        package var headers: [(name: String, value: String)]

        /// The value of the first field with this lower-case name.
        package subscript(name: String) -> String? {
            headers.first { $0.name == name }?.value
        }
    }

    /// What came, whatever its status.
    package struct Answer: Sendable {
        package var head: Head
        /// Unpacked; empty when it went to `onBytes`.
        package var body: [UInt8]
    }

    /// A request on its way.
    package final class Call: Sendable {
        private let exchange: HTTPExchange
        private let loop: GatewayLoop

        init(_ exchange: HTTPExchange, on loop: GatewayLoop) {
            self.exchange = exchange
            self.loop = loop
        }

        /// Ends the request as `cancelled`, soon; after its end, nothing. From any thread.
        package func cancel() { loop.cancel(exchange) }
    }

    /// Gateways of event loops that have sent requests.
    private struct Settled {
        var gateways: [ObjectIdentifier: (loop: EventLoop, gateway: GatewayLoop)] = [:]
        var isStopped = false
    }

    /// Bytes of a request that is written, and is likely to be answered, within a fraction of a
    /// millisecond.
    private static let shortBodyBytes = 32 << 10
    /// Requests at a time that an event loop waits for by itself.
    private static let callsOfLoopMax = 16

    private let configuration: Configuration
    private let loop: GatewayLoop
    private let thread: BackgroundThread
    private let settled = Mutex(Settled())
    private let resolver: Resolver
    private let targets = FetchTargets()

    /// - Throws: `transferFailed` when libcurl or a thread cannot be had.
    package init(_ configuration: Configuration = Configuration()) throws(HTTPError) {
        self.configuration = configuration
        let resolver = Resolver(configuration.resolve)
        let loop = try GatewayLoop(configuration, resolver)
        self.resolver = resolver
        self.loop = loop
        do throws(SocketError) {
            thread = try BackgroundThread.start(name: "gateway", stackBytes: 1 << 20) {
                loop.run()
            }
        } catch {
            throw .transferFailed(host: "", code: 0)
        }
    }

    deinit {
        loop.stop()
        resolver.stop()
        stopSettled()
    }

    private func stopSettled() {
        let gateways = settled.withLock { settled in
            settled.isStopped = true
            return settled.gateways.values
        }
        for (_, gateway) in gateways { gateway.stop() }
    }

    /// Sends a request.
    ///
    /// A short one without TLS that an event loop sends is answered on that loop, if the answer is
    /// not long: nothing changes its thread.
    ///
    /// - Parameters:
    ///   - policy: which addresses it may go to.
    ///   - completion: called once, on the client's thread or on the event loop that sent the
    ///     request, never inside this call.
    @discardableResult
    package func send(
        _ request: Request,
        policy: AddressPolicy,
        completion: @escaping Completion
    ) -> Call {
        let exchange = HTTPExchange(request, targets, policy: policy, completion: completion)
        let taker = gatewayHere(for: exchange) ?? loop
        if !taker.begin(exchange) {
            // Nobody is left to do it there.
            DispatchQueue.global().async { completion(.failure(.cancelled)) }
        }
        return Call(exchange, on: taker)
    }

    /// The gateway of the event loop that this is; nil elsewhere, for requests that would hold up
    /// the loop, and when it has enough of them.
    private func gatewayHere(for exchange: HTTPExchange) -> GatewayLoop? {
        guard exchange.request.isShort, let here = EventLoop.current,
            exchange.target?.isSecure == false,
            exchange.request.body.count <= Self.shortBodyBytes
        else { return nil }
        let known = settled.withLock { $0.gateways[ObjectIdentifier(here)]?.gateway }
        guard let gateway = known ?? settle(on: here), gateway.count < Self.callsOfLoopMax else {
            return nil
        }
        return gateway
    }

    /// - Returns: nil when there is no memory or no descriptor for it.
    private func settle(on here: EventLoop) -> GatewayLoop? {
        do throws(HTTPError) {
            let gateway = try GatewayLoop(configuration, resolver, on: (here, loop))
            try gateway.settle()
            let isStopped = settled.withLock { settled in
                settled.gateways[ObjectIdentifier(here)] = (here, gateway)
                return settled.isStopped
            }
            if isStopped { gateway.stop() }
            return gateway
        } catch {
            return nil
        }
    }

    /// Ends all requests as `cancelled`, closes the connections and waits for the thread. Never
    /// inside a completion.
    package func stop() {
        loop.stop()
        stopSettled()
        resolver.stop()
        thread.join()
    }
}
