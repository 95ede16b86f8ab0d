import BorealBase
import BorealHTTP
import BorealNet
import Synchronization
import Testing

/// Which connections the client makes, keeps and uses again.
@Suite struct HTTPClientConnectionTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test("requests one after the other share a connection")
    func keepAlive() throws {
        let server = try ScriptedServer(always: Self.ok)
        let bench = try ClientBench()
        for _ in 0..<20 { #expect(try bench.ask(server.base).text == "ok") }
        #expect(server.connections == 1)
        #expect(server.requests == 20)
    }

    @Test("64 at a time, each with its own answer")
    func parallel() throws {
        let server = try ScriptedServer { peer in
            while let request = peer.request() { peer.answer("", request.body) }
        }
        let bench = try ClientBench()
        let begun = (0..<640).map { number in
            bench.begin(server.base) { $0.body = Array("row \(number)".utf8) }.outcome
        }
        for (number, outcome) in begun.enumerated() {
            #expect(try outcome.take()?.get().text == "row \(number)")
        }
        #expect(server.connections <= 64)
        #expect(server.requests == 640)
    }

    @Test("no origin gets more connections than allowed, and the others wait their turn")
    func bounded() throws {
        let server = try ScriptedServer(always: Self.ok)
        let bench = try ClientBench { $0.connectionsPerOriginMax = 2 }
        let begun = (0..<50).map { _ in bench.begin(server.base).outcome }
        for outcome in begun { #expect(try outcome.take()?.get().text == "ok") }
        #expect(server.connections <= 2)
    }

    @Test("a request that dies on a used connection before any answer is sent once more")
    func resent() throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.send(Self.ok)
            if peer.number == 0 {
                _ = peer.request()
                peer.reset()
            } else {
                while peer.request() != nil { peer.send(Self.ok) }
            }
        }
        let bench = try ClientBench()
        #expect(try bench.ask(server.base).text == "ok")
        #expect(try bench.ask(server.base).text == "ok")
        #expect(server.connections == 2)
        #expect(server.requests == 3)
    }

    @Test("it is sent once more over a new connection, not over other used ones")
    func resentOnce() throws {
        let (arrived, gate) = (Awaited<Int>(), Awaited<Bool>())
        let server = try ScriptedServer { peer in
            _ = peer.request()
            arrived.give(peer.number)
            if peer.number < 5 { _ = gate.take() }
            peer.send(Self.ok)
            if peer.number == 5 { return peer.awaitEnd() }
            _ = peer.request()
            peer.reset()
        }
        let bench = try ClientBench()
        let begun = (0..<5).map { _ in bench.begin(server.base).outcome }
        for _ in begun { _ = arrived.take() }
        for _ in begun { gate.give(true) }
        for outcome in begun { #expect(try outcome.take()?.get().text == "ok") }
        // All five connections are idle, and none of them will answer again.
        #expect(try bench.ask(server.base).text == "ok")
        #expect(server.connections == 6)
        #expect(server.requests == 7)
    }

    @Test("a request that dies inside its answer is not sent again, used connection or not")
    func notResent() throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.send(Self.ok)
            _ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
        }
        let bench = try ClientBench()
        #expect(try bench.ask(server.base).text == "ok")
        #expect(throws: HTTPError.answerCut(host: "127.0.0.1")) { try bench.ask(server.base) }
        #expect(server.requests == 2)
    }

    @Test("a connection that nobody uses is closed")
    func idle() throws {
        let closed = Awaited<Bool>()
        let server = try ScriptedServer { peer in
            while peer.request() != nil { peer.send(Self.ok) }
            closed.give(true)
        }
        let bench = try ClientBench { $0.idleMilliseconds = 50 }
        for round in 1...2 {
            #expect(try bench.ask(server.base).text == "ok")
            #expect(closed.take() == true)
            #expect(server.connections == round)
        }
    }

    @Test("a connection is used again only for the address that was checked")
    func pinned() throws {
        let seen = Awaited<String>()
        let server = try ScriptedServer { peer in
            while peer.request() != nil {
                seen.give("\(peer.number) \(peer.address)")
                peer.send(Self.ok)
            }
        }
        let turn = Mutex(0)
        let bench = try ClientBench {
            $0.nameMilliseconds = 0
            $0.resolve = { _ throws(SocketError) in
                let number = turn.withLock { turn in
                    turn += 1
                    return turn
                }
                return [IPAddress(ipv4: 0x7F00_0000 + UInt32(number % 2 + 1))]
            }
        }
        for expected in ["0 127.0.0.2", "1 127.0.0.1", "0 127.0.0.2", "1 127.0.0.1"] {
            _ = try bench.ask("http://two.test:\(server.port)/")
            #expect(seen.take() == expected)
        }
    }

    @Test("the next address is tried when nobody is at the first, and remembered")
    func nextAddress() throws {
        let server = try ScriptedServer(always: Self.ok)
        let lookups = Mutex(0)
        let bench = try ClientBench {
            $0.resolve = { _ throws(SocketError) in
                lookups.withLock { $0 += 1 }
                // The server has no IPv6.
                return [IPAddress(ipv6High: 0, low: 1), IPAddress(ipv4: 0x7F00_0001)]
            }
        }
        for _ in 0..<3 {
            #expect(try bench.ask("http://both.test:\(server.port)/").text == "ok")
        }
        #expect(server.connections == 1)
        #expect(lookups.withLock { $0 } == 1)
    }

    @Test("a port where nobody listens is connectFailed")
    func nobody() throws {
        var server: ScriptedServer? = try ScriptedServer(always: Self.ok)
        let base = try #require(server?.base)
        server = nil
        #expect(throws: HTTPError.connectFailed(host: "127.0.0.1")) {
            try ClientBench().ask(base)
        }
    }

    @Test("a host without an address is nameNotResolved, each time anew")
    func unknownName() throws {
        let bench = try ClientBench {
            $0.resolve = { host throws(SocketError) in
                throw .nameNotResolved(host: host, code: -2)
            }
        }
        for _ in 0..<2 {
            #expect(throws: HTTPError.nameNotResolved(host: "nowhere.test")) {
                try bench.ask("http://nowhere.test/")
            }
        }
    }

    @Test("slow names hold up nobody else")
    func slowName() throws {
        let server = try ScriptedServer(always: Self.ok)
        let gate = Awaited<Bool>()
        let bench = try ClientBench {
            $0.resolve = { host throws(SocketError) in
                if host == "slow.test" { _ = gate.take() }
                return [IPAddress(ipv4: 0x7F00_0001)]
            }
        }
        let slow = bench.begin("http://slow.test:\(server.port)/")
        #expect(try bench.ask("http://quick.test:\(server.port)/").text == "ok")
        #expect(try bench.ask(server.base).text == "ok")
        gate.give(true)
        #expect(try slow.outcome.take()?.get().text == "ok")
    }
}
