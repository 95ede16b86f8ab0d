import BorealBase
import BorealHTTP
import BorealNet
import Synchronization
import Testing

/// Where the client refuses to go.
@Suite struct HTTPClientPolicyTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private func refusal(_ bench: ClientBench, _ url: String) -> String {
        do throws(HTTPError) {
            _ = try bench.ask(url)
            return "answered"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "an IPv4 address in an odd form is refused as a host, whatever it leads to",
        arguments: [
            "2130706433", "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
            "017700000001", "127.0.0.0x1", "127.0.0.1.", "%31%32%37.0.0.1", "127.0.0.01",
            "134744072", "8.8.2056",
        ]
    )
    func oddForms(host: String) throws {
        let bench = try ClientBench()
        let error = refusal(bench, "http://\(host)/")
        #expect(error.hasPrefix("hostRefused") || error.hasPrefix("invalidURL"), "\(error)")
    }

    @Test(
        "plain hosts are not mistaken for odd addresses",
        arguments: ["A.Test", "7b", "0xen", "1.2.3.four", "a-1", "x.0xzz"]
    )
    func plainHosts(host: String) throws {
        let server = try ScriptedServer(always: Self.ok)
        let bench = try ClientBench {
            $0.resolve = { _ throws(SocketError) in [IPAddress(ipv4: 0x7F00_0001)] }
        }
        #expect(try bench.ask("http://\(host):\(server.port)/").text == "ok")
    }

    @Test(
        "what must not be called is refused before any connection",
        arguments: [
            ("", "invalidURL"), ("http://", "invalidURL"), ("file:///etc/passwd", "schemeRefused"),
            ("ftp://127.0.0.1/", "schemeRefused"), ("http://u:p@127.0.0.1/", "userInfoRefused"),
            ("http://127.0.0.1/", "addressRefused"), ("http://[::1]/", "addressRefused"),
            ("http://[::ffff:127.0.0.1]/", "addressRefused"),
            ("http://[64:ff9b::a00:1]/", "addressRefused"),
            ("http://[2002:a00:1::]/", "addressRefused"),
            ("http://169.254.169.254/", "addressRefused"), ("http://half.test/", "addressRefused"),
        ]
    )
    func refused(url: String, error: String) throws {
        let bench = try ClientBench {
            // Half inside, half outside.
            $0.resolve = { _ throws(SocketError) in
                [IPAddress(ipv4: 0x0808_0808), IPAddress(ipv4: 0x0A00_0001)]
            }
        }
        bench.policy = .publicOnly
        #expect(refusal(bench, url).hasPrefix(error))
    }

    @Test("a name that answers publicly first and with loopback later gains nothing")
    func rebinding() throws {
        let server = try ScriptedServer(always: Self.ok)
        let turn = Mutex(0)
        let bench = try ClientBench {
            $0.nameMilliseconds = 0
            $0.connectMilliseconds = 50
            $0.resolve = { _ throws(SocketError) in
                let number = turn.withLock { turn in
                    turn += 1
                    return turn
                }
                // 192.0.2.1 is nobody; the rule below counts it as public.
                return [IPAddress(ipv4: number == 1 ? 0x0808_0808 : 0x7F00_0001)]
            }
        }
        bench.policy = .publicOnly
        let url = "http://rebind.test:\(server.port)/"
        // The first answer is allowed, and is where the connection goes: not to us.
        #expect(!refusal(bench, url).hasPrefix("addressRefused"))
        for _ in 0..<3 { #expect(refusal(bench, url).hasPrefix("addressRefused")) }
        #expect(server.connections == 0)
        #expect(turn.withLock { $0 } == 4)
    }

    @Test("remembered addresses are checked again at each call")
    func policyChanges() throws {
        let server = try ScriptedServer(always: Self.ok)
        let bench = try ClientBench {
            $0.resolve = { _ throws(SocketError) in [IPAddress(ipv4: 0x7F00_0001)] }
        }
        let url = "http://changing.test:\(server.port)/"
        #expect(refusal(bench, url) == "answered")
        bench.policy = .publicOnly
        #expect(refusal(bench, url).hasPrefix("addressRefused"))
        #expect(server.requests == 1)
    }

    @Test("our own port on loopback is refused, by address and by name")
    func ownPort() throws {
        let server = try ScriptedServer(always: Self.ok)
        let other = try ScriptedServer(always: Self.ok)
        let bench = try ClientBench {
            $0.resolve = { _ throws(SocketError) in [IPAddress(ipv4: 0x7F00_0003)] }
        }
        bench.policy = AddressPolicy(ownPorts: [server.port]) { _ in true }
        for host in ["127.0.0.1", "127.0.0.2", "us.test", "[::1]", "[::ffff:127.0.0.1]"] {
            let error = refusal(bench, "http://\(host):\(server.port)/")
            #expect(error.hasPrefix("portRefused"), "\(error)")
        }
        #expect(refusal(bench, other.base) == "answered")
        #expect(server.connections == 0)
    }
}
