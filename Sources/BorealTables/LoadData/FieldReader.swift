import BorealSQL

/// Takes the bytes of a file apart into rows of fields, as they come.
struct FieldReader {
    /// One field; nil is NULL.
    typealias Field = [UInt8]?

    private let format: FileFormat
    private var pending: [UInt8] = []
    /// Where the next row begins in `pending`.
    private var start = 0
    private var linesToSkip: UInt64
    /// An unfinished row shorter than this is not looked at again: each look begins at the row's
    /// start, so looking at every chunk would take time quadratic in the length of a long row.
    private var unfinishedBytesMin = 0

    init(_ format: FileFormat, ignoring lines: UInt64) throws {
        guard !format.fieldTerminator.isEmpty else {
            throw TableError.notSupported("LOAD DATA with fields of fixed width")
        }
        guard format.fieldEnclosure.count <= 1, format.fieldEscape.count <= 1 else {
            throw TableError.wrongArguments("ENCLOSED BY or ESCAPED BY (one character at most)")
        }
        self.format = format
        linesToSkip = lines
    }

    /// Takes more of the file.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        if start > 0 {
            pending.removeFirst(start)
            start = 0
        }
        guard pending.count + bytes.count <= TableLimits.loadLineBytesMax + (32 << 20) else {
            throw TableError.memoryLimit(TableLimits.loadLineBytesMax)
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole row; nil when more of the file is needed, or at its end when `isEnd`.
    mutating func next(isEnd: Bool) -> [Field]? {
        guard isEnd || pending.count - start >= unfinishedBytesMin else { return nil }
        let row = parse(isEnd: isEnd)
        unfinishedBytesMin = row == nil ? 2 * (pending.count - start) : 0
        return row
    }

    private mutating func parse(isEnd: Bool) -> [Field]? {
        while linesToSkip > 0 {
            guard let end = find(format.lineTerminator, from: start) else {
                if isEnd { start = pending.count }
                return nil
            }
            start = end + max(format.lineTerminator.count, 1)
            linesToSkip -= 1
        }
        guard start < pending.count else { return nil }
        var position = start
        if !format.lineStart.isEmpty {
            guard let place = find(format.lineStart, from: position) else {
                if isEnd { start = pending.count }
                return nil
            }
            position = place + format.lineStart.count
        }
        var fields: [Field] = []
        while true {
            guard let read = field(from: position, isEnd: isEnd) else { return nil }
            fields.append(read.field)
            position = read.end
            if read.endsLine {
                start = position
                return fields
            }
        }
    }

    private func find(_ mark: [UInt8], from place: Int) -> Int? {
        guard let first = mark.first else { return nil }
        var position = place
        while position + mark.count <= pending.count {
            if pending[position] == first, isAt(mark, position) { return position }
            position += 1
        }
        return nil
    }

    private func isAt(_ mark: [UInt8], _ place: Int) -> Bool {
        guard !mark.isEmpty, place + mark.count <= pending.count else { return false }
        for (offset, byte) in mark.enumerated() where pending[place + offset] != byte {
            return false
        }
        return true
    }

    private struct Read {
        var field: Field
        var end: Int
        var endsLine: Bool
    }

    /// Where a field ends, if it ends here: the place behind the terminator.
    private func terminator(at place: Int, isEnd: Bool) -> (end: Int, endsLine: Bool)? {
        if isAt(format.lineTerminator, place) { return (place + format.lineTerminator.count, true) }
        if isAt(format.fieldTerminator, place) {
            return (place + format.fieldTerminator.count, false)
        }
        if isEnd, place == pending.count { return (place, true) }
        return nil
    }

    /// True when a longer terminator may begin here but its bytes have not come yet.
    private func mayBegin(at place: Int) -> Bool {
        let left = pending.count - place
        return [format.lineTerminator, format.fieldTerminator].contains { mark in
            left < mark.count && pending[place...].elementsEqual(mark.prefix(left))
        }
    }

    /// A field without enclosure, escapes or a doubtful end: what almost all are.
    private func plainField(from place: Int) -> Read? {
        guard place < pending.count, pending[place] != format.fieldEnclosure.first else {
            return nil
        }
        // 256 is no byte: a mark that the format does not have.
        let fieldMark = format.fieldTerminator.first.map { UInt16($0) } ?? 256
        let lineMark = format.lineTerminator.first.map { UInt16($0) } ?? 256
        let escape = format.fieldEscape.first.map { UInt16($0) } ?? 256
        let stop = pending.withUnsafeBufferPointer { bytes -> Int in
            var position = place
            while position < bytes.count {
                let byte = UInt16(bytes[position])
                if byte == fieldMark || byte == lineMark || byte == escape { break }
                position += 1
            }
            return position
        }
        guard stop < pending.count, UInt16(pending[stop]) != escape,
            let found = terminator(at: stop, isEnd: false)
        else { return nil }
        let bytes = pending[place..<stop]
        if !format.fieldEnclosure.isEmpty, bytes.elementsEqual("NULL".utf8) {
            return Read(field: nil, end: found.end, endsLine: found.endsLine)
        }
        return Read(field: Array(bytes), end: found.end, endsLine: found.endsLine)
    }

    private func field(from place: Int, isEnd: Bool) -> Read? {
        if let plain = plainField(from: place) { return plain }
        let enclosure = format.fieldEnclosure.first
        let escape = format.fieldEscape.first
        var position = place
        var bytes: [UInt8] = []
        var isNull = false
        let isEnclosed =
            enclosure != nil && position < pending.count && pending[position] == enclosure
        if isEnclosed { position += 1 }
        while true {
            if !isEnclosed, let found = terminator(at: position, isEnd: isEnd) {
                if bytes.elementsEqual("NULL".utf8), enclosure != nil { isNull = true }
                return Read(field: isNull ? nil : bytes, end: found.end, endsLine: found.endsLine)
            }
            guard position < pending.count else {
                // An enclosed field that the file's end cuts off counts as it is.
                return isEnd ? Read(field: bytes, end: position, endsLine: true) : nil
            }
            if !isEnd, mayBegin(at: position), !isEnclosed { return nil }
            let byte = pending[position]
            if byte == escape, byte != enclosure {
                guard position + 1 < pending.count else {
                    if !isEnd { return nil }
                    bytes.append(byte)
                    position += 1
                    continue
                }
                let escaped = pending[position + 1]
                position += 2
                if escaped == UInt8(ascii: "N"), bytes.isEmpty, !isEnclosed {
                    isNull = true
                } else {
                    bytes.append(Self.unescaped(escaped))
                }
                continue
            }
            if isEnclosed, byte == enclosure {
                guard position + 1 < pending.count || isEnd else { return nil }
                if position + 1 < pending.count, pending[position + 1] == enclosure {
                    bytes.append(byte)
                    position += 2
                    continue
                }
                if !isEnd, mayBegin(at: position + 1) { return nil }
                if let found = terminator(at: position + 1, isEnd: isEnd) {
                    return Read(field: bytes, end: found.end, endsLine: found.endsLine)
                }
            }
            bytes.append(byte)
            isNull = false
            position += 1
        }
    }

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "0"): 0
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "Z"): 26
        default: byte
        }
    }
}
