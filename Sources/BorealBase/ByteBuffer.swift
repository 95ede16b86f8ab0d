/// A growing run of bytes that is written at its end and read from its front.
///
/// One exists per connection and direction, so an empty one holds no storage at all: `release()` gives
/// the memory of a grown one back when the connection goes idle. Integers are little-endian, as in the
/// MySQL protocol.
public struct ByteBuffer: Sendable {
    /// `[0 ..< storage.count]`: bytes before `head` are already consumed.
    private var storage: [UInt8] = []
    private var head = 0

    /// An empty buffer without storage.
    public init() {}

    /// A buffer that holds a copy of `bytes`.
    public init(_ bytes: some Sequence<UInt8>) {
        storage = Array(bytes)
    }

    /// Bytes that are written and not yet consumed.
    public var count: Int { storage.count - head }

    /// True when nothing is left to consume.
    public var isEmpty: Bool { storage.count == head }

    /// Makes room for `bytes` more without a further allocation.
    public mutating func reserve(_ bytes: Int) {
        storage.reserveCapacity(max(storage.count + bytes, min(storage.count * 2, 1 << 20)))
    }

    /// Appends one byte.
    @inline(__always)
    public mutating func append(_ byte: UInt8) { storage.append(byte) }

    /// Appends bytes from raw memory.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        storage.append(contentsOf: bytes)
    }

    /// Appends the bytes of a sequence.
    public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        storage.append(contentsOf: bytes)
    }

    /// Appends the UTF-8 of `text`.
    public mutating func append(utf8 text: String) {
        storage.append(contentsOf: text.utf8)
    }

    /// Appends the low `bytes` bytes of `value`, least significant first.
    public mutating func append(littleEndian value: UInt64, bytes: Int) {
        var rest = value
        for _ in 0..<bytes {
            storage.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Appends `count` zero bytes.
    public mutating func append(zeros count: Int) {
        storage.append(contentsOf: repeatElement(0, count: count))
    }

    /// Reads the unconsumed bytes in place. The pointer is valid only inside `body`.
    @inline(__always)
    public func withUnsafeBytes<R, E>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        var outcome: Swift.Result<R, E>?
        storage.withUnsafeBytes { all in
            let rest = UnsafeRawBufferPointer(rebasing: all[head...])
            do throws(E) { outcome = .success(try body(rest)) } catch { outcome = .failure(error) }
        }
        guard let outcome else { preconditionFailure("withUnsafeBytes always calls its body") }
        return try outcome.get()
    }

    /// Drops `count` bytes from the front.
    public mutating func consume(_ count: Int) {
        precondition(count <= self.count, "consumed more bytes than the buffer holds")
        head += count
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1 << 16, head > storage.count / 2 {
            storage.removeFirst(head)
            head = 0
        }
    }

    /// Offset of the next byte written, for `overwrite`. Counts unconsumed bytes only.
    public var end: Int { count }

    /// Replaces bytes written earlier, for a length that is known only afterwards.
    ///
    /// - Parameter offset: counted from the first unconsumed byte.
    public mutating func overwrite(at offset: Int, littleEndian value: UInt64, bytes: Int) {
        precondition(offset >= 0 && offset + bytes <= count, "overwrite outside the buffer")
        var rest = value
        for i in 0..<bytes {
            storage[head + offset + i] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }

    /// Inserts bytes into what was already written. Rare: it moves everything behind `offset`.
    public mutating func insert(contentsOf bytes: [UInt8], at offset: Int) {
        precondition(offset >= 0 && offset <= count, "insert outside the buffer")
        storage.insert(contentsOf: bytes, at: head + offset)
    }

    /// Forgets what was written from `end` on: undoes appends.
    public mutating func truncate(to end: Int) {
        precondition(end >= 0 && end <= count, "truncate outside the buffer")
        storage.removeLast(count - end)
    }

    /// Gives the memory back. Only legal on an empty buffer.
    public mutating func release() {
        precondition(isEmpty, "released a buffer that still holds bytes")
        storage = []
        head = 0
    }

    /// The unconsumed bytes as an array.
    public var bytes: [UInt8] { Array(storage[head...]) }
}
