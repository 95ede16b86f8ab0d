import BorealBase
import Foundation
import Logging
import Testing

@testable import BorealEngine

@Suite struct AuditLogTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("boreal-audit-\(UUID().uuidString)")
    private var path: String { folder.appendingPathComponent("audit.log").path }

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func log(_ bounds: AuditLog.Bounds = AuditLog.Bounds()) -> AuditLog {
        AuditLog(path: path, bounds: bounds, logger: Logger(label: "test"))
    }

    private func lines(_ name: String = "audit.log") throws -> [String] {
        let file = folder.appendingPathComponent(name)
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func line(_ number: Int) -> JSON { .object([("n", .integer(Int64(number)))]) }

    @Test("lines stand in the file in order once the log is closed")
    func order() throws {
        let log = log()
        for number in 0..<500 { log.record(line(number)) }
        log.close()
        log.record(line(999))
        #expect(try lines() == (0..<500).map { "{\"n\": \($0)}" })
        try? FileManager.default.removeItem(at: folder)
    }

    @Test("a full file gives way to another, and the oldest goes")
    func rotation() throws {
        var bounds = AuditLog.Bounds()
        bounds.fileBytesMax = 100
        bounds.filesMax = 3
        let log = log(bounds)
        for number in 100..<200 { log.record(line(number)) }
        log.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["audit.log", "audit.log.1", "audit.log.2"])
        let kept = try lines("audit.log.2") + lines("audit.log.1") + lines()
        #expect(kept == (200 - kept.count..<200).map { "{\"n\": \($0)}" })
        #expect(kept.count >= 15)
        try? FileManager.default.removeItem(at: folder)
    }

    @Test("a file that was moved away is begun anew when the log is told")
    func reopening() throws {
        let log = log()
        log.record(line(1))
        let deadline = Date().addingTimeInterval(20)
        while (try? lines().count) != 1, Date() < deadline { usleep(2_000) }
        try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
        log.reopen()
        log.record(line(2))
        log.close()
        #expect(try lines("audit.log.moved") == ["{\"n\": 1}"])
        #expect(try lines() == ["{\"n\": 2}"])
        try? FileManager.default.removeItem(at: folder)
    }

    @Test("a full queue loses lines and says how many")
    func losing() throws {
        var bounds = AuditLog.Bounds()
        bounds.queueMax = 0
        let log = log(bounds)
        for number in 0..<7 { log.record(line(number)) }
        log.close()
        let found = try lines()
        #expect(found.allSatisfy { $0.contains("\"event\": \"lost\"") })
        let total = found.compactMap { try? JSON.parse($0)["lines"]?.integer }.reduce(0, +)
        #expect(total == 7)
        try? FileManager.default.removeItem(at: folder)
    }

    @Test("a line longer than what may wait is lost, whatever their number")
    func losingBytes() throws {
        var bounds = AuditLog.Bounds()
        bounds.queueBytesMax = 100
        let log = log(bounds)
        log.record(.object([("n", .string(String(repeating: "x", count: 200)))]))
        log.record(line(1))
        log.close()
        let found = try lines()
        #expect(found.filter { $0.contains("\"event\": \"lost\", \"lines\": 1") }.count == 1)
        #expect(found.filter { !$0.contains("lost") } == ["{\"n\": 1}"])
        try? FileManager.default.removeItem(at: folder)
    }

    @Test("a folder that is gone costs the lines and nothing else")
    func failing() throws {
        try FileManager.default.removeItem(at: folder)
        let log = log()
        log.record(line(1))
        log.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
