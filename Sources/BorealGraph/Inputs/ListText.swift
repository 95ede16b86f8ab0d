import BorealBase

/// Reads lists of numbers as text columns hold them.
enum ListText {
    /// Bytes of a member that a message repeats.
    private static let shownBytesMax = GraphLimits.shownValueBytesMax

    /// Appends the ids of a sequence: `[183, 238]` or `183,238`.
    static func appendSequence(
        _ text: UnsafeRawBufferPointer,
        _ form: SequenceForm,
        to elements: inout [Float]
    ) throws(ListDefect) {
        let start = elements.count
        var members = try Members(text)
        while let member = members.next() {
            let id = Float(try id(member, form))
            if form.dropsRepeats, elements.count > start, elements.last == id { continue }
            elements.append(id)
            // A cell of megabytes holds no more of them at a time than are kept, and as many again.
            if elements.count - start > 2 * form.length {
                elements.removeSubrange(start..<elements.count - form.length)
            }
        }
        if elements.count - start > form.length {
            elements.removeSubrange(start..<elements.count - form.length)
        }
    }

    private static func id(
        _ member: UnsafeRawBufferPointer,
        _ form: SequenceForm
    ) throws(ListDefect) -> Int {
        var value = 0
        for byte in member {
            guard byte >= 0x30, byte <= 0x39 else { throw .noID(shown(member)) }
            value = min(value * 10 + Int(byte - 0x30), 1 << 40)
        }
        guard !member.isEmpty else { throw .noID("") }
        guard value < form.ids else { throw .idBeyond(shown(member), ids: form.ids) }
        return value
    }

    /// Appends numbers: `[1, 2.5]`, `1,2.5` or `{"money": 30, "level": 21}`.
    static func appendNumbers(
        _ text: UnsafeRawBufferPointer,
        to elements: inout [Float]
    ) throws(ListDefect) {
        if text.first(where: { !Members.isBlank($0) }) == UInt8(ascii: "{") {
            return try appendValues(text, to: &elements)
        }
        var members = try Members(text)
        while let member = members.next() {
            guard let number = NumberText.parse(member), Float(number).isFinite else {
                throw .noNumber(shown(member))
            }
            elements.append(Float(number))
        }
    }

    /// The values of a JSON object, by their keys: rows may name them in any order.
    private static func appendValues(
        _ text: UnsafeRawBufferPointer,
        to elements: inout [Float]
    ) throws(ListDefect) {
        // Whatever is wrong with the JSON, the cell is no list.
        guard let object = (try? JSON.parse(Array(text)[...]))?.object else {
            throw .malformed(shown(text))
        }
        for (_, value) in object.sorted(by: { $0.key < $1.key }) {
            guard let number = value.double, Float(number).isFinite else {
                throw .noNumber(String(value.description.prefix(shownBytesMax)))
            }
            elements.append(Float(number))
        }
    }

    static func shown(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(shownBytesMax), as: UTF8.self)
    }
}

/// The members of a list between commas, without brackets around all of them and blanks around
/// each.
private struct Members {
    private let text: UnsafeRawBufferPointer
    private var place: Int
    private let end: Int

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    init(_ text: UnsafeRawBufferPointer) throws(ListDefect) {
        var (place, end) = Self.trimmed(text, 0, text.count)
        if place < end, text[place] == UInt8(ascii: "[") {
            guard end - place > 1, text[end - 1] == UInt8(ascii: "]") else {
                throw .malformed(ListText.shown(text))
            }
            (place, end) = Self.trimmed(text, place + 1, end - 1)
        }
        self.text = text
        // Behind the end there is no further member, not even an empty one.
        self.place = place == end ? end + 1 : place
        self.end = end
    }

    private static func trimmed(
        _ text: UnsafeRawBufferPointer,
        _ first: Int,
        _ last: Int
    ) -> (Int, Int) {
        var (place, end) = (first, last)
        while place < end, isBlank(text[place]) { place += 1 }
        while place < end, isBlank(text[end - 1]) { end -= 1 }
        return (place, end)
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard place <= end else { return nil }
        var comma = place
        while comma < end, text[comma] != UInt8(ascii: ",") { comma += 1 }
        let (first, last) = Self.trimmed(text, place, comma)
        place = comma + 1
        return UnsafeRawBufferPointer(rebasing: text[first..<last])
    }
}
