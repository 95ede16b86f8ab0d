import Testing

@testable import BorealBase

@Suite struct ByteBufferTests {
    @Test("integers are little-endian and keep their low bytes")
    func integers() {
        var buffer = ByteBuffer()
        buffer.append(littleEndian: 0x1122_3344_5566_7788, bytes: 3)
        buffer.append(littleEndian: 0xff, bytes: 8)
        buffer.append(littleEndian: 9, bytes: 0)
        #expect(buffer.bytes == [0x88, 0x77, 0x66, 0xff, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("what is written is read in order, whatever was consumed in between")
    func queue() {
        var buffer = ByteBuffer()
        var written: UInt8 = 0
        var read: UInt8 = 0
        for round in 0..<3_000 {
            for _ in 0..<(round * 7 % 23) {
                buffer.append(written)
                written &+= 1
            }
            let count = min(buffer.count, round * 5 % 19)
            for byte in buffer.bytes.prefix(count) {
                #expect(byte == read)
                read &+= 1
            }
            buffer.consume(count)
        }
        #expect(UInt8(truncatingIfNeeded: buffer.count) == written &- read)
    }

    @Test("a copy does not see what the other writes")
    func copies() {
        var first = ByteBuffer([1, 2, 3])
        var second = first
        second.append(4)
        first.append(5)
        second.overwrite(at: 0, littleEndian: 9, bytes: 1)
        #expect(first.bytes == [1, 2, 3, 5] && second.bytes == [9, 2, 3, 4])
        var third = first
        third.consume(2)
        third.insert(contentsOf: [7, 7], at: 1)
        #expect(third.bytes == [3, 7, 7, 5] && first.bytes == [1, 2, 3, 5])
    }

    @Test("an idle buffer holds no memory, a used one is given back")
    func memory() {
        var buffer = ByteBuffer()
        #expect(buffer.capacity == 0)
        buffer.append(1)
        #expect(buffer.capacity == 256)
        buffer.consume(1)
        #expect(buffer.capacity == 256 && buffer.isEmpty)
        buffer.release()
        #expect(buffer.capacity == 0)
    }

    @Test("a queue that is read as fast as it is written does not grow")
    func bounded() {
        var buffer = ByteBuffer()
        for _ in 0..<10_000 {
            buffer.append(zeros: 100)
            if buffer.count > 100 { buffer.consume(100) }
        }
        #expect(buffer.count == 100 && buffer.capacity <= 512)
    }

    @Test("overwriting and inserting count from the first unconsumed byte")
    func offsets() {
        var buffer = ByteBuffer([0, 0, 1, 2, 3, 4])
        buffer.consume(2)
        buffer.overwrite(at: 1, littleEndian: 0xabcd, bytes: 2)
        #expect(buffer.bytes == [1, 0xcd, 0xab, 4])
        buffer.insert(contentsOf: [8, 9], at: 4)
        buffer.insert(contentsOf: [], at: 0)
        #expect(buffer.bytes == [1, 0xcd, 0xab, 4, 8, 9] && buffer.end == 6)
        buffer.truncate(to: 1)
        #expect(buffer.bytes == [1])
    }

    @Test("bytes written in place count only as far as the writer says")
    func inPlace() {
        var buffer = ByteBuffer([1])
        buffer.append(upTo: 10) { place in
            place.storeBytes(of: 2, as: UInt8.self)
            return 1
        }
        buffer.append(upTo: 10) { _ in 0 }
        #expect(buffer.bytes == [1, 2])
    }

    @Test("every way of appending appends the same")
    func appending() {
        let text = "åäö"
        var buffer = ByteBuffer()
        buffer.append(utf8: text)
        Array(text.utf8).withUnsafeBytes { buffer.append($0) }
        buffer.append(contentsOf: text.utf8.lazy.map { $0 })
        buffer.append(contentsOf: Array(text.utf8))
        buffer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(buffer.bytes == Array(String(repeating: text, count: 4).utf8))
    }

    @Test("an error passes through a reader")
    func throwing() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try ByteBuffer([1]).withUnsafeBytes { _ throws(Stop) in throw Stop() }
        }
        #expect(ByteBuffer().withUnsafeBytes { $0.count } == 0)
    }
}
