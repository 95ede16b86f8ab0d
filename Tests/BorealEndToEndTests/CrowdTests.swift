import Foundation
import Glibc
import TestPrograms
import Testing

/// Many clients at once: those that wait hold up nobody, and those that leave leave nothing behind.
@Suite("Crowds", .serialized)
final class CrowdTests {
    private let server: ServerProcess

    init() throws {
        server = try ServerProcess.ephemeral()
    }

    /// What the process holds, by the system's own account.
    private struct Holdings: Equatable {
        let descriptors: Int
        let threads: Int
    }

    private var holdings: Holdings {
        let path = "/proc/\(server.processID)"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path + "/fd"))?.count
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: path + "/task"))?.count
        return Holdings(descriptors: files ?? -1, threads: tasks ?? -1)
    }

    /// Waits until the server uses no more than a tenth of a core.
    private func waitUntilIdle() {
        var last = processorTicks
        for _ in 0..<300 {
            usleep(100_000)
            let now = processorTicks
            if now - last <= 1 { return }
            last = now
        }
        Issue.record("the server does not come to rest")
    }

    /// Time on a processor, in hundredths of a second.
    private var processorTicks: Int {
        let stat = try? String(contentsOfFile: "/proc/\(server.processID)/stat", encoding: .utf8)
        // Behind the name: the state is the third field, the two times are the 14th and 15th.
        let fields = stat?.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }

    @Test("64 slow readers, 64 that wait for a lock, 64 that wait for nothing: SELECT 1 is quick")
    func waiting() throws {
        let client = try server.connect()
        for text in [
            "CREATE DATABASE crowd", "USE crowd", "CREATE TABLE t (id INT PRIMARY KEY, s TEXT)",
            "INSERT INTO t SELECT 1, REPEAT('x', 1000)",
            "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n "
                + "WHERE i < 1000) SELECT i, REPEAT('x', 1000) FROM n",
        ] {
            try client.query(text)
        }
        // Those that wait for the lock get it at the end, however long the rest takes.
        try client.query("SET GLOBAL innodb_lock_wait_timeout = 600")
        let before = server.residentMebibytes
        try client.query("BEGIN")
        try client.query("UPDATE t SET s = '' WHERE id = 1")
        let crowd = try (0..<192).map { _ in try server.connect(database: "crowd") }
        for (number, one) in crowd.enumerated() {
            switch number % 3 {
            // A gigabyte each, of which nothing is read.
            case 0: try one.start("SELECT a.s, b.s FROM t AS a, t AS b")
            case 1: try one.start("UPDATE t SET s = 'y' WHERE id = 2")
            default: try one.start("SELECT SLEEP(300)")
            }
        }
        // The first packet of each reader is there: all of them run. Then the system's buffers
        // fill, and they wait to be read.
        for number in stride(from: 0, to: 192, by: 3) {
            #expect(try crowd[number].readPacket() == [2])
        }
        waitUntilIdle()
        // Beside a server without a crowd, so that a machine that is busy with other things slows
        // both.
        let (other, quiet) = (try server.connect(), try ServerProcess.ephemeral())
        let alone = try quiet.connect()
        var slow = [0, 0]
        for _ in 0..<200 {
            for (index, client) in [other, alone].enumerated() {
                let begun = DispatchTime.now().uptimeNanoseconds
                #expect(try client.query("SELECT 1").cell == "1")
                let took = DispatchTime.now().uptimeNanoseconds - begun
                if took > 20_000_000 { slow[index] += 1 }
            }
        }
        #expect(slow[0] <= slow[1] * 2 + 20, "\(slow) of 200 took more than 20 ms")
        #expect(try server.connect().query("SELECT COUNT(*) FROM crowd.t").cell == "1000")
        #expect(server.residentMebibytes < before + 64 * 3 + 64)
        // What they wait for comes, and what they hold is let go.
        try client.query("COMMIT")
        for number in stride(from: 1, to: 192, by: 3) {
            _ = try crowd[number].readAnswer()
        }
        #expect(try client.query("SELECT s FROM t WHERE id = 2").cell == "y")
        for one in crowd { one.vanish() }
    }

    @Test("2,000 clients that log in, ask and vanish at any moment leave nothing behind")
    func vanishing() throws {
        let client = try server.connect()
        try client.query("CREATE DATABASE gone")
        try client.query("CREATE TABLE gone.t (id INT PRIMARY KEY)")
        // Threads and connections that the server makes once and keeps.
        for _ in 0..<20 { _ = try server.connect(database: "gone").query("SELECT COUNT(*) FROM t") }
        settle(client, connections: 1)
        let before = holdings
        var random = SystemRandomNumberGenerator()
        var alive: [RawClient] = []
        for number in 0..<2_000 {
            let one = try server.connect(database: "gone")
            switch number % 5 {
            case 0: try one.query("SELECT 1")
            case 1: try one.start("SELECT SLEEP(100)")
            case 2: try one.start("INSERT INTO t VALUES (\(number))")
            case 3:
                try one.query("START TRANSACTION")
                try one.start("INSERT INTO t VALUES (\(number))")
            default: try one.writeRaw([0x20, 0, 0])
            }
            alive.append(one)
            if alive.count > 40 {
                alive.swapAt(Int.random(in: 0..<alive.count, using: &random), alive.count - 1)
                alive.removeLast().vanish()
            }
        }
        for one in alive { one.vanish() }
        alive = []
        settle(client, connections: 1)
        let after = holdings
        #expect(after.descriptors <= before.descriptors + 8, "\(before), then \(after)")
        #expect(after.threads <= before.threads + 8, "\(before), then \(after)")
        #expect(try client.query("SELECT COUNT(*) FROM gone.t WHERE id % 5 = 3").cell == "0")
    }

    /// Waits until so many connections are left.
    private func settle(_ client: RawClient, connections: Int) {
        let text = "SELECT COUNT(*) FROM information_schema.processlist"
        for _ in 0..<6_000 {
            if (try? client.query(text))?.cell == String(connections) { return }
            usleep(10_000)
        }
        Issue.record("connections are left")
    }

    @Test("one that says nothing, or half a word, is let go when its time to log in is over")
    func silent() throws {
        let client = try server.connect()
        try client.query("SET GLOBAL connect_timeout = 2")
        var silent: [Int32] = []
        for bytes in [[], [0x20], [0x20, 0, 0, 1, 0x8D]] as [[UInt8]] {
            let descriptor = try Loopback.connect(to: server.mysqlPort)
            _ = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            silent.append(descriptor)
        }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for descriptor in silent {
            // The greeting, then the end.
            while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
            close(descriptor)
        }
        #expect(try client.query("SELECT 1").cell == "1")
    }

    @Test("one that stops in the middle of a word, or of a file, lets go of what it holds")
    func stalled() throws {
        let client = try server.connect()
        try client.query("CREATE DATABASE stalled")
        try client.query("CREATE TABLE stalled.t (id INT PRIMARY KEY)")
        try client.query("SET GLOBAL net_read_timeout = 1")
        let writer = try server.connect(database: "stalled")
        try writer.query("BEGIN")
        try writer.query("INSERT INTO t VALUES (1)")
        try writer.writeRaw([0x03])
        try client.query("INSERT INTO stalled.t VALUES (2)")
        let loader = try server.connect(database: "stalled")
        try loader.start("LOAD DATA LOCAL INFILE 'x' INTO TABLE t")
        #expect(try loader.readPacket().first == 0xFB)
        try client.query("INSERT INTO stalled.t VALUES (3)")
        #expect(try client.query("SELECT GROUP_CONCAT(id) FROM stalled.t").cell == "2,3")
    }

    @Test("who hangs up when told that the password was wrong has tried one")
    func mistakes() throws {
        let client = try server.connect()
        try client.query("CREATE USER eva IDENTIFIED BY 'right'")
        // A first login with the password leaves its hash in memory.
        let program = try #require(ProgramRun.find("mariadb"))
        let arguments = [
            "--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-ueva", "-pright", "--ssl",
            "-e",
            "SELECT 1",
        ]
        #expect(try ProgramRun(program, arguments).status == 0)
        for _ in 0..<40 {
            let stranger = try RawClient(guessing: "eva", port: server.mysqlPort)
            stranger.vanish()
        }
        // Each was counted: even the right password must wait now.
        var isRefused = false
        for _ in 0..<100 where !isRefused {
            isRefused = try ProgramRun(program, arguments).errors.contains("3955")
            usleep(10_000)
        }
        #expect(isRefused)
    }

    @Test("tables that many make at once are all there, for everybody and after a restart")
    func definitions() async throws {
        let folder = TestRun.folder + "crowd-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        try server.connect().query("CREATE DATABASE made")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for maker in 0..<8 {
                group.addTask {
                    let client = try server.connect(database: "made")
                    for number in 0..<15 {
                        try client.query("CREATE TABLE t\(maker)_\(number) (id INT PRIMARY KEY)")
                        try client.query("INSERT INTO t\(maker)_\(number) VALUES (\(number))")
                    }
                    for number in 0..<15 where number % 3 == 0 {
                        try client.query("DROP TABLE t\(maker)_\(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let counting = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'made'"
        #expect(try server.connect().query(counting).cell == "80")
        server.killNine()
        try server.start()
        #expect(try server.connect().query(counting).cell == "80")
        #expect(try server.connect(database: "made").query("SELECT id FROM t7_14").cell == "14")
    }
}
