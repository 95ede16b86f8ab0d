import BorealEngine
import Testing

@Suite struct ClientTransportTests {
    private func tls(_ subject: String?) -> ClientTransport.TLS {
        ClientTransport.TLS(
            version: "TLSv1.3",
            cipher: "TLS_AES_256_GCM_SHA384",
            isResumed: true,
            certificate: subject.map { ($0, "/CN=authority") }
        )
    }

    @Test("TCP is secure inside TLS, a unix socket by itself")
    func security() {
        var transport = ClientTransport(isUnixSocket: false)
        #expect(!transport.isSecure)
        transport.tls = tls(nil)
        #expect(transport.isSecure)
        #expect(ClientTransport(isUnixSocket: true).isSecure)
    }

    @Test("certificates tell transports apart")
    func certificates() {
        #expect(tls("/CN=anna") == tls("/CN=anna"))
        #expect(tls("/CN=anna") != tls("/CN=ben"))
        #expect(tls("/CN=anna") != tls(nil))
    }

    @Test("SHOW STATUS tells the cipher, or that there is none")
    func status() {
        var transport = ClientTransport(isUnixSocket: false)
        #expect(transport.status.first { $0.name == "Ssl_cipher" }?.value == "")
        transport.tls = tls(nil)
        let rows = Dictionary(uniqueKeysWithValues: transport.status.map { ($0.name, $0.value) })
        #expect(rows["Ssl_cipher"] == "TLS_AES_256_GCM_SHA384")
        #expect(rows["Ssl_version"] == "TLSv1.3")
        #expect(rows["Ssl_sessions_reused"] == "1")
    }
}
