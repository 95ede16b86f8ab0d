import BorealNet
import CLinux
import Glibc
import Synchronization
import Testing

@Suite struct ListenerTests {
    @Test("a second listener on the same port fails with addressInUse")
    func portInUse() throws {
        let server = try TestServer { _ in ClosureHandler.echo() }
        let port = server.listener.addresses[0].port
        #expect(throws: SocketError.addressInUse("127.0.0.1:\(port)")) {
            try TestServer([.tcp(host: "127.0.0.1", port: port)]) { _ in ClosureHandler.echo() }
        }
    }

    @Test("a stopped listener frees its port, and open connections stay")
    func stop() throws {
        let server = try TestServer { _ in ClosureHandler.echo() }
        let client = try server.client()
        client.send([1])
        #expect(client.receive() == [1])
        let address = server.listener.addresses[0]
        server.listener.stop()
        #expect(Client(address) == nil)
        client.send([2])
        #expect(client.receive() == [2])
        let second = try TestServer([.tcp(host: "127.0.0.1", port: address.port)]) { _ in
            ClosureHandler.echo()
        }
        #expect(second.listener.addresses == [address])
    }

    @Test("clients of a listener that does not accept yet wait until it does")
    func acceptsLater() throws {
        let handlers = Atomic<Int>(0)
        let server = try TestServer(isAccepting: false) { _ in
            handlers.add(1, ordering: .relaxed)
            return ClosureHandler.echo()
        }
        let client = try server.client()
        client.send([1])
        usleep(50_000)
        #expect(handlers.load(ordering: .relaxed) == 0)
        server.listener.accept()
        #expect(client.receive() == [1])
        #expect(handlers.load(ordering: .relaxed) == 1)
    }

    @Test("several addresses listen at once: IPv4, IPv6 and a unix socket")
    func severalAddresses() throws {
        let path = temporaryPath("many.sock")
        let server = try TestServer([
            .tcp(host: "127.0.0.1", port: 0), .tcp(host: "::1", port: 0), .unix(path: path),
        ]) { _ in ClosureHandler.echo() }
        #expect(server.listener.addresses.count == 3)
        for index in 0..<3 {
            let client = try server.client(index)
            client.send([UInt8(index)])
            #expect(client.receive() == [UInt8(index)])
        }
        server.listener.stop()
        #expect(access(path, F_OK) != 0)
    }

    @Test("the addresses of a name share one port")
    func nameWithTwoAddresses() throws {
        let server = try TestServer([.tcp(host: "localhost", port: 0)]) { _ in
            ClosureHandler.echo()
        }
        #expect(Set(server.listener.addresses.map(\.port)).count == 1)
        let areLoopback = server.listener.addresses.allSatisfy { $0.isLoopback }
        #expect(areLoopback)
    }

    @Test(
        "a connection knows its near end, whether it listens at one address or at all",
        arguments: ["127.0.0.1", "0.0.0.0", "::"]
    )
    func nearEnd(host: String) throws {
        let local = Awaited<SocketAddress?>()
        let server = try TestServer([.tcp(host: host, port: 0)]) { _ in
            let handler = ClosureHandler()
            handler.opened = { local.give($0.local) }
            return handler
        }
        let address = SocketAddress.ip(
            IPAddress(ipv4: 0x7F00_0001),
            port: server.listener.addresses[0].port
        )
        let client = Client(address)
        #expect(local.take() == .some(address))
        withExtendedLifetime(client) {}
    }

    @Test("IPv4 clients of a dual-stack listener appear as IPv4")
    func dualStack() throws {
        let peer = Awaited<SocketAddress>()
        let server = try TestServer([.tcp(host: "::", port: 0)]) { _ in
            let handler = ClosureHandler()
            handler.opened = { peer.give($0.peer) }
            return handler
        }
        let port = server.listener.addresses[0].port
        let client = Client(.ip(IPAddress(ipv4: 0x7F00_0001), port: port))
        #expect(client != nil)
        #expect(peer.take()?.host == "127.0.0.1")
    }

    @Test("a unix socket is born with its mode and knows its peers as local")
    func unixMode() throws {
        let path = temporaryPath("mode.sock")
        let peer = Awaited<SocketAddress>()
        let server = try TestServer([.unix(path: path, mode: 0o600)]) { _ in
            let handler = ClosureHandler.echo()
            handler.opened = { peer.give($0.peer) }
            return handler
        }
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let client = try server.client()
        #expect(peer.take()?.isUnixSocket == true)
        withExtendedLifetime(client) {}
    }

    @Test("a stale socket file is replaced, a live one and other files are not")
    func staleSocket() throws {
        let path = temporaryPath("stale.sock")
        // A socket that was bound and closed leaves its file behind.
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(stale)
        let server = try TestServer([.unix(path: path)]) { _ in ClosureHandler.echo() }
        #expect(throws: SocketError.addressInUse(path)) {
            try TestServer([.unix(path: path)]) { _ in ClosureHandler.echo() }
        }
        let client = try server.client()
        client.send([5])
        #expect(client.receive() == [5])

        let file = temporaryPath("file")
        close(boreal_open(file, O_CREAT | O_WRONLY, 0o600))
        defer { unlink(file) }
        #expect(throws: SocketError.socketPathTaken(file)) {
            try TestServer([.unix(path: file)]) { _ in ClosureHandler.echo() }
        }
        #expect(access(file, F_OK) == 0)
    }

    @Test(
        "addresses nobody can listen at are typed errors",
        arguments: [
            (ListenAddress.tcp(host: "203.0.113.7", port: 0), "addressUnavailable"),
            (.tcp(host: "name.invalid", port: 0), "nameNotResolved"),
            (.unix(path: String(repeating: "x", count: 200)), "socketPathInvalid"),
            (.unix(path: ""), "socketPathInvalid"),
            (.unix(path: "/nowhere/at/all.sock"), "system"),
        ]
    )
    func refused(address: ListenAddress, name: String) throws {
        do {
            _ = try TestServer([address]) { _ in ClosureHandler.echo() }
            Issue.record("it listens")
        } catch {
            #expect("\(error)".hasPrefix(name))
        }
    }

    @Test("connections are spread evenly over the loops, and places that come free are taken")
    func spread() throws {
        let loops = Awaited<Int>()
        let server = try TestServer(loops: 2) { connection in
            loops.give(connection.loop.index)
            return ClosureHandler.echo()
        }
        var clients: [Client] = []
        var seen: [Int] = []
        for _ in 0..<6 {
            clients.append(try server.client())
            seen.append(loops.take() ?? -1)
        }
        #expect(seen.filter { $0 == 0 }.count == 3)
        #expect(seen.filter { $0 == 1 }.count == 3)
        // Those of the second loop leave; three others take their places.
        for index in (0..<6).reversed() where seen[index] == 1 { clients.remove(at: index) }
        #expect(eventually { server.group.loops[1].connectionCount == 0 })
        for _ in 0..<3 {
            clients.append(try server.client())
            #expect(loops.take() == 1)
        }
        withExtendedLifetime(clients) {}
    }
}

@Suite struct IPAddressTests {
    @Test(
        "addresses are read and printed in their shortest form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:10.1.2.3", "::ffff:10.1.2.3"), ("255.255.255.255", "255.255.255.255"),
        ]
    )
    func readAndPrint(text: String, printed: String) {
        #expect(IPAddress(text)?.description == printed)
    }

    @Test(
        "what is not a numeric address is refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "localhost", "fe80::1%lo", "0x7f.1", " 1.2.3.4",
        ]
    )
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "loopback is known in every spelling",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("128.0.0.1", false), ("::2", false), ("0.0.0.0", false), ("::ffff:1.2.3.4", false),
        ]
    )
    func loopback(text: String, isLoopback: Bool) {
        #expect(IPAddress(text)?.isLoopback == isLoopback)
    }
}
