import Foundation
import Glibc
import TestPrograms
import Testing

/// A file system of a few MiB that a test has for itself.
private final class SmallDisk {
    let path: String
    private var ballast: String { path + "/ballast" }

    /// True when this process may mount one.
    static let isPossible: Bool = {
        guard geteuid() == 0, ProgramRun.find("mount") != nil else { return false }
        return (try? SmallDisk(mebibytes: 1)) != nil
    }()

    init(mebibytes: Int) throws {
        path = TestRun.folder + "disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mount = try ProgramRun(
            ProgramRun.find("mount") ?? "mount",
            ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "none", path]
        )
        guard mount.status == 0 else {
            rmdir(path)
            throw CocoaError(.fileWriteNoPermission)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    /// Takes room until `clear()`: so many bytes, or all there is.
    func fill(bytes: Int = .max) {
        let descriptor = open(ballast, O_CREAT | O_WRONLY, 0o600)
        let block = [UInt8](repeating: 0, count: 4_096)
        var written = 0
        while written < bytes, write(descriptor, block, block.count) > 0 { written += block.count }
        close(descriptor)
    }

    /// Takes all but so many bytes.
    func fill(leaving rest: Int) {
        var space = statvfs()
        var held = stat()
        guard statvfs(path, &space) == 0, stat(ballast, &held) == 0 else { return }
        fill(bytes: Int(held.st_size) + Int(space.f_bavail) * Int(space.f_frsize) - rest)
    }

    /// Gives it back.
    func clear() { unlink(ballast) }
}

/// What a full disk costs is the statement, never a row of another one.
@Suite(
    "Full disk",
    .serialized,
    .enabled(if: SmallDisk.isPossible, "a test may only mount a small disk as root")
)
final class DiskFullTests {
    private let disk: SmallDisk
    private let server: ServerProcess
    private let client: RawClient

    init() throws {
        disk = try SmallDisk(mebibytes: 12)
        server = try ServerProcess.onData(disk.path)
        client = try server.connect()
        // What the test gives back when the harm is done.
        disk.fill(bytes: 2 << 20)
        try client.query("CREATE DATABASE d")
        try client.query("USE d")
        try client.query("CREATE TABLE kept (id INT PRIMARY KEY, s VARCHAR(1000))")
        let rows = (0..<500).map { "(\($0), '\(String(repeating: "k", count: 100))')" }
        try client.query("INSERT INTO kept VALUES " + rows.joined(separator: ","))
        try client.query(
            "CREATE TABLE big (id INT AUTO_INCREMENT PRIMARY KEY, s VARCHAR(2000), KEY (s(100)))"
        )
    }

    deinit { server.killNine() }

    private func count(_ table: String) throws -> Int {
        Int(try server.connect(database: "d").query("SELECT COUNT(*) FROM \(table)").cell ?? "")
            ?? -1
    }

    private func expectFull(_ sql: String) throws {
        let error = try client.failure(of: sql)
        #expect(error.number == 1021, "\(sql.prefix(60)): \(error)")
        #expect(error.message.hasPrefix("Disk full (tables.db)"), "\(error)")
        #expect(!error.message.lowercased().contains("sqlite"))
    }

    private func expectSound() throws {
        server.killNine()
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", disk.path])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        try server.start()
    }

