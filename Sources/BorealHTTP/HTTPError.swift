public import BorealNet

/// Whatever can go wrong with a request that we read or a download that we make.
///
/// No case carries a query string, because that is where signatures and keys stand.
public enum HTTPError: Error, Equatable, Sendable {
    // MARK: - Requests we read

    /// The bytes are no HTTP/1 request, or one that two programs could read differently.
    case malformed(String)
    /// The request line is longer than the limit.
    case targetTooLong
    /// The header section is larger, or has more fields, than the limit.
    case headersTooLarge
    /// The body is larger than this route takes.
    case bodyTooLarge(bytesMax: Int)
    /// A transfer coding other than `chunked`.
    case unsupportedTransferCoding
    /// A method that this server has no use for.
    case methodNotImplemented(String)
    /// An HTTP version other than 1.0 and 1.1.
    case versionNotSupported
    /// An `Expect` other than `100-continue`.
    case expectationFailed
    /// The request did not arrive in time.
    case requestTimeout

    // MARK: - Downloads we make

    /// The text is no URL with a host.
    case invalidURL
    /// Only http and https are fetched.
    case schemeRefused(String)
    /// The URL has a user name or a password in it.
    case userInfoRefused
    /// The host is, or one of its addresses is, out of bounds.
    case addressRefused(host: String, address: IPAddress)
    /// The host has no address.
    case nameNotResolved(host: String)
    /// One redirect more than allowed.
    case tooManyRedirects(max: Int)
    /// The answer was not 200.
    case unexpectedStatus(Int, host: String)
    /// The answer is larger than allowed.
    case tooManyBytes(max: Int)
    /// No byte came for this long.
    case stalled(milliseconds: Int)
    /// The whole took longer than allowed.
    case timedOut(milliseconds: Int)
    /// Somebody asked for the end.
    case cancelled
    /// No connection to the host.
    case connectFailed(host: String)
    /// The host's certificate or its TLS is not acceptable.
    case untrusted(host: String)
    /// The transfer broke; `code` is libcurl's.
    case transferFailed(host: String, code: Int)
    /// What was fetched cannot be stored; `code` is the `errno`.
    case writeFailed(code: Int32)

    // MARK: - Requests we send

    /// An IPv4 address written as no address is written: 127.1, 0x7f000001, 2130706433.
    case hostRefused(host: String)
    /// One of our own listening ports, on this machine.
    case portRefused(host: String, port: UInt16)
    /// A header with a line break in it, or one that is not the caller's to set.
    case headerRefused(name: String)
    /// The connection ended before the first byte of an answer.
    case connectionLost(host: String)
    /// The connection ended inside the answer, or its packed body did.
    case answerCut(host: String)
    /// What came is no HTTP, or is coded in a way that we did not ask for.
    case answerUnreadable(host: String)
    /// The body unpacks to more than this many times its size.
    case inflatesTooMuch(times: Int)

    /// The status a client is answered with when its request ends in this error.
    public var status: Int {
        switch self {
        case .malformed: 400
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .headersTooLarge: 431
        case .unsupportedTransferCoding, .methodNotImplemented: 501
        case .versionNotSupported: 505
        default: 502
        }
    }
}
