import BorealNet
import CCurl
import Glibc

/// What the transfers of downloads and of the client have in common: libcurl's set-up, the options
/// that keep it to what was checked, and its answers.
enum Curl {
    typealias Easy = UnsafeMutableRawPointer
    typealias Multi = UnsafeMutableRawPointer

    /// libcurl's own set-up, once a process.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// HTTP only, TLS 1.2 or newer, and nothing that libcurl would do of its own accord.
    ///
    /// - Returns: false when libcurl lacks one of the options.
    static func setHouseRules(_ easy: Easy) -> Bool {
        let codes = [
            boreal_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
            // An empty proxy also switches off the proxies of the environment.
            boreal_curl_set_text(easy, CURLOPT_PROXY, ""),
            boreal_curl_set_text(easy, CURLOPT_USERAGENT, "boreal"),
            boreal_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
            boreal_curl_set_long(easy, CURLOPT_NETRC, 0),
            boreal_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            boreal_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1),
            boreal_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
        ]
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    /// The status of an answer, 0 before there is one.
    static func status(of easy: Easy) -> Int {
        var code = 0
        guard boreal_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK else {
            return 0
        }
        return code
    }

    static func text(_ info: CURLINFO, of easy: Easy) -> String? {
        var text: UnsafePointer<CChar>?
        guard boreal_curl_get_text(easy, info, &text) == CURLE_OK, let text else { return nil }
        return String(cString: text)
    }

    /// The errors that mean: not with this certificate, not with this TLS.
    static func isTrustFailure(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER:
            true
        default: false
        }
    }

    /// How libcurl wants to read an address where a host may stand.
    static func hostText(_ address: IPAddress) -> String {
        address.isIPv6 ? "[\(address)]" : "\(address)"
    }

    /// Makes the socket for a connection: the last word on where it may go, whatever a URL, a cache
    /// or a resolver says.
    static func openSocket(
        _ wanted: UnsafeMutablePointer<curl_sockaddr>,
        ifAllowed isAllowed: (IPAddress) -> Bool
    ) -> curl_socket_t {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr),
            let address = IPAddress(
                socketAddress: UnsafeRawPointer(wanted) + offset,
                length: Int(wanted.pointee.addrlen)
            ),
            isAllowed(address.unmapped)
        else { return -1 }
        return socket(
            wanted.pointee.family,
            wanted.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            wanted.pointee.protocol
        )
    }
}