    @Test("a disk that fills during LOAD DATA or a bulk INSERT leaves nothing of the statement")
    func bulk() throws {
        let line = String(repeating: "x", count: 1_000)
        client.localFile = Array(String(repeating: line + "\n", count: 11_000).utf8)
        let values = (0..<11_000).map { _ in "('\(line)')" }.joined(separator: ",")
        let bulk = [
            "LOAD DATA LOCAL INFILE 'x' INTO TABLE big (s)", "INSERT INTO big (s) VALUES \(values)",
            "INSERT INTO big (s) SELECT REPEAT(a.s, 10) FROM kept a, kept b",
            "CREATE TABLE copy AS SELECT REPEAT(a.s, 10) AS s FROM kept a, kept b",
        ]
        for sql in bulk {
            try expectFull(sql)
            #expect(try count("big") == 0)
            #expect(
                try client.query("SELECT COUNT(*), SUM(LENGTH(s)) FROM kept").rows == [
                    ["500", "50000"]
                ]
            )
        }
        #expect(try client.failure(of: "SELECT 1 FROM copy").number == 1146)
        disk.clear()
        #expect(try client.query("INSERT INTO big (s) VALUES ('a'), ('b')").affectedRows == 2)
        #expect(try client.query("DELETE FROM kept WHERE id = 7").affectedRows == 1)
        try client.query("TRUNCATE TABLE big")
        try expectSound()
        #expect(try count("kept") == 499)
        #expect(try count("big") == 0)
    }

    @Test("in a transaction the error tells whether the transaction is gone; COMMIT keeps no part")
    func inTransaction() throws {
        let line = String(repeating: "x", count: 1_000)
        let values = (0..<20_000).map { _ in "('\(line)')" }.joined(separator: ",")
        try client.query("BEGIN")
        try client.query("INSERT INTO kept VALUES (1000, 'first')")
        let error = try client.failure(of: "INSERT INTO big (s) VALUES \(values)")
        #expect(error.number == 1021)
        let isGone = error.message.hasSuffix("The whole transaction was rolled back.")
        disk.clear()
        try client.query("INSERT INTO kept VALUES (1001, 'second')")
        try client.query("ROLLBACK")
        // What followed a lost transaction stands for itself.
        #expect(try count("kept") == (isGone ? 501 : 500))
        #expect(try client.query("SELECT COUNT(*) FROM kept WHERE id = 1000").cell == "0")
        try client.query("BEGIN")
        #expect(
            try client.query("DELETE FROM kept WHERE id > 900").affectedRows == (isGone ? 1 : 0)
        )
        try client.query("COMMIT")
        #expect(try count("big") == 0)
        try expectSound()
        #expect(try count("kept") == 500)
    }

    @Test("a disk that fills during EXPORT fails the task with 1021 and leaves no file of it")
    func export() throws {
        try client.loadAirlines("airlines_train", from: "airlines_sample_test.csv")
        try client.createAirlinesModel("m", trees: 20)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        let files = { [path = disk.path + "/artifacts"] in
            Set((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [])
        }
        let before = files()
        disk.fill(leaving: 400 << 10)
        let id = try client.query("EXPORT MODEL m TO 'm.pmml'").cell ?? ""
        let row = try client.task(id)
        #expect(row["taskStatus"] == "fail" && row["filePath"] == "", "\(row)")
        #expect(row["results"]?.contains("1021 No space left on the device") == true, "\(row)")
        let after = files()
        #expect(after.filter { $0.contains(".part-") }.isEmpty, "\(after)")
        #expect(after == before)
        disk.clear()
        let again = try client.task(try client.query("EXPORT MODEL m TO 'm.pmml'").cell ?? "")
        #expect(again["taskStatus"] == "finish", "\(again)")
        let bytes = try httpGet(again["filePath"] ?? "").body
        #expect(bytes.count > 400 << 10)
        #expect(String(decoding: bytes.suffix(8), as: UTF8.self) == "</PMML>\n")
        try expectSound()
    }

    @Test("small inserts until the disk is full: each acknowledged one is there, no other")
    func drop() throws {
        disk.fill()
        let line = String(repeating: "y", count: 1_000)
        var acknowledged = 0
        var failure: RawClient.ServerFailure?
        while failure == nil, acknowledged < 20_000 {
            do {
                try client.query("INSERT INTO big (s) VALUES ('\(line)'), ('\(line)')")
                acknowledged += 2
            } catch let error as RawClient.ServerFailure {
                failure = error
            }
        }
        #expect(failure?.number == 1021, "\(String(describing: failure))")
        #expect(try count("big") == acknowledged)
        let other = try server.connect(database: "d")
        #expect(try other.query("SELECT COUNT(*) FROM kept WHERE s LIKE 'k%'").cell == "500")
        #expect(try other.query("SELECT s FROM kept ORDER BY s, id DESC LIMIT 1").rows.count == 1)
        disk.clear()
        #expect(try client.query("INSERT INTO big (s) VALUES ('again')").affectedRows == 1)
        try expectSound()
        #expect(try count("big") == acknowledged + 1)
    }
}
