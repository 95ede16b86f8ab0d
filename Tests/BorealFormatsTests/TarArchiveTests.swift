import Testing

@testable import BorealFormats

@Suite struct TarArchiveTests {
    /// A header and its content.
    private static func member(
        _ name: String,
        _ content: [UInt8],
        type: Character = "0",
        size: String? = nil
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        put(name, 0)
        put(size ?? String(content.count, radix: 8), 124)
        put(String(type), 156)
        put("ustar", 257)
        let sum = header.reduce(0) { $0 + Int($1) } + 8 * 0x20
        put(String(sum, radix: 8), 148)
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return header + content + padding
    }

    private static let end = [UInt8](repeating: 0, count: 1_024)

    @Test("files by name and place; folders are passed over")
    func members() throws {
        let bytes =
            Self.member("d/", [], type: "5") + Self.member("d/a", Array("one".utf8))
            + Self.member("b", []) + Self.end
        let archive = try TarArchive(bytes)
        #expect(archive.members.map(\.name) == ["d/a", "b"])
        #expect(archive.members.map { bytes[$0.range].count } == [3, 0])
        #expect(bytes[archive.members[0].range].elementsEqual("one".utf8))
    }

    @Test("long names of GNU tar and of pax")
    func longNames() throws {
        let gnu = Self.member("x", Array("long/name\0".utf8), type: "L") + Self.member("s", [1])
        #expect(try TarArchive(gnu).members.map(\.name) == ["long/name"])
        let record = Array("19 path=very/long\n20 mtime=1\n".utf8)
        let pax = Self.member("x", record, type: "x") + Self.member("s", [1])
        #expect(try TarArchive(pax).members.map(\.name) == ["very/long"])
    }

    @Test("the model of an archive is read, with its packages beside it")
    func model() throws {
        let text = try Zoo.bytes("lgb460-txt-l1/\(Zoo.modelFile("lgb460-txt-l1"))")
        let bytes =
            Self.member("m/requirements.txt", Array("lightgbm==4.6.0".utf8))
            + Self.member("m/model.txt", text) + Self.end
        let model = try ModelReader.read(bytes, fileName: "m.tar")
        #expect(model.inspection.format == .lightgbmText)
    }

    @Test(
        "damaged archives are refused where they are damaged",
        arguments: [
            (member("a", [1], size: "77777777777"), "a file of"),
            (member("a", [1], size: "9"), "no number"),
            (member("a", [1], size: "-1"), "no number"),
            (Array(member("a", [1]).dropFirst()) + [0], "wrong sum"),
            (member("readme", Array("hello".utf8)), "holds no model file, only readme"),
            (member("x", [UInt8](repeating: 65, count: 9_000), type: "L"), "a long name"),
        ] as [([UInt8], String)]
    )
    func damaged(bytes: [UInt8], reason: String) {
        let padded = bytes.count < 1_024 ? bytes + Self.end : bytes
        let error = #expect(throws: FormatError.self) {
            let archive = try TarArchive(padded)
            _ = try ModelFolder.model(in: archive, padded)
        }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
}
