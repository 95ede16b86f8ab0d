import COpenSSL

/// Which versions of TLS a server speaks.
public struct TLSVersions: OptionSet, Sendable {
    /// One bit a version.
    public let rawValue: UInt8

    /// - Parameter rawValue: one bit a version.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// TLS 1.2.
    public static let version12 = TLSVersions(rawValue: 1)
    /// TLS 1.3.
    public static let version13 = TLSVersions(rawValue: 2)
    /// Both.
    public static let all: TLSVersions = [.version12, .version13]

    /// Reads a list as MySQL's `tls_version` has it: `TLSv1.2,TLSv1.3`; nothing means no TLS.
    ///
    /// - Throws: `unknownVersions`.
    public init(list text: String) throws(TLSError) {
        self = []
        for word in text.split(separator: ",") {
            switch word.filter({ $0 != " " }).lowercased() {
            case "tlsv1.2": insert(.version12)
            case "tlsv1.3": insert(.version13)
            default: throw .unknownVersions(text)
            }
        }
    }

    /// OpenSSL's numbers of the lowest and the highest.
    var bounds: (lowest: Int32, highest: Int32) {
        (
            contains(.version12) ? TLS1_2_VERSION : TLS1_3_VERSION,
            contains(.version13) ? TLS1_3_VERSION : TLS1_2_VERSION
        )
    }
}
