package import BorealHTTP

/// Sends calls to providers over HTTP: `HTTPClient` with the words of remote models.
package final class HTTPTransport: CallTransport {
    /// Which addresses a URL may lead to; asked at every call, as settings change.
    package typealias Policy = @Sendable (_ url: String) -> AddressPolicy

    private let client: HTTPClient
    private let policy: Policy

    package init(client: HTTPClient, policy: @escaping Policy) {
        self.client = client
        self.policy = policy
    }

    package func send(
        _ request: CallRequest,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall {
        send(request, onBytes: nil, completion: completion)
    }

    /// As the protocol says.
    package func stream(
        _ request: CallRequest,
        onBytes: @escaping @Sendable ([UInt8]) -> Bool,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall {
        send(request, onBytes: { _, bytes in onBytes(Array(bytes)) }, completion: completion)
    }

    private func send(
        _ request: CallRequest,
        onBytes: HTTPClient.Sink?,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall {
        var asked = HTTPClient.Request(
            HTTPMethod(rawValue: request.method) ?? .post,
            url: request.url,
            headers: request.headers,
            body: request.body,
            timeoutMilliseconds: request.timeoutMilliseconds,
            answerBytesMax: request.answerBytesMax
        )
        asked.idleMilliseconds = request.idleMilliseconds
        asked.onBytes = onBytes
        asked.isShort = request.isSingle
        return client.send(asked, policy: policy(request.url)) { result in
            switch result {
            case .success(let answer):
                let headers = answer.head.headers.map {
                    CallResponse.HeaderField($0.name, $0.value)
                }
                completion(
                    .success(
                        CallResponse(
                            status: answer.head.status,
                            headers: headers,
                            body: answer.body
                        )
                    )
                )
            case .failure(let error): completion(.failure(CallFailure(error)))
            }
        }
    }
}

extension HTTPClient.Call: CancellableCall {}

extension CallFailure {
    /// What an error of the client means for a call, in words without secrets: hosts, addresses and
    /// figures.
    package init(_ error: HTTPError) {
        switch error {
        case .invalidURL, .schemeRefused, .userInfoRefused, .hostRefused, .addressRefused,
            .portRefused, .headerRefused:
            self.init(.policy, Self.refusal(error))
        case .nameNotResolved(let host): self.init(.connect, "'\(host)' has no address")
        case .connectFailed(let host): self.init(.connect, "'\(host)' cannot be connected to")
        case .untrusted(let host):
            self.init(.tls, "the certificate or the TLS of '\(host)' is not trusted")
        case .connectionLost(let host): self.init(.reset, "'\(host)' hung up without an answer")
        case .answerCut(let host): self.init(.truncated, "'\(host)' hung up inside its answer")
        case .answerUnreadable(let host):
            self.init(.truncated, "the answer of '\(host)' is not HTTP as it was asked for")
        case .tooManyBytes(let max): self.init(.tooLarge, "the answer has more than \(max) bytes")
        case .headersTooLarge: self.init(.tooLarge, "the head of the answer is too large")
        case .inflatesTooMuch(let times):
            self.init(.tooLarge, "the answer unpacks to more than \(times) times its size")
        case .timedOut(let milliseconds):
            self.init(.timeout, "no whole answer in \(milliseconds) ms")
        case .stalled(let milliseconds): self.init(.timeout, "no byte for \(milliseconds) ms")
        case .cancelled: self.init(.cancelled, "it was cancelled")
        case .transferFailed(let host, let code):
            self.init(.truncated, "the transfer with '\(host)' broke (\(code))")
        // Those of a server, of downloads: the client throws none of them.
        case .malformed, .targetTooLong, .bodyTooLarge, .unsupportedTransferCoding,
            .methodNotImplemented, .versionNotSupported, .expectationFailed, .requestTimeout,
            .tooManyRedirects, .unexpectedStatus, .writeFailed:
            self.init(.truncated, "the transfer broke")
        }
    }

    /// Why nothing was sent.
    private static func refusal(_ error: HTTPError) -> String {
        switch error {
        case .schemeRefused(let scheme): "'\(scheme)' is not called, only http and https"
        case .userInfoRefused: "a user name or password does not belong into the URL"
        case .hostRefused(let host): "the address \(host) is written in an odd form"
        case .addressRefused(let host, let address):
            "'\(host)' has the address \(address), which this server may not reach"
        case .portRefused(let host, let port): "port \(port) of '\(host)' is this server's own"
        case .headerRefused(let name): "the header '\(name)' is not one to send"
        default: "it is no URL with a host"
        }
    }
}
