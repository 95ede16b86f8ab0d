import COpenSSL
import Foundation
import Testing

@testable import BorealTLS

@Suite struct SelfSignedCertificateTests {
    @Test(
        "names become OpenSSL's list, and what is no name is passed over",
        arguments: [
            (["localhost", "127.0.0.1", "::1"], "DNS:localhost,IP:127.0.0.1,IP:::1"),
            (["a", "b", "a"], "DNS:a,DNS:b"),
            (["db-1.example.org", "", "evil,DNS:other"], "DNS:db-1.example.org"),
            (["300.0.0.1", "fe80::1%eth0"], "DNS:300.0.0.1"),
        ]
    )
    func alternativeNames(_ names: [String], _ expected: String) {
        #expect(SelfSignedCertificate.alternativeNames(names) == expected)
    }

    @Test("key and certificate are PEM texts that belong together")
    func pem() throws {
        let made = try SelfSignedCertificate(names: ["localhost"])
        let certificate = String(decoding: made.certificatePEM, as: UTF8.self)
        let key = String(decoding: made.privateKeyPEM, as: UTF8.self)
        #expect(certificate.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
        #expect(key.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(!certificate.contains("PRIVATE"))
    }

    @Test("no two share a key")
    func unique() throws {
        let one = try SelfSignedCertificate(names: ["localhost"])
        let other = try SelfSignedCertificate(names: ["localhost"])
        #expect(one.privateKeyPEM != other.privateKeyPEM)
        #expect(one.certificatePEM != other.certificatePEM)
    }

    @Test("a client that checks names believes those asked for and no others")
    func names() throws {
        let identity = try Identity(names: ["localhost", "127.0.0.1", "::1"])
        let bio = try #require(BIO_new_file(identity.configuration.certificateFile, "r"))
        defer { BIO_free(bio) }
        let certificate = try #require(PEM_read_bio_X509(bio, nil, nil, nil))
        defer { X509_free(certificate) }
        #expect(X509_check_host(certificate, "localhost", 0, 0, nil) == 1)
        #expect(X509_check_host(certificate, "example.org", 0, 0, nil) == 0)
        #expect(X509_check_ip_asc(certificate, "127.0.0.1", 0) == 1)
        #expect(X509_check_ip_asc(certificate, "::1", 0) == 1)
        #expect(X509_check_ip_asc(certificate, "10.0.0.1", 0) == 0)
    }

    @Test(
        "errors are sentences",
        arguments: [
            (TLSError.unusable(path: "a.pem", reason: "no"), "'a.pem' cannot be used: no"),
            (
                .keyMismatch(certificate: "a", key: "b"),
                "the key in 'b' is not that of the certificate in 'a'"
            ),
            (.handshakeFailed(reason: "http request"), "http request"),
            (.cryptography(operation: "SSL_new"), "OpenSSL refuses SSL_new"),
        ]
    )
    func sentences(_ error: TLSError, _ expected: String) {
        #expect(error.message == expected)
    }
}
