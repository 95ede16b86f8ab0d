import BorealBase
import BorealNet
import CLinux
import Dispatch
import Glibc
import Synchronization
import Testing

@Suite struct ConnectionTests {
    @Test("bytes come back from an echo, in order and whole", arguments: [1, 255, 65_536, 300_001])
    func echo(count: Int) throws {
        let server = try TestServer { _ in ClosureHandler.echo() }
        let client = try server.client()
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let writer = DispatchQueue(label: "writer")
        let descriptor = client.descriptor
        writer.async {
            var rest = sent[...]
            while !rest.isEmpty {
                let took = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
                guard took > 0 else { return }
                rest = rest.dropFirst(took)
            }
        }
        #expect(client.receiveAll(count) == sent)
        writer.sync {}
    }

    @Test("bytes sent one by one arrive one after the other")
    func splitReads() throws {
        let seen = Awaited<[UInt8]>()
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.received = { seen.give(Array($1)) }
            return handler
        }
        let client = try server.client()
        var all: [UInt8] = []
        for byte in UInt8(0)..<20 {
            client.send([byte])
            all += seen.take() ?? []
        }
        #expect(all == Array(0..<20))
    }

    @Test("several sends of one event leave in one write")
    func coalescedOutput() throws {
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.received = { connection, _ in
                for byte in UInt8(0)..<100 { connection.send([byte]) }
            }
            return handler
        }
        let client = try server.client()
        client.send([1])
        #expect(client.receive()?.count == 100)
    }

    @Test("a slow reader bounds what is unsent, and gets every byte when it reads")
    func backPressure() throws {
        // A pattern whose period is no power of two, so that a lost or doubled buffer shows.
        let pattern = (0..<251 * 1_000).map { UInt8($0 % 251) }
        let chunks = 120
        let highest = Atomic<Int>(0)
        let drains = Atomic<Int>(0)
        let server = try TestServer { connection in
            let handler = ClosureHandler()
            let produced = Mutex(0)
            let produce: @Sendable (Connection) -> Void = { connection in
                while connection.pendingOutputBytes <= Connection.lowWaterMark {
                    guard produced.withLock({ $0 }) < chunks else {
                        return connection.closeAfterFlush()
                    }
                    connection.send(pattern)
                    produced.withLock { $0 += 1 }
                    highest.max(connection.pendingOutputBytes, ordering: .relaxed)
                }
            }
            handler.opened = produce
            handler.drained = {
                drains.wrappingAdd(1, ordering: .relaxed)
                produce($0)
            }
            return handler
        }
        let client = try server.client()
        // While nobody reads, production stops.
        #expect(eventually { highest.load(ordering: .relaxed) > Connection.lowWaterMark })
        let twice = pattern + pattern
        var position = 0
        var isRight = true
        while let bytes = client.receive(40_000) {
            let start = position % 251
            let isSame = twice.withUnsafeBytes { twice in
                twice.baseAddress.map { memcmp($0 + start, bytes, bytes.count) == 0 } ?? false
            }
            isRight = isRight && isSame
            position += bytes.count
        }
        #expect(position == chunks * pattern.count)
        #expect(isRight)
        #expect(highest.load(ordering: .relaxed) <= Connection.lowWaterMark + pattern.count)
        #expect(drains.load(ordering: .relaxed) > 0)
    }

    @Test("a half-closed peer still gets its answer")
    func halfClose() throws {
        let server = try TestServer { _ in
            let handler = ClosureHandler.echo()
            handler.peerClosed = { connection, allRead in
                guard allRead else { return }
                connection.send(Array("bye".utf8))
                connection.closeAfterFlush()
            }
            return handler
        }
        let client = try server.client()
        client.send(Array("hello ".utf8))
        client.shutdownWriting()
        #expect(String(decoding: client.receiveAll(100), as: UTF8.self) == "hello bye")
        #expect(client.isAtEnd())
    }

    @Test("a peer that hangs up while reading is paused is noticed at once")
    func hangUpWhilePaused() throws {
        let notices = Awaited<Bool>()
        let closed = Awaited<SocketError?>()
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.received = { connection, _ in connection.pauseReading() }
            handler.peerClosed = { connection, allRead in
                notices.give(allRead)
                if allRead { connection.close() } else { connection.resumeReading() }
            }
            handler.closed = { closed.give($1) }
            return handler
        }
        let client = try server.client()
        client.send([1])
        client.shutdownWriting()
        #expect(notices.take() == false)
        #expect(notices.take() == true)
        #expect(closed.take() == .some(nil))
    }

    @Test("a peer that resets closes the connection with peerReset")
    func vanishingPeer() throws {
        let closed = Awaited<SocketError?>()
        let opened = Awaited<Bool>()
        let server = try TestServer { _ in
            let handler = ClosureHandler.echo()
            handler.opened = { _ in opened.give(true) }
            handler.closed = { closed.give($1) }
            return handler
        }
        do {
            let client = try server.client()
            var linger = linger(l_onoff: 1, l_linger: 0)
            let size = socklen_t(MemoryLayout<linger>.size)
            setsockopt(client.descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
            #expect(opened.take() == true)
        }
        #expect(closed.take() == .some(.peerReset))
        #expect(eventually { server.group.connectionCount == 0 })
    }

    @Test("a paused connection delivers nothing until it is resumed")
    func pauseAndResume() throws {
        let seen = Awaited<Int>()
        let holder = Awaited<Connection>()
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.opened = { connection in
                connection.pauseReading()
                holder.give(connection)
            }
            handler.received = { seen.give($1.count) }
            return handler
        }
        let client = try server.client()
        let connection = try #require(holder.take())
        client.send([1, 2, 3])
        #expect(seen.take(seconds: 0.05) == nil)
        connection.loop.execute { connection.resumeReading() }
        #expect(seen.take() == 3)
    }

    @Test("an answer to a request that is not read to its end arrives, with a lingering close")
    func lingeringClose() throws {
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.received = { connection, _ in
                connection.send(Array("no".utf8))
                connection.closeAfterFlush(lingering: true)
            }
            return handler
        }
        for _ in 0..<20 {
            let client = try server.client()
            client.send([UInt8](repeating: 1, count: 300_000))
            #expect(client.receiveAll(10) == Array("no".utf8))
            #expect(client.isAtEnd())
        }
    }

    /// Answers the first bytes with `count` bytes and an orderly close.
    private func closingServer(
        _ count: Int,
        closeMilliseconds: Int,
        _ closed: Awaited<SocketError?>
    ) throws -> TestServer {
        try TestServer(closeMilliseconds: closeMilliseconds) { _ in
            let handler = ClosureHandler()
            handler.received = { connection, _ in
                connection.send([UInt8](repeating: 7, count: count))
                connection.closeAfterFlush()
            }
            handler.closed = { closed.give($1) }
            return handler
        }
    }

    @Test("an orderly close waits for a peer that reads slowly")
    func slowReaderAtClose() throws {
        let count = 16 << 20
        let closed = Awaited<SocketError?>()
        let server = try closingServer(count, closeMilliseconds: 250, closed)
        let client = try server.client(receiveBytes: 256 << 10)
        client.send([1])
        var received = 0
        while let bytes = client.receive(256 << 10) {
            received += bytes.count
            usleep(10_000)
        }
        #expect(received == count)
        #expect(closed.take() == .some(nil))
    }

    @Test("an orderly close does not wait for a peer that reads nothing")
    func stuckReaderAtClose() throws {
        let closed = Awaited<SocketError?>()
        let server = try closingServer(16 << 20, closeMilliseconds: 50, closed)
        let client = try server.client(receiveBytes: 256 << 10)
        client.send([1])
        #expect(closed.take() == .some(.timedOut))
        withExtendedLifetime(client) {}
    }

    @Test("a deadline passes once, and a connection without traffic gets the idle call")
    func deadlineAndIdle() throws {
        let events = Awaited<String>()
        let server = try TestServer { _ in
            let handler = ClosureHandler.echo()
            handler.opened = { $0.setDeadline(afterMilliseconds: 60) }
            handler.deadline = { connection in
                events.give("deadline")
                connection.close(error: .timedOut)
            }
            handler.idle = { _ in events.give("idle") }
            handler.closed = { events.give("closed \($1 == .timedOut)") }
            return handler
        }
        let client = try server.client()
        client.send([7])
        #expect(client.receive() == [7])
        #expect(events.take() == "idle")
        #expect(events.take() == "deadline")
        #expect(events.take() == "closed true")
        #expect(client.isAtEnd())
    }

    @Test("a deadline that is switched off does not pass")
    func deadlineOff() throws {
        let passed = Awaited<UInt16>()
        let server = try TestServer(loops: 1) { _ in
            let handler = ClosureHandler.echo()
            handler.opened = { $0.setDeadline(afterMilliseconds: 40) }
            handler.received = { connection, bytes in
                connection.setDeadline(afterMilliseconds: nil)
                connection.send(Array("\(connection.peer.port)".utf8))
            }
            handler.deadline = { passed.give($0.peer.port) }
            return handler
        }
        let quiet = try server.client()
        quiet.send([1])
        let quietPort = UInt16(String(decoding: quiet.receive() ?? [], as: UTF8.self))
        // The second connection's deadline is later than the first one's would have been.
        let control = try server.client()
        let first = try #require(passed.take())
        #expect(quietPort != nil)
        #expect(first != quietPort)
        withExtendedLifetime(control) {}
    }

    @Test("500 connections opened and dropped leave no descriptor behind")
    func noLeak() throws {
        let closed = Atomic<Int>(0)
        let server = try TestServer { _ in
            let handler = ClosureHandler.echo()
            handler.closed = { _, _ in closed.wrappingAdd(1, ordering: .relaxed) }
            return handler
        }
        let port = server.listener.addresses[0].port
        for round in 0..<500 {
            let client = try server.client()
            switch round % 4 {
            case 0: break
            case 1: client.send([1, 2, 3])
            case 2: client.shutdownWriting()
            default:
                client.send([9])
                #expect(client.receive() == [9])
            }
        }
        #expect(eventually { closed.load(ordering: .relaxed) == 500 })
        #expect(eventually { descriptors(onPort: port) == 1 })
        #expect(server.group.connectionCount == 0)
    }

    @Test("addresses of both ends are known")
    func addresses() throws {
        let ends = Awaited<(SocketAddress, SocketAddress?)>()
        let server = try TestServer { _ in
            let handler = ClosureHandler.echo()
            handler.opened = { ends.give(($0.peer, $0.local)) }
            return handler
        }
        let client = try server.client()
        let (peer, local) = try #require(ends.take())
        #expect(peer.isLoopback)
        #expect(peer.host == "127.0.0.1")
        #expect(peer.port != 0)
        #expect(local == server.listener.addresses[0])
        withExtendedLifetime(client) {}
    }

    @Test("accepted sockets have TCP_NODELAY and keep-alive")
    func options() throws {
        let opened = Awaited<Bool>()
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.opened = { _ in opened.give(true) }
            return handler
        }
        let client = try server.client()
        #expect(opened.take() == true)
        let port = server.listener.addresses[0].port
        var seen = 0
        // Other suites of the process may hold thousands.
        for descriptor in 0..<Int32(65_536) where descriptor != client.descriptor {
            var name = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let known = withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(descriptor, $0, &length) == 0
                }
            }
            guard known, UInt16(bigEndian: name.sin_port) == port else { continue }
            var noDelay: Int32 = 0
            var keepAlive: Int32 = 0
            var size = socklen_t(4)
            getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, &size)
            getsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &keepAlive, &size)
            #expect(noDelay == 1)
            #expect(keepAlive == 1)
            seen += 1
        }
        // The listener and the accepted socket.
        #expect(seen == 2)
    }

    @Test("the handler may be replaced, and left-over bytes replayed to the new one")
    func replacedHandler() throws {
        let server = try TestServer { _ in
            let sniffer = ClosureHandler()
            sniffer.received = { connection, bytes in
                let kept = Array(bytes)
                connection.handler = ClosureHandler.echo()
                connection.replay(kept)
            }
            return sniffer
        }
        let client = try server.client()
        client.send([1, 2])
        #expect(client.receive() == [1, 2])
        client.send([3])
        #expect(client.receive() == [3])
    }

    @Test("after shutdown of the loops every connection was closed with stopped")
    func shutdownCloses() throws {
        let closed = Awaited<SocketError?>()
        let group = try EventLoopGroup(count: 2)
        let listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: group) { _ in
            let handler = ClosureHandler()
            handler.opened = { $0.send([1]) }
            handler.closed = { closed.give($1) }
            return handler
        }
        let clients = (0..<4).compactMap { _ in Client(listener.addresses[0]) }
        for client in clients { #expect(client.receive() == [1]) }
        group.shutdown()
        for client in clients {
            #expect(closed.take() == .some(.stopped))
            #expect(client.isAtEnd())
        }
        #expect(!group.loops[0].execute {})
        listener.stop()
    }
}

