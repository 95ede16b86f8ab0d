import COpenSSL
import Glibc

/// A P-256 key and a certificate that it signs itself: for servers that nobody gave one. Takes
/// milliseconds.
///
/// Clients that verify take the certificate itself as their authority.
public struct SelfSignedCertificate: Sendable {
    /// The certificate in PEM.
    public let certificatePEM: [UInt8]
    /// The private key in PEM (PKCS #8, not encrypted), to be kept in a file of mode 0600.
    public let privateKeyPEM: [UInt8]

    /// Days that one is good for: ten years.
    public static let days = 3_650
    /// It begins a day early, for clients whose clocks are behind.
    private static let earlySeconds = 86_400
    /// X.509's number of version 3.
    private static let version3 = 2

    /// - Parameter names: host names and addresses it shall be good for; others than these letters,
    ///   digits, dots, colons and hyphens hold are passed over.
    /// - Throws: `cryptography`.
    public init(names: [String]) throws(TLSError) {
        guard let key = boreal_p256_generate() else {
            throw .cryptography(operation: "EVP_EC_gen")
        }
        defer { EVP_PKEY_free(key) }
        guard let certificate = X509_new() else { throw .cryptography(operation: "X509_new") }
        defer { X509_free(certificate) }
        try Self.fill(certificate, key, names)
        certificatePEM = try Self.pem { PEM_write_bio_X509($0, certificate) }
        privateKeyPEM = try Self.pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    private static func fill(
        _ certificate: OpaquePointer,
        _ key: OpaquePointer,
        _ names: [String]
    ) throws(TLSError) {
        let seconds = days * 86_400
        // 63 bits, as a serial number is positive.
        let serial = UInt64.random(in: 1...(.max >> 1))
        guard X509_set_version(certificate, version3) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -earlySeconds) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), seconds) != nil,
            X509_set_pubkey(certificate, key) == 1
        else { throw .cryptography(operation: "X509_set") }
        let name = X509_get_subject_name(certificate)
        let common = Array("Boreal self-signed".utf8)
        guard
            X509_NAME_add_entry_by_NID(
                name,
                NID_commonName,
                MBSTRING_UTF8,
                common,
                Int32(common.count),
                -1,
                0
            ) == 1,
            X509_set_issuer_name(certificate, name) == 1
        else { throw .cryptography(operation: "X509_NAME_add_entry") }
        try add(NID_basic_constraints, "critical,CA:FALSE", certificate)
        try add(NID_key_usage, "critical,digitalSignature", certificate)
        try add(NID_ext_key_usage, "serverAuth", certificate)
        try add(NID_subject_key_identifier, "hash", certificate)
        try add(NID_subject_alt_name, alternativeNames(names), certificate)
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else {
            throw .cryptography(operation: "X509_sign")
        }
    }

    /// `DNS:localhost,IP:127.0.0.1`: OpenSSL's own notation, in which a comma would begin another
    /// name.
    static func alternativeNames(_ names: [String]) -> String {
        var listed: [String] = []
        for name in names {
            let isPlain = name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
            guard isPlain, !name.isEmpty else { continue }
            let entry = (isAddress(name) ? "IP:" : "DNS:") + name
            if !listed.contains(entry) { listed.append(entry) }
        }
        return listed.joined(separator: ",")
    }

    private static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }

    private static func add(
        _ kind: Int32,
        _ value: String,
        _ certificate: OpaquePointer
    ) throws(TLSError) {
        var context = X509V3_CTX()
        boreal_x509_no_issuer_file(&context)
        X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        guard let item = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
            throw .cryptography(operation: "X509V3_EXT_conf \(value)")
        }
        defer { X509_EXTENSION_free(item) }
        guard X509_add_ext(certificate, item, -1) == 1 else {
            throw .cryptography(operation: "X509_add_ext")
        }
    }

    private static func pem(_ write: (OpaquePointer) -> Int32) throws(TLSError) -> [UInt8] {
        guard let pem = MemoryBIO.bytes(write) else {
            throw .cryptography(operation: "PEM_write_bio")
        }
        return pem
    }
}
