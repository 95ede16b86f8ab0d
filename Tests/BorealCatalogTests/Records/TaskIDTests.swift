import BorealBase
import Synchronization
import Testing

@testable import BorealCatalog

@Suite struct TaskIDTests {
    @Test("an id is a UUID of version 1 in lower case")
    func form() throws {
        let id = TaskIDGenerator().next().description
        let bytes = Array(id.utf8)
        #expect(bytes.count == 36)
        #expect(id == id.lowercased())
        #expect(bytes[14] == UInt8(ascii: "1"), "version")
        #expect("89ab".utf8.contains(bytes[19]), "variant of RFC 4122")
        let node = try #require(UInt8(id.dropFirst(24).prefix(2), radix: 16))
        #expect(node & 1 == 1, "a random node carries the multicast bit")
    }

    @Test("the time in an id is the clock's")
    func time() {
        let moment = Instant(microseconds: 1_661_155_200_123_456)
        let id = TaskIDGenerator(clock: { moment }).next()
        #expect(id.instant == moment)
    }

    @Test("the time fields stand where RFC 4122 has them")
    func knownTime() {
        // df05244e-21f7-11ed is 2022-08-22 (the dialect's example).
        let moment = Instant(microseconds: 1_661_155_200_000_000)
        let text = TaskIDGenerator(clock: { moment }).next().description
        let ticks: UInt64 = 16_611_552_000_000_000 + 0x01B2_1DD2_1381_4000
        let low = String(ticks & 0xFFFF_FFFF, radix: 16)
        #expect(text.hasPrefix(String(repeating: "0", count: 8 - low.count) + low + "-"))
        #expect(text.dropFirst(14).hasPrefix("11ed"))
    }

    @Test("ids made in one tick, and after the clock went back, are all different")
    func unique() {
        let clock = Mutex<Int64>(1_700_000_000_000_000)
        let generator = TaskIDGenerator(clock: { Instant(microseconds: clock.withLock { $0 }) })
        var seen: Set<TaskID> = []
        for _ in 0..<1_000 { seen.insert(generator.next()) }
        clock.withLock { $0 -= 3_600_000_000 }
        for _ in 0..<1_000 { seen.insert(generator.next()) }
        clock.withLock { $0 += 3_600_000_000 }
        for _ in 0..<1_000 { seen.insert(generator.next()) }
        #expect(seen.count == 3_000)
    }

    @Test("text is read back in either case and nothing else is")
    func parsing() throws {
        let id = TaskIDGenerator().next()
        #expect(TaskID(id.description) == id)
        #expect(TaskID(id.description.uppercased()) == id)
        let text = id.description
        for wrong in [
            "", String(text.dropLast()), text + "0", "g" + text.dropFirst(),
            text.replacingOccurrences(of: "-", with: "0"), "0" + text.dropLast(),
        ] {
            #expect(TaskID(wrong) == nil, "\(wrong)")
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(of old: Character, with new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}
