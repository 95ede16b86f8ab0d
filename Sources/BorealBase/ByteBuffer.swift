import Glibc

/// A growing run of bytes that is written at its end and read from its front.
///
/// One exists per connection and direction, so an empty one holds no storage at all: `release()`
/// gives the memory of a grown one back when the connection goes idle. Integers are little-endian,
/// as in the MySQL protocol. A value: a copy shares the memory until one of the two is written.
public struct ByteBuffer: Sendable {
    /// Bytes `head ..< tail` of its memory are ours; bytes before `head` are consumed.
    @usableFromInline var storage: ByteStorage?
    @usableFromInline var head = 0
    @usableFromInline var tail = 0

    /// An empty buffer without storage.
    public init() {}

    /// A buffer that holds a copy of `bytes`.
    public init(_ bytes: some Sequence<UInt8>) {
        append(contentsOf: bytes)
    }

    /// Bytes that are written and not yet consumed.
    @inlinable
    public var count: Int { tail - head }

    /// True when nothing is left to consume.
    @inlinable
    public var isEmpty: Bool { tail == head }

    /// Bytes of memory held, used or not.
    @inlinable
    public var capacity: Int { storage?.capacity ?? 0 }

    /// Makes room for `bytes` more without a further allocation.
    public mutating func reserve(_ bytes: Int) { _ = room(for: bytes) }

    // MARK: - Writing

    /// Appends one byte.
    @inlinable
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        room(for: 1).storeBytes(of: byte, as: UInt8.self)
        tail += 1
    }

    /// Appends bytes from raw memory, which must not be this buffer's own.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        room(for: bytes.count).copyMemory(from: source, byteCount: bytes.count)
        tail += bytes.count
    }

    /// Appends the bytes of a sequence.
    @inlinable
    public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable {
            append(UnsafeRawBufferPointer($0))
        }
        guard isDone == nil else { return }
        for byte in bytes { append(byte) }
    }

    /// Appends the UTF-8 of `text`.
    @inlinable
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends the low `bytes` bytes (at most 8) of `value`, least significant first.
    @inlinable
    @inline(__always)
    public mutating func append(littleEndian value: UInt64, bytes: Int) {
        assert(bytes >= 0 && bytes <= 8, "an integer has at most 8 bytes")
        // Always stores 8 bytes and keeps some of them: one store instead of a loop.
        room(for: 8).storeBytes(of: value.littleEndian, as: UInt64.self)
        tail += bytes
    }

    /// Appends `count` zero bytes.
    @inlinable
    public mutating func append(zeros count: Int) {
        guard count > 0 else { return }
        room(for: count).initializeMemory(as: UInt8.self, repeating: 0, count: count)
        tail += count
    }

    /// Makes room for `bytes`, lets `body` write there, and keeps as many as `body` says it wrote.
    ///
    /// This is how cells, digits and received bytes get in without a copy. The pointer is valid
    /// only inside `body`, and holds no initial content.
    @inlinable
    @inline(__always)
    public mutating func append(
        upTo bytes: Int,
        _ body: (UnsafeMutableRawPointer) -> Int
    ) {
        let written = body(room(for: bytes))
        assert(written >= 0 && written <= bytes, "wrote more than was reserved")
        tail += written
    }

    // MARK: - Reading

    /// Reads the unconsumed bytes in place. The pointer is valid only inside `body`.
    @inlinable
    @inline(__always)
    public func withUnsafeBytes<R, E>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        defer { withExtendedLifetime(storage) {} }
        guard let storage else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return try body(UnsafeRawBufferPointer(start: storage.base + head, count: tail - head))
    }

    /// Changes the unconsumed bytes in place. The pointer is valid only inside `body`.
    @inlinable
    public mutating func withUnsafeMutableBytes<R>(
        _ body: (UnsafeMutableRawBufferPointer) -> R
    ) -> R {
        let end = room(for: 0)
        return body(UnsafeMutableRawBufferPointer(start: end - count, count: count))
    }

    /// Drops `count` bytes from the front.
    @inlinable
    public mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "consumed more bytes than the buffer holds")
        head += count
        if head == tail {
            head = 0
            tail = 0
        }
    }

    /// The unconsumed bytes as an array.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    // MARK: - Changing what is written

    /// Offset of the next byte written, for `overwrite`. Counts unconsumed bytes only.
    @inlinable
    public var end: Int { count }

    /// Replaces bytes written earlier, for a length that is known only afterwards.
    ///
    /// - Parameter offset: counted from the first unconsumed byte.
    @inlinable
    public mutating func overwrite(at offset: Int, littleEndian value: UInt64, bytes: Int) {
        precondition(
            offset >= 0 && bytes >= 0 && bytes <= 8 && offset <= count - bytes,
            "overwrite outside the buffer"
        )
        let place = room(for: 0) - count + offset
        var rest = value
        for i in 0..<bytes {
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: i, as: UInt8.self)
            rest >>= 8
        }
    }

    /// Inserts bytes into what was already written. Rare: it moves everything behind `offset`.
    public mutating func insert(contentsOf bytes: [UInt8], at offset: Int) {
        precondition(offset >= 0 && offset <= count, "insert outside the buffer")
        let place = room(for: bytes.count) - count + offset
        memmove(place + bytes.count, place, count - offset)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress {
                place.copyMemory(from: start, byteCount: source.count)
            }
        }
        tail += bytes.count
    }

    /// Forgets what was written from `end` on: undoes appends.
    @inlinable
    public mutating func truncate(to end: Int) {
        precondition(end >= 0 && end <= count, "truncate outside the buffer")
        tail = head + end
    }

    /// Gives the memory back. Only legal on an empty buffer.
    public mutating func release() {
        precondition(isEmpty, "released a buffer that still holds bytes")
        storage = nil
        head = 0
        tail = 0
    }

    // MARK: - Memory

    /// The end of the written bytes, with at least `bytes` of writable memory behind it that no
    /// other buffer shares.
    @inlinable
    @inline(__always)
    mutating func room(for bytes: Int) -> UnsafeMutableRawPointer {
        if isKnownUniquelyReferenced(&storage), let storage, storage.capacity - tail >= bytes {
            return storage.base + tail
        }
        return grow(for: bytes)
    }

    /// The slow half of `room(for:)`: moves the bytes to the front, or to a larger or unshared
    /// memory.
    @usableFromInline
    @inline(never)
    mutating func grow(for bytes: Int) -> UnsafeMutableRawPointer {
        precondition(bytes >= 0, "a negative number of bytes")
        let count = self.count
        let held = capacity
        let isUnique = isKnownUniquelyReferenced(&storage)
        // Moving costs `count` and wins `head`, so it is worth it only when half is consumed.
        if isUnique, let storage, head >= count, held - count >= bytes {
            memmove(storage.base, storage.base + head, count)
        } else {
            let grown = held < 8 << 20 ? held * 2 : held + held / 2
            let wanted = isUnique ? max(count + bytes, grown) : count + bytes
            let new = ByteStorage(capacity: max(256, wanted))
            if let storage { new.base.copyMemory(from: storage.base + head, byteCount: count) }
            storage = new
        }
        head = 0
        tail = count
        guard let storage else { preconditionFailure("a grown buffer has storage") }
        return storage.base + tail
    }
}

/// The memory of a `ByteBuffer`.
// A buffer writes to it only while it holds the one reference, so that no two threads can meet
// here; sharing copies only read.
@usableFromInline final class ByteStorage: @unchecked Sendable {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let capacity: Int

    init(capacity: Int) {
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { base.deallocate() }
}
