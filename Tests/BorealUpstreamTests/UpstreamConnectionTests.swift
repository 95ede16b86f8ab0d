import BorealBase
import BorealNet
import BorealTLS
import BorealWire
import Testing

@testable import BorealUpstream

/// A connection to another server, over real sockets.
@Suite struct UpstreamConnectionTests {
    /// What a teller hears of a connection to a stage, until nothing comes or it is over.
    private func story(
        _ stage: Stage,
        _ url: String,
        count: Int,
        connectSeconds: Int = 60,
        readSeconds: Int = 0,
        sending text: String? = nil
    ) throws -> [String] {
        let teller = Teller()
        if let text {
            teller.atReady = { upstream in
                _ = upstream.send { $0.query(Array(text.utf8), into: &$1) }
            }
        }
        _ = try stage.open(url, teller, connectSeconds: connectSeconds, readSeconds: readSeconds)
        return (0..<count).compactMap { _ in teller.happenings.take() }
    }

    @Test("a command is sent and answered, in the clear, inside TLS, and compressed")
    func answered() throws {
        let stage = try Stage(names: ["localhost", "127.0.0.1"])
        defer { stage.end() }
        for options in ["ssl-mode=DISABLED", "ssl-mode=REQUIRED", "compression=ON"] {
            let url = "mysql://u:secret@127.0.0.1:\(stage.port)/d?\(options)"
            #expect(
                try story(stage, url, count: 2, sending: "hello") == ["ready", "ok hello."],
                "\(options)"
            )
        }
    }

    @Test("the certificate is looked at as closely as ssl-mode says")
    func certificates() throws {
        let stage = try Stage(names: ["elsewhere"])
        defer { stage.end() }
        let base =
            "mysql://u:secret@127.0.0.1:\(stage.port)/d?ssl-ca=\(stage.certificate)&ssl-mode="
        #expect(try story(stage, base + "VERIFY_CA", count: 1) == ["ready"])
        let mismatch = try story(stage, base + "VERIFY_IDENTITY", count: 1)
        #expect(mismatch.first?.contains("IP address mismatch") == true, "\(mismatch)")
        let other = try Stage(names: ["127.0.0.1"])
        defer { other.end() }
        let stranger = try story(
            other,
            "mysql://u:secret@127.0.0.1:\(other.port)/d?ssl-mode=VERIFY_CA"
                + "&ssl-ca=\(stage.certificate)",
            count: 1
        )
        #expect(stranger.first?.contains("self-signed certificate") == true, "\(stranger)")
    }

    @Test("an address that may not be reached is refused at each connection, behind a name too")
    func addresses() throws {
        let stage = try Stage()
        defer { stage.end() }
        for host in ["127.0.0.1", "localhost"] {
            for _ in 0..<2 {
                let teller = Teller()
                let url = "mysql://u:secret@\(host):\(stage.port)/d"
                let server = try stage.open(url, teller, allows: { _ in false })
                let heard = teller.happenings.take()
                #expect(heard?.hasPrefix("failed: refused") == true, "\(heard ?? "")")
                #expect(server.health.failures == 1 && server.health.connections == 0)
            }
        }
    }

    @Test("nobody there, a wrong password, no TLS where it is demanded: one error each")
    func refusals() throws {
        let stage = try Stage()
        defer { stage.end() }
        let place = "127.0.0.1:\(stage.port)/d"
        let closed = try Stage()
        let port = closed.port
        closed.end()
        let nobody = try story(stage, "mysql://u@127.0.0.1:\(port)", count: 1)
        #expect(nobody.first?.hasPrefix("failed: unreachable") == true)
        let wrong = try story(stage, "mysql://u:wrong@\(place)", count: 1)
        #expect(wrong.first?.contains("Access denied for user 'u'") == true)
        let bare = try story(stage, "mysql://u:secret@\(place)?ssl-mode=REQUIRED", count: 1)
        #expect(bare == ["failed: wire(BorealWire.WireError.tlsNotOffered)"])
        let nowhere = try story(stage, "mysql://u@no-such-host.invalid", count: 1)
        #expect(nowhere == ["failed: hostUnknown"])
    }

    @Test("a server that dies before, in the middle of and behind an answer")
    func deaths() throws {
        let stage = try Stage()
        defer { stage.end() }
        let url = "mysql://u:secret@127.0.0.1:\(stage.port)/d"
        #expect(try story(stage, url, count: 2, sending: "die") == ["ready", "failed: lost"])
        let half = try story(stage, url, count: 7, sending: "half")
        #expect(half.filter { $0.hasPrefix("row") }.count == 3)
        #expect(half.last == "failed: lost")
    }

    @Test("a server that does not greet, or owes an answer for too long, is given up")
    func slowness() throws {
        let mute = try Stage(mute: [])
        defer { mute.end() }
        let silent = "mysql://u:secret@127.0.0.1:\(mute.port)/d"
        #expect(
            try story(mute, silent, count: 1, connectSeconds: 1)
                == ["failed: connectTimedOut(seconds: 1)"]
        )
        let stage = try Stage()
        defer { stage.end() }
        #expect(
            try story(
                stage,
                "mysql://u:secret@127.0.0.1:\(stage.port)/d",
                count: 2,
                readSeconds: 1,
                sending: "hang"
            ) == ["ready", "failed: readTimedOut(seconds: 1)"]
        )
    }

    @Test("what is no MySQL server is told from one")
    func strangers() throws {
        let web = try Stage(mute: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        defer { web.end() }
        let told = try story(web, "mysql://u:secret@127.0.0.1:\(web.port)/d", count: 1)
        #expect(told.first?.hasPrefix("failed: wire(") == true)
    }

    @Test("a paused connection takes nothing, and goes on where it was")
    func backPressure() throws {
        let stage = try Stage()
        defer { stage.end() }
        let teller = Teller()
        teller.atReady = { upstream in
            _ = upstream.send { $0.query(Array("many".utf8), into: &$1) }
            upstream.pauseReading()
            // Nothing may be told before this.
            upstream.loop.schedule(afterMilliseconds: 100) {
                teller.happenings.give("resumed")
                upstream.resumeReading()
            }
        }
        _ = try stage.open("mysql://u:secret@127.0.0.1:\(stage.port)/d", teller)
        #expect(teller.happenings.take() == "ready")
        #expect(teller.happenings.take() == "resumed")
        var rows = 0
        while let next = teller.happenings.take(), !next.hasPrefix("endOfRows") {
            if next.hasPrefix("row") { rows += 1 }
        }
        #expect(rows == 50_000)
    }

    @Test("a server's health counts what stood and what failed")
    func health() throws {
        let stage = try Stage()
        defer { stage.end() }
        let teller = Teller()
        let server = try stage.open("mysql://u:wrong@127.0.0.1:\(stage.port)/d", teller)
        #expect(teller.happenings.take() != nil)
        #expect(server.health.failures == 1 && server.health.lastError != nil)
        let good = try stage.open("mysql://u:secret@127.0.0.1:\(stage.port)/d", teller)
        #expect(teller.happenings.take() == "ready")
        #expect(good.health.version == "10.11.19-MariaDB" && good.health.connections == 1)
    }
}
