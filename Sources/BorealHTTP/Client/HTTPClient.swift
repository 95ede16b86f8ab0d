package import BorealNet
import Dispatch

/// Many HTTP/1.1 requests at once, over connections that are kept, on one thread that waits for all
/// of them.
///
/// Trusts nobody, as `HTTPDownload` does: a name is resolved once, all its addresses are checked,
/// the connection goes to a checked one and is used again only for the same scheme, host, port and
/// address. No proxies, no redirects, no cookies. A download blocks and follows redirects; a
/// request of this client does neither.
package final class HTTPClient: Sendable {
    /// The addresses of a host. Blocks.
    package typealias Resolve = @Sendable (String) throws(SocketError) -> [IPAddress]
    /// Takes the end of a request, on the client's thread: it must be quick and must not wait.
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

    private let loop: GatewayLoop
    private let thread: BackgroundThread
    private let targets = FetchTargets()

    /// - Throws: `transferFailed` when libcurl or a thread cannot be had.
    package init(_ configuration: Configuration = Configuration()) throws(HTTPError) {
        let loop = try GatewayLoop(configuration)
        self.loop = loop
        do throws(SocketError) {
            thread = try BackgroundThread.start(name: "gateway", stackBytes: 1 << 20) {
                loop.run()
            }
        } catch {
            throw .transferFailed(host: "", code: 0)
        }
    }

    deinit { loop.stop() }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - policy: which addresses it may go to.
    ///   - completion: called once, on the client's thread, never inside this call.
    @discardableResult
    package func send(
        _ request: Request,
        policy: AddressPolicy,
        completion: @escaping Completion
    ) -> Call {
        let exchange = HTTPExchange(request, targets, policy: policy, completion: completion)
        if !loop.begin(exchange) {
            // Nobody is left to do it there.
            DispatchQueue.global().async { completion(.failure(.cancelled)) }
        }
        return Call(exchange, on: loop)
    }

    /// Ends all requests as `cancelled`, closes the connections and waits for the thread. Never
    /// inside a completion.
    package func stop() {
        loop.stop()
        thread.join()
    }
}