/// Every byte is turned by a constant: enough to see that all bytes pass through.
private final class TurningFilter: ConnectionFilter {
    struct Refused: Error {}
    private let key: UInt8

    init(key: UInt8) { self.key = key }

    func decode(
        _ bytes: UnsafeRawBufferPointer,
        plain: inout ByteBuffer,
        wire: inout ByteBuffer
    ) throws -> Bool {
        for byte in bytes {
            if byte == 0xFF {
                wire.append(0xAA)
                throw Refused()
            }
            if byte == 0xFE { return false }
            plain.append(byte ^ key)
        }
        return true
    }

    func encode(_ bytes: UnsafeRawBufferPointer, wire: inout ByteBuffer) throws {
        for byte in bytes { wire.append(byte ^ key) }
    }

    func encodeEnd(wire: inout ByteBuffer) { wire.append(0xFE) }
}

/// A byte stands before what is sent at once, as TLS puts a header before each record.
private final class HeadingFilter: ConnectionFilter {
    func decode(
        _ bytes: UnsafeRawBufferPointer,
        plain: inout ByteBuffer,
        wire: inout ByteBuffer
    ) throws -> Bool {
        plain.append(bytes)
        return true
    }

    func encode(_ bytes: UnsafeRawBufferPointer, wire: inout ByteBuffer) throws {
        wire.append(0)
        wire.append(bytes)
    }

