import BorealBase
import BorealHTTP
import CZlib
import Testing

/// Bodies that come packed, and bombs.
@Suite struct HTTPClientPackingTests {
    enum Packing: CaseIterable {
        case gzip
        case gzipInTwoMembers
        case deflate
        case bareDeflate

        var name: String {
            switch self {
            case .gzip, .gzipInTwoMembers: "gzip"
            case .deflate, .bareDeflate: "Deflate"
            }
        }

        func pack(_ bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .gzip: Self.pack(bytes, windowBits: 31)
            case .gzipInTwoMembers:
                Self.pack(Array(bytes[..<(bytes.count / 3)]), windowBits: 31)
                    + Self.pack(Array(bytes[(bytes.count / 3)...]), windowBits: 31)
            case .deflate: Self.pack(bytes, windowBits: 15)
            case .bareDeflate: Self.pack(bytes, windowBits: -15)
            }
        }

        private static func pack(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
            var stream = z_stream()
            guard boreal_deflate_init(&stream, 9, windowBits) == Z_OK else { return [] }
            defer { deflateEnd(&stream) }
            var input = bytes
            var output = [UInt8](repeating: 0, count: bytes.count + 1_000)
            let count = input.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    stream.next_in = input.baseAddress
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    CZlib.deflate(&stream, Z_FINISH)
                    return output.count - Int(stream.avail_out)
                }
            }
            return Array(output[..<count])
        }
    }

    /// Bytes that pack to about a half.
    private func mixed(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(state >> 60)
        }
    }

    private func server(_ packing: Packing, _ packed: [UInt8]) throws -> ScriptedServer {
        try ScriptedServer { peer in
            while peer.request() != nil {
                peer.answer("Content-Encoding: \(packing.name)\r\n", packed)
            }
        }
    }

    @Test("packed bodies arrive unpacked", arguments: Packing.allCases, [0, 5, 200_000])
    func unpacked(packing: Packing, count: Int) throws {
        let plain = mixed(count)
        let server = try server(packing, packing.pack(plain))
        #expect(try ClientBench().ask(server.base).body == plain)
    }

    @Test("a packed body may come byte by byte", arguments: Packing.allCases)
    func byteByByte(packing: Packing) throws {
        let plain = mixed(300)
        let packed = packing.pack(plain)
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(packing.name)\r\n")
            peer.send("Transfer-Encoding: chunked\r\n\r\n")
            for byte in packed { peer.send(Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8)) }
            peer.send("0\r\n\r\n")
        }
        #expect(try ClientBench().ask(server.base).body == plain)
    }

    @Test("an empty body is no broken one, whatever its coding says")
    func empty() throws {
        let server = try server(.gzip, [])
        #expect(try ClientBench().ask(server.base).body.isEmpty)
    }

    @Test("a packed body that ends early is cut off, with whatever length", arguments: 1...3)
    func cut(thirds: Int) throws {
        let packed = Packing.gzip.pack(mixed(3_000))
        let count = thirds == 3 ? packed.count - 1 : packed.count * thirds / 3
        let server = try server(.gzip, Array(packed[..<count]))
        #expect(throws: HTTPError.answerCut(host: "127.0.0.1")) {
            try ClientBench().ask(server.base)
        }
    }

    @Test("bytes after a packed body are refused", arguments: [Packing.gzip, .deflate])
    func trailing(packing: Packing) throws {
        let server = try server(packing, packing.pack(mixed(100)) + [1, 2, 3])
        #expect(throws: HTTPError.answerUnreadable(host: "127.0.0.1")) {
            try ClientBench().ask(server.base)
        }
    }

    @Test("a bomb is stopped long before it is unpacked", arguments: Packing.allCases)
    func bomb(packing: Packing) throws {
        let packed = packing.pack([UInt8](repeating: 0, count: 20_000_000))
        #expect(packed.count < 25_000)
        let server = try server(packing, packed)
        let bench = try ClientBench()
        #expect(throws: HTTPError.inflatesTooMuch(times: 100)) {
            try bench.ask(server.base) { $0.answerBytesMax = 64 << 20 }
        }
    }

    @Test("a short body of one letter is no bomb")
    func short() throws {
        let plain = [UInt8](repeating: 0x61, count: 60_000)
        let packed = Packing.gzip.pack(plain)
        #expect(packed.count * 100 < plain.count)
        let server = try server(.gzip, packed)
        #expect(try ClientBench().ask(server.base).body == plain)
    }

    @Test("the limit of bytes holds after unpacking too")
    func tooManyBytes() throws {
        let packed = Packing.gzip.pack(mixed(10_000))
        #expect(packed.count < 9_000)
        let server = try server(.gzip, packed)
        let bench = try ClientBench()
        #expect(throws: HTTPError.tooManyBytes(max: 9_000)) {
            try bench.ask(server.base) { $0.answerBytesMax = 9_000 }
        }
    }
}
