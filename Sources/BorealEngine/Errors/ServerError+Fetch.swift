import BorealBase
import BorealHTTP

extension ServerError {
    /// The sentence of a fetch that did not work out.
    ///
    /// - Parameter url: as in the statement; its query string is not printed.
    init(fetch error: HTTPError, url: String) {
        let reason: String =
            switch error {
            case .invalidURL: "it is no URL with a host"
            case .schemeRefused(let scheme): "'\(scheme)' is not fetched, only http and https"
            case .userInfoRefused: "a user name or password does not belong into the URL"
            case .addressRefused(let host, let address):
                "'\(host)' has the address \(address), which this server may not reach"
            case .nameNotResolved(let host): "'\(host)' has no address"
            case .tooManyRedirects(let max): "more than \(max) redirects"
            case .unexpectedStatus(let status, let host): "'\(host)' answered with status \(status)"
            case .tooManyBytes(let max): "more than \(max) bytes"
            case .stalled(let milliseconds): "no byte came for \(milliseconds / 1_000) s"
            case .timedOut(let milliseconds): "it took more than \(milliseconds / 1_000) s"
            case .connectFailed(let host): "'\(host)' cannot be connected to"
            case .untrusted(let host): "the certificate of '\(host)' is not trusted"
            case .transferFailed(let host, let code): "the transfer from '\(host)' broke (\(code))"
            case .writeFailed: "the file cannot be stored"
            case .cancelled: "it was cancelled"
            default: "\(error)"
            }
        self = .cannotFetch(url, reason)
    }
}