    func encodeEnd(wire: inout ByteBuffer) {}
}

@Suite struct ConnectionFilterTests {
    private func server(_ closed: Awaited<SocketError?>) throws -> TestServer {
        try TestServer { _ in
            let handler = ClosureHandler.echo()
            handler.opened = { $0.install(TurningFilter(key: 0x55)) }
            handler.closed = { closed.give($1) }
            return handler
        }
    }

    @Test("bytes pass through the filter both ways, and the end is announced")
    func roundTrip() throws {
        let closed = Awaited<SocketError?>()
        let server = try server(closed)
        let client = try server.client()
        client.send([1 ^ 0x55, 2 ^ 0x55])
        #expect(client.receive() == [1 ^ 0x55, 2 ^ 0x55])
        client.send([0xFE])
        #expect(client.receiveAll(10) == [0xFE])
        #expect(closed.take() == .some(nil))
    }

    @Test("bytes the filter refuses close the connection, after its alert")
    func refused() throws {
        let closed = Awaited<SocketError?>()
        let server = try server(closed)
        let client = try server.client()
        client.send([0xFF])
        #expect(client.receiveAll(10) == [0xAA])
        #expect(closed.take() == .some(.filterFailed))
    }

    @Test("output that only the filter lifts above the low-water mark is told to be drained")
    func liftedOutput() throws {
        let unsent = Awaited<Int>()
        let drained = Awaited<Bool>()
        let server = try TestServer { _ in
            let handler = ClosureHandler()
            handler.opened = { $0.install(HeadingFilter()) }
            handler.received = { connection, _ in
                let block = [UInt8](repeating: 7, count: 256 << 10)
                while connection.pendingOutputBytes == 0 { connection.send(block) }
                // The socket takes no more now, and there is room below the mark.
                let room = Connection.lowWaterMark - connection.pendingOutputBytes
                connection.send([UInt8](repeating: 7, count: room))
                unsent.give(connection.pendingOutputBytes)
            }
            handler.drained = { connection in
                drained.give(true)
                connection.closeAfterFlush()
            }
            return handler
        }
        let client = try server.client(receiveBytes: 256 << 10)
        client.send([1])
        #expect(unsent.take() == Connection.lowWaterMark + 1)
        while client.receive(256 << 10) != nil {}
        #expect(drained.take(seconds: 0) == true)
    }
}
