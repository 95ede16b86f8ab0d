import BorealBase
import Testing

@testable import BorealFormats

@Suite("HDF5") struct HDF5Tests {
    private func file(_ path: String) throws -> HDF5File {
        try HDF5File(try Zoo.bytes(path), format: .kerasHDF5)
    }

    @Test("groups, attributes and datasets that Keras wrote")
    func keras() throws {
        let file = try file("tf2151-keras-h5/model.h5")
        let root = try HDF5Object(file, at: file.root)
        #expect(try root.members().map(\.name).sorted() == ["model_weights", "optimizer_weights"])
        #expect(try root.texts("keras_version") == ["2.15.0"])
        #expect(try root.texts("gone") == nil)
        let weights = try #require(try root.member("model_weights"))
        #expect(try weights.texts("layer_names")?.contains("dense_1") == true)
        var place = weights
        for part in ["dense", "dense", "kernel:0"] {
            place = try #require(try place.member(part))
        }
        let kernel = try HDF5Dataset.tensor(place, "kernel")
        #expect(kernel.shape == [28, 12])
        #expect(kernel.values.count == 28 * 12)
        #expect(kernel.values.contains { $0 != 0 })
        #expect(throws: FormatError.self) { try HDF5Dataset.tensor(weights, "weights") }
    }

    /// Numbers of a fixed width, least significant byte first.
    private func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// A message of a header of version 1.
    private func message(_ kind: Int, _ content: [UInt8]) -> [UInt8] {
        let rest = (8 - content.count % 8) % 8
        let padded = content + [UInt8](repeating: 0, count: rest)
        return little(kind, 2) + little(padded.count, 2) + little(0, 4) + padded
    }

    /// A file whose root is a dataset of 3 x 5 numbers in chunks of 2 x 4, deflated or not.
    private func chunked(_ origins: [[Int]]) -> [UInt8] {
        let header = 96
        let space = message(1, [1, 2, 0, 0, 0, 0, 0, 0] + little(3, 8) + little(5, 8))
        let float = [0x11, 0x20, 0x1F, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]
        let type = message(3, float.map { UInt8($0) })
        let size = 16 + 24 + 32 + 40
        let tree = header + size
        let layout = message(
            8,
            [3, 2, 3] + little(tree, 8) + little(2, 4) + little(4, 4) + little(4, 4)
        )
        let body = space + type + layout
        var bytes: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        bytes += [0, 0, 0, 0, 0, 8, 8, 0] + little(4, 2) + little(16, 2) + little(0, 4)
        bytes += little(0, 8) + little(-1, 8) + little(4_096, 8) + little(-1, 8)
        bytes += little(0, 8) + little(header, 8) + [UInt8](repeating: 0, count: 24)
        bytes += [1, 0] + little(3, 2) + little(1, 4) + little(body.count, 4) + little(0, 4) + body
        while bytes.count < tree { bytes.append(0) }
        let keyBytes = 8 + 8 * 3
        let data = tree + 24 + origins.count * (keyBytes + 8) + keyBytes
        bytes +=
            Array("TREE".utf8) + [1, 0] + little(origins.count, 2) + little(-1, 8) + little(-1, 8)
        for (index, origin) in origins.enumerated() {
            bytes += little(32, 4) + little(0, 4) + origin.flatMap { little($0, 8) } + little(0, 8)
            bytes += little(data + 32 * index, 8)
        }
        bytes += [UInt8](repeating: 0, count: keyBytes)
        for origin in origins {
            for line in 0..<2 {
                for column in 0..<4 {
                    let value = Float(10 * (origin[0] + line) + origin[1] + column)
                    bytes += little(Int(value.bitPattern), 4)
                }
            }
        }
        return bytes
    }

    private func tensor(_ bytes: [UInt8]) throws -> NetworkTensor {
        let file = try HDF5File(bytes, format: .kerasHDF5)
        return try HDF5Dataset.tensor(try HDF5Object(file, at: file.root), "root")
    }

    @Test("chunks go where they belong, cut at the ends; missing ones are zeros")
    func chunks() throws {
        let whole = try tensor(chunked([[0, 0], [0, 4], [2, 0], [2, 4]]))
        #expect(whole.shape == [3, 5])
        #expect(whole.values == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24])
        let part = try tensor(chunked([[2, 4]]))
        #expect(part.values == Array(repeating: 0, count: 14) + [24])
    }

    @Test(
        "a chunk outside of its dataset is refused",
        arguments: [[3, 0], [0, 5], [1 << 40, 0]]
    )
    func outside(_ origin: [Int]) {
        #expect(throws: FormatError.self) { try tensor(chunked([origin])) }
    }

    @Test("any byte may be wrong and nothing ends but the reading")
    func damage() {
        let bytes = chunked([[0, 0], [2, 4]])
        for place in bytes.indices {
            for value in [UInt8(0), 1, 0x7F, 0xFF] {
                var damaged = bytes
                damaged[place] = value
                _ = try? tensor(damaged)
            }
            _ = try? tensor(Array(bytes[..<place]))
        }
        #expect((try? tensor(bytes)) != nil)
    }
}
