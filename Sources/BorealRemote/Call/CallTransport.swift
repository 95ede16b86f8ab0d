/// One HTTP request to a provider.
package struct CallRequest: Sendable {
    /// Normalised and allowed by the trusted list; addresses are checked where it connects.
    package var url: String
    /// `POST`, ...; without a body for `GET`.
    package var method = "POST"
    /// Without CR, LF and NUL; the credential among them.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// For everything: name, connection, answer.
    package var timeoutMilliseconds: Int
    /// Bytes of the answer, before and after inflation.
    package var answerBytesMax: Int
    /// Server-sent events are read as they come, at most so long apart; nil for a plain answer.
    package var idleMilliseconds: Int?
    /// It asks about one row, for somebody who waits for it alone.
    package var isSingle = false

    package init(
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8],
        timeoutMilliseconds: Int,
        answerBytesMax: Int,
        idleMilliseconds: Int? = nil
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
        self.answerBytesMax = answerBytesMax
        self.idleMilliseconds = idleMilliseconds
    }
}

/// What came back, whatever its status.
package struct CallResponse: Equatable, Sendable {
    package var status: Int
    /// Lower-case names, in their order.
    package var headers: [HeaderField]
    /// Inflated.
    package var body: [UInt8]

    package struct HeaderField: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(status: Int, headers: [HeaderField], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why no whole answer came.
package struct CallFailure: Error, Equatable, Sendable {
    package enum Kind: Sendable {
        /// The name or an address is not allowed.
        case policy
        /// Name or TCP: nothing was sent, so the call may be made again.
        case connect
        /// Certificate or handshake: nothing was sent, and another try would end the same way.
        case tls
        /// Lost before the first byte of an answer.
        case reset
        /// Lost inside the answer, or the answer is not HTTP.
        case truncated
        /// Over `answerBytesMax`, or inflating beyond measure.
        case tooLarge
        case timeout
        case cancelled
    }

    package let kind: Kind
    /// Host and cause; nothing secret.
    package let text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// Sends requests; the real one talks HTTP, those of tests answer by a table.
package protocol CallTransport: AnyObject, Sendable {
    /// - Parameter completion: called once, on any thread, never before this returns.
    /// - Returns: what cancels the call; a cancelled call completes with `.cancelled`, soon.
    func send(
        _ request: CallRequest,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall

    /// Sends a call whose answer is passed on as it comes.
    ///
    /// - Parameters:
    ///   - onBytes: takes pieces of the body of a 2xx answer, one after the other; false ends the
    ///     call with `.cancelled`. The body of the response is then empty.
    ///   - completion: as of `send`, behind the last piece.
    func stream(
        _ request: CallRequest,
        onBytes: @escaping @Sendable ([UInt8]) -> Bool,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall
}

/// A call in flight.
package protocol CancellableCall: AnyObject, Sendable {
    /// From any thread, more than once, also after the end.
    func cancel()
}
