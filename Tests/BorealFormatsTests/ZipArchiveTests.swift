import BorealBase
import Testing

@testable import BorealFormats

@Suite("Zip archives") struct ZipArchiveTests {
    /// The checksum that zip has, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }

    /// A file of an archive to be made; what is nil follows from the content.
    struct File {
        var name: String
        var content: [UInt8]
        var method: UInt16 = 0
        var flags: UInt16 = 0
        var size: UInt32?
        var packedSize: UInt32?
        var offset: UInt32?
        var checksum: UInt32?
    }

    /// An archive of these files.
    static func archive(_ files: [File], count: UInt16? = nil, start: UInt32? = nil) -> [UInt8] {
        func two(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
        func four(_ value: UInt32) -> [UInt8] {
            two(UInt16(value & 0xFFFF)) + two(UInt16(value >> 16))
        }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for file in files {
            let offset = UInt32(bytes.count)
            let name = Array(file.name.utf8)
            let sum = four(file.checksum ?? checksum(file.content))
            let packed = four(file.packedSize ?? UInt32(file.content.count))
            let size = four(file.size ?? UInt32(file.content.count))
            let common =
                two(20) + two(file.flags) + two(file.method) + two(0) + two(0) + sum + packed + size
            bytes += four(0x0403_4B50) + common + two(UInt16(name.count)) + two(0) + name
            bytes += file.content
            directory += four(0x0201_4B50) + two(20) + common + two(UInt16(name.count)) + two(0)
            directory += two(0) + two(0) + two(0) + four(0) + four(file.offset ?? offset) + name
        }
        let at = UInt32(bytes.count)
        let number = two(count ?? UInt16(files.count))
        bytes += directory + four(0x0605_4B50) + two(0) + two(0) + number + number
        return bytes + four(UInt32(directory.count)) + four(start ?? at) + two(0)
    }

    @Test("files are found by their names and unpacked")
    func reads() throws {
        // Ten times 'a', deflated by hand: a fixed block of one 'a' and a match of 9 bytes at
        // distance 1.
        let deflated: [UInt8] = [0x4B, 0x84, 0x03, 0x00]
        let text = Array(repeating: UInt8(ascii: "a"), count: 10)
        let bytes = Self.archive([
            File(name: "one", content: [1, 2, 3]),
            File(
                name: "dir/two",
                content: deflated,
                method: 8,
                size: 10,
                checksum: Self.checksum(text)
            ),
            File(name: "empty", content: []),
        ])
        let zip = try ZipArchive(bytes, format: .zip)
        #expect(zip.members.map(\.name) == ["one", "dir/two", "empty"])
        #expect(try zip.data(of: try #require(zip["one"])) == [1, 2, 3])
        #expect(try zip.data(of: try #require(zip["dir/two"])) == text)
        #expect(try zip.data(of: try #require(zip["empty"])) == [])
        #expect(zip["two"] == nil)
    }

    @Test(
        "an archive that lies about itself is refused",
        arguments: [
            (archive([File(name: "a", content: [1], checksum: 7)]), "checksum"),
            (archive([File(name: "a", content: [1], offset: 9_999)]), "outside"),
            (archive([File(name: "a", content: [1], packedSize: 9_999)]), "outside"),
            (archive([File(name: "a", content: [1], size: 2)]), "outside"),
            (archive([File(name: "a", content: [1], method: 8, size: 1 << 30)]), "unpacked"),
            (archive([File(name: "a", content: [1], method: 12)]), "compression 12"),
            (archive([File(name: "a", content: [1], flags: 1)]), "encrypted"),
            (archive([File(name: "a", content: [1]), File(name: "a", content: [2])]), "twice"),
            (archive([File(name: "a", content: [1])], count: 2), "entry"),
            (archive([File(name: "a", content: [1])], start: 1 << 30), "outside"),
            (archive([], count: 0xFFFF), "64-bit"), ([0x50, 0x4B, 3, 4], "no directory"),
            (Array(archive([File(name: "a", content: [1])]).dropLast(4)), "no directory"),
        ]
    )
    func refused(_ bytes: [UInt8], _ part: String) {
        do throws(FormatError) {
            let zip = try ZipArchive(bytes, format: .zip)
            for member in zip.members { _ = try zip.data(of: member) }
            Issue.record("it was read")
        } catch { #expect(error.description.contains(part), "\(error)") }
    }

    @Test("a model in a zip archive is found beside other files")
    func model() throws {
        let text = try Zoo.bytes("lgb460-txt-l1/model.txt")
        let files = [
            File(name: "m/rows.csv", content: Array("a,b\n1,2\n".utf8)),
            File(name: "m/model.txt", content: text),
            File(name: "m/notes.md", content: Array("# notes".utf8)),
        ]
        let model = try ModelReader.read(Self.archive(files), fileName: "m.zip")
        #expect(model.inspection.format == .lightgbmText)
        let two = files + [File(name: "m/other.txt", content: text)]
        #expect(throws: FormatError.self) {
            try ModelReader.read(Self.archive(two), fileName: "m.zip")
        }
    }
}
