/// One column of a `RowBatch`: contiguous storage, a logical MySQL type and a validity bitmap.
public struct Column: Sendable {
    /// The values. Every case holds one element a row; the element of a NULL row is unspecified.
    public enum Storage: Sendable {
        case int64([Int64])
        case uint64([UInt64])
        case double([Double])
        case float([Float])
        /// Doubles of which most are 0.
        case sparse(SparseNumbers)
        case bytes(ByteColumn)
    }

    /// The name as the query returned it.
    public var name: String
    /// What a client would be told.
    public var type: ColumnType
    /// One element a row.
    public var storage: Storage
    /// Which rows are NULL.
    public var validity: Validity

    /// A column whose storage and validity agree on the number of rows.
    public init(name: String, type: ColumnType, storage: Storage, validity: Validity) {
        self.name = name
        self.type = type
        self.storage = storage
        self.validity = validity
        assert(validity.count == count, "validity and storage differ in length")
    }

    /// Rows in the column.
    public var count: Int {
        switch storage {
        case .int64(let values): values.count
        case .uint64(let values): values.count
        case .double(let values): values.count
        case .float(let values): values.count
        case .sparse(let numbers): numbers.count
        case .bytes(let values): values.count
        }
    }

    /// True when row `row` is NULL.
    public func isNull(_ row: Int) -> Bool { validity.isNull(row) }

    /// Some neighbouring rows.
    public func slice(_ range: Range<Int>) -> Column {
        let storage: Storage =
            switch storage {
            case .int64(let values): .int64(Array(values[range]))
            case .uint64(let values): .uint64(Array(values[range]))
            case .double(let values): .double(Array(values[range]))
            case .float(let values): .float(Array(values[range]))
            case .sparse(let numbers): .sparse(numbers.slice(range))
            case .bytes(let values): .bytes(values.slice(range))
            }
        var validity = Validity()
        for row in range { validity.append(isNull: isNull(row)) }
        return Column(name: name, type: type, storage: storage, validity: validity)
    }
}

/// Variable-length values: one run of bytes and `count + 1` offsets into it.
public struct ByteColumn: Sendable {
    /// `[count + 1]`, ascending, first 0.
    public private(set) var offsets: [Int] = [0]
    /// All values, one behind the other.
    public private(set) var bytes: [UInt8] = []

    /// An empty column.
    public init() {}

    /// Values in the column.
    public var count: Int { offsets.count - 1 }

    /// Some neighbouring values.
    func slice(_ range: Range<Int>) -> ByteColumn {
        var part = ByteColumn()
        let first = offsets[range.lowerBound]
        part.offsets = offsets[range.lowerBound...range.upperBound].map { $0 - first }
        part.bytes = Array(bytes[first..<offsets[range.upperBound]])
        return part
    }

    /// Appends one value.
    public mutating func append(_ value: UnsafeRawBufferPointer) {
        // Of typed memory a run is copied at once.
        value.withMemoryRebound(to: UInt8.self) { bytes.append(contentsOf: $0) }
        offsets.append(bytes.count)
    }

    /// The values, which are then gone, with room made for as many again.
    public mutating func moved() -> ByteColumn {
        var next = ByteColumn()
        next.offsets.reserveCapacity(offsets.count)
        next.bytes.reserveCapacity(bytes.count)
        swap(&self, &next)
        return next
    }

    /// Appends the UTF-8 of one value.
    public mutating func append(_ value: String) {
        bytes.append(contentsOf: value.utf8)
        offsets.append(bytes.count)
    }

    /// The bytes of one value, in place.
    public subscript(row: Int) -> ArraySlice<UInt8> { bytes[offsets[row]..<offsets[row + 1]] }

    /// One value as text; bytes that are no UTF-8 are replaced.
    public func string(_ row: Int) -> String { String(decoding: self[row], as: UTF8.self) }
}

/// Which rows of a column hold a value. Without any NULL it costs nothing but a count.
public struct Validity: Equatable, Sendable {
    /// Rows covered.
    public private(set) var count = 0
    /// Rows that are NULL.
    public private(set) var nullCount = 0
    /// Bit `row % 64` of word `row / 64` is set when the row is NULL; empty while there is none.
    private var nulls: [UInt64] = []

    /// An empty bitmap.
    public init() {}

    /// A bitmap of `count` rows that all hold a value.
    public init(allValid count: Int) { self.count = count }

    /// Appends one row.
    @inline(__always)
    public mutating func append(isNull: Bool) {
        if isNull {
            let word = count >> 6
            while nulls.count <= word { nulls.append(0) }
            nulls[word] |= 1 << UInt64(count & 63)
            nullCount += 1
        }
        count += 1
    }

    /// True when row `row` is NULL.
    @inline(__always)
    public func isNull(_ row: Int) -> Bool {
        let word = row >> 6
        return word < nulls.count && nulls[word] & (1 << UInt64(row & 63)) != 0
    }
}
