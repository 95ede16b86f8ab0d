import Foundation
import Glibc
import Synchronization
import TestPrograms
import Testing

/// Money goes from account to account while connections die: a sum that every snapshot must show.
@Suite("Random kills", .serialized)
struct RandomKillTests {
    private static let accounts = 40
    private static let deposit = 100

    /// What all threads share.
    private final class Town: Sendable {
        struct State {
            var clients: [Int: RawClient] = [:]
            var acknowledged: [Int] = []
            var attempts = 0
            var reads = 0
            var kills = 0
            var oddities: [String] = []
            var isOver = false
            /// Whether enough has happened for the end to mean something.
            var isEnough: Bool { acknowledged.count > 10 && reads > 20 && kills > 20 }
        }

        let state = Mutex(State())
        var isOver: Bool { state.withLock { $0.isOver } }

        /// Notes an answer that no kill explains.
        func note(_ error: any Error) {
            guard let error = error as? RawClient.ServerFailure else { return }
            let expected = [1053, 1205, 1213, 1317, 1927].contains(error.number)
            if !expected || error.message.lowercased().contains("sqlite") {
                state.withLock { $0.oddities.append("\(error)") }
            }
        }
    }

    /// Runs `work` again and again, each time that its connection dies on a new one.
    private static func live(
        _ town: Town,
        _ place: Int,
        _ server: ServerProcess,
        _ work: @escaping @Sendable (RawClient) throws -> Void
    ) -> Thread {
        let thread = Thread {
            while !town.isOver {
                do {
                    let client = try server.connect(database: "town")
                    town.state.withLock { $0.clients[place] = client }
                    while !town.isOver {
                        do { try work(client) } catch let error as RawClient.ServerFailure {
                            town.note(error)
                            try client.query("ROLLBACK")
                        }
                    }
                } catch {
                    town.note(error)
                    // A server that is gone is not asked by forty threads without a pause.
                    usleep(1_000)
                }
            }
        }
        thread.start()
        return thread
    }

    private static func transfer(_ town: Town, _ client: RawClient) throws {
        let id = town.state.withLock { state in
            state.attempts += 1
            return state.attempts
        }
        let (from, to) = (Int.random(in: 0..<accounts), Int.random(in: 0..<accounts))
        let amount = Int.random(in: 1...9)
        try client.query("BEGIN")
        try client.query("UPDATE accounts SET v = v - \(amount) WHERE id = \(from)")
        try client.query("INSERT INTO moves VALUES (\(id), \(from), \(to), \(amount))")
        try client.query("UPDATE accounts SET v = v + \(amount) WHERE id = \(to)")
        try client.query("COMMIT")
        town.state.withLock { $0.acknowledged.append(id) }
    }

    private static func look(_ town: Town, _ client: RawClient) throws {
        try client.query("START TRANSACTION")
        let sum = try client.query("SELECT SUM(v) FROM accounts").cell
        let first = try client.query("SELECT COUNT(*) FROM moves").cell
        let second = try client.query("SELECT COUNT(*) FROM moves").cell
        try client.query("COMMIT")
        town.state.withLock { state in
            state.reads += 1
            if sum != String(accounts * deposit) { state.oddities.append("a sum of \(sum ?? "")") }
            if first != second { state.oddities.append("a snapshot that moved") }
        }
    }

    private static func strike(_ town: Town, _ killer: RawClient) {
        guard let victim = town.state.withLock({ $0.clients.values.randomElement() }) else {
            return
        }
        town.state.withLock { $0.kills += 1 }
        switch Int.random(in: 0..<4) {
        case 0: victim.vanish()
        // 1094 when the victim is gone already.
        case 1: _ = try? killer.query("KILL \(victim.connectionID)")
        default: _ = try? killer.query("KILL QUERY \(victim.connectionID)")
        }
    }

    private func verify(_ client: RawClient, _ town: Town) throws {
        let state = town.state.withLock { $0 }
        let sum = try client.query("SELECT SUM(v) FROM accounts").cell
        #expect(sum == String(Self.accounts * Self.deposit))
        let wrong = try client.query(
            """
            SELECT a.id, a.v FROM accounts a WHERE a.v <> \(Self.deposit)
            - (SELECT COALESCE(SUM(amount), 0) FROM moves WHERE giver = a.id)
            + (SELECT COALESCE(SUM(amount), 0) FROM moves WHERE taker = a.id)
            """
        )
        #expect(wrong.rows == [])
        let moves = Set(
            try client.query("SELECT id FROM moves").rows.compactMap { Int($0[0] ?? "") }
        )
        #expect(Set(state.acknowledged).subtracting(moves) == [])
        #expect(state.oddities.prefix(5) == [])
        #expect(state.acknowledged.count > 10)
        #expect(state.reads > 20)
        #expect(state.kills > 20)
    }

    @Test("two writers and forty readers under random kills: no sum wrong, no transfer lost")
    func kills() throws {
        let folder = TestRun.folder + "kills-\(UUID().uuidString)"
        // What is left lies in the temporary directory.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        let first = try server.connect()
        try first.query("CREATE DATABASE town")
        try first.query("CREATE TABLE town.accounts (id INT PRIMARY KEY, v INT)")
        try first.query(
            "CREATE TABLE town.moves (id INT PRIMARY KEY, giver INT, taker INT, amount INT)"
        )
        let rows = (0..<Self.accounts).map { "(\($0), \(Self.deposit))" }.joined(separator: ",")
        try first.query("INSERT INTO town.accounts VALUES \(rows)")
        let town = Town()
        var threads = (0..<2).map { place in
            Self.live(town, place, server) { try Self.transfer(town, $0) }
        }
        threads += (2..<42).map { place in
            Self.live(town, place, server) { try Self.look(town, $0) }
        }
        let (least, most) = (Date().addingTimeInterval(2.5), Date().addingTimeInterval(60))
        while Date() < least || (Date() < most && !town.state.withLock { $0.isEnough }) {
            usleep(.random(in: 2_000...20_000))
            Self.strike(town, first)
        }
        server.killNine()
        town.state.withLock { $0.isOver = true }
        for thread in threads { while !thread.isFinished { usleep(1_000) } }
        try server.start()
        try verify(try server.connect(database: "town"), town)
        server.killNine()
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", folder])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
