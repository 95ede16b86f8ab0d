import BorealBase

/// A table of a FlatBuffers document: fields by number, each read within the bytes or refused.
///
/// Positions are followed only where a schema says that something is there, so that no document can
/// lead in circles.
///
///     document  the position of the first table
///     table     the distance back to its fields, then values
///     fields    16 bits each: their own size, the table's, the place of each value or 0
///     vector    a count, then elements; texts are vectors of bytes
///
/// A value is a number in place, or the distance to a table or vector. All are little endian, and
/// none need lie at a multiple of its size.
struct FlatTable {
    let bytes: UnsafeRawBufferPointer
    /// Where the document begins within the file, for errors.
    let start: Int
    private let position: Int
    /// Where the list of the fields' positions begins, and its bytes.
    private let fields: Int
    private let fieldBytes: Int

    /// The table that a document begins with.
    init(root bytes: UnsafeRawBufferPointer, start: Int) throws(FormatError) {
        guard bytes.count >= 8 else {
            throw .malformed(.catboostCBM, offset: start, reason: "a document of no bytes")
        }
        let offset = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        try self.init(bytes, start, at: offset)
    }

    private init(
        _ bytes: UnsafeRawBufferPointer,
        _ start: Int,
        at position: Int
    ) throws(FormatError) {
        self.bytes = bytes
        self.start = start
        self.position = position
        guard position >= 0, position <= bytes.count - 4 else {
            throw .malformed(.catboostCBM, offset: start, reason: "a table at \(position)")
        }
        let back = Int32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)
        )
        fields = position - Int(back)
        guard fields >= 0, fields <= bytes.count - 4 else {
            throw .malformed(
                .catboostCBM,
                offset: start + position,
                reason: "a table without fields"
            )
        }
        let size = UInt16(
            littleEndian: bytes.loadUnaligned(fromByteOffset: fields, as: UInt16.self)
        )
        fieldBytes = Int(size)
        guard fieldBytes >= 4, fields + fieldBytes <= bytes.count else {
            throw .malformed(
                .catboostCBM,
                offset: start + fields,
                reason: "\(size) bytes of fields"
            )
        }
    }

    func malformed(_ reason: String) -> FormatError {
        .malformed(.catboostCBM, offset: start + position, reason: reason)
    }

    /// Where a field's value lies; nil when it has its default.
    private func place(_ field: Int, _ width: Int) throws(FormatError) -> Int? {
        let entry = 4 + 2 * field
        guard entry + 2 <= fieldBytes else { return nil }
        let offset = UInt16(
            littleEndian: bytes.loadUnaligned(fromByteOffset: fields + entry, as: UInt16.self)
        )
        guard offset != 0 else { return nil }
        let place = position + Int(offset)
        guard place + width <= bytes.count else { throw malformed("field \(field) beyond the end") }
        return place
    }

    // MARK: - Scalars

    func int32(_ field: Int, _ other: Int32) throws(FormatError) -> Int {
        guard let place = try place(field, 4) else { return Int(other) }
        return Int(load(place, as: Int32.self))
    }

    func byte(_ field: Int) throws(FormatError) -> Int {
        try place(field, 1).map { Int(bytes[$0]) } ?? 0
    }

    func float(_ field: Int, _ other: Float) throws(FormatError) -> Float {
        guard let place = try place(field, 4) else { return other }
        return Float(bitPattern: load(place, as: UInt32.self))
    }

    func double(_ field: Int, _ other: Double) throws(FormatError) -> Double {
        guard let place = try place(field, 8) else { return other }
        return Double(bitPattern: load(place, as: UInt64.self))
    }

    private func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _ place: Int,
        as type: Number.Type
    ) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: type))
    }

    // MARK: - What lies elsewhere

    /// Where what a field refers to begins.
    private func target(_ field: Int) throws(FormatError) -> Int? {
        guard let place = try place(field, 4) else { return nil }
        let target = place + Int(load(place, as: UInt32.self))
        guard target <= bytes.count - 4 else {
            throw malformed("field \(field) leads beyond the end")
        }
        return target
    }

    func table(_ field: Int) throws(FormatError) -> FlatTable? {
        guard let target = try target(field) else { return nil }
        return try FlatTable(bytes, start, at: target)
    }

    /// Elements of a vector, all within the bytes.
    private func vector(_ field: Int, width: Int) throws(FormatError) -> (first: Int, count: Int) {
        guard let target = try target(field) else { return (0, 0) }
        let count = Int(load(target, as: UInt32.self))
        guard count <= (bytes.count - target - 4) / width else {
            throw malformed("field \(field) of \(count) elements beyond the end")
        }
        return (target + 4, count)
    }

    /// The bytes of a vector of bytes, or of a text.
    func data(_ field: Int) throws(FormatError) -> UnsafeRawBufferPointer {
        let (first, count) = try vector(field, width: 1)
        return UnsafeRawBufferPointer(rebasing: bytes[first..<first + count])
    }

    func text(_ field: Int) throws(FormatError) -> String {
        String(decoding: try data(field), as: UTF8.self)
    }

    func int32s(_ field: Int) throws(FormatError) -> [Int32] {
        let (first, count) = try vector(field, width: 4)
        return (0..<count).map { load(first + 4 * $0, as: Int32.self) }
    }

    func floats(_ field: Int) throws(FormatError) -> [Float] {
        try int32s(field).map { Float(bitPattern: UInt32(bitPattern: $0)) }
    }

    func doubles(_ field: Int) throws(FormatError) -> [Double] {
        let (first, count) = try vector(field, width: 8)
        return (0..<count).map { Double(bitPattern: load(first + 8 * $0, as: UInt64.self)) }
    }

    /// Structs of two numbers of 32 bits.
    func pairs(_ field: Int) throws(FormatError) -> [(Int32, Int32)] {
        let (first, count) = try vector(field, width: 8)
        return (0..<count).map {
            (load(first + 8 * $0, as: Int32.self), load(first + 8 * $0 + 4, as: Int32.self))
        }
    }

    /// The tables of a vector, one after the other.
    func forEachTable(
        _ field: Int,
        _ body: (FlatTable) throws(FormatError) -> Void
    ) throws(FormatError) {
        let (first, count) = try vector(field, width: 4)
        for index in 0..<count {
            let place = first + 4 * index
            let target = place + Int(load(place, as: UInt32.self))
            try body(try FlatTable(bytes, start, at: target))
        }
    }

    /// The texts of a vector.
    func texts(_ field: Int) throws(FormatError) -> [String] {
        let (first, count) = try vector(field, width: 4)
        var texts: [String] = []
        for index in 0..<count {
            let place = first + 4 * index
            let target = place + Int(load(place, as: UInt32.self))
            guard target <= bytes.count - 4 else { throw malformed("a text beyond the end") }
            let length = Int(load(target, as: UInt32.self))
            guard length <= bytes.count - target - 4 else { throw malformed("a text too long") }
            let text = UnsafeRawBufferPointer(rebasing: bytes[target + 4..<target + 4 + length])
            texts.append(String(decoding: text, as: UTF8.self))
        }
        return texts
    }
}
