/// Reads server-sent events (WHATWG HTML, "Server-sent events", parsing an event stream) as their
/// bytes come, however they are cut.
package struct EventStream {
    /// One event.
    package struct Event: Equatable, Sendable {
        /// Its `event` field; `message` without one.
        package var name = "message"
        /// Its `data` fields, joined by line ends.
        package var data: [UInt8] = []
    }

    /// Bytes of one event and of one line.
    private let bytesMax: Int
    private var line: [UInt8] = []
    private var event = Event()
    private var hasData = false
    /// The last byte was a CR: a LF behind it ends no second line.
    private var isAfterReturn = false
    private var isFirstLine = true
    /// Finished events that nobody took yet.
    private var ready: [Event] = []

    package init(bytesMax: Int = 8 << 20) { self.bytesMax = bytesMax }

    /// Takes the next bytes of the stream.
    ///
    /// - Returns: the events that they finish.
    /// - Throws: `RemoteModelError` BAD_RESPONSE for an event beyond the bound.
    package mutating func receive(
        _ bytes: some Collection<UInt8>
    ) throws(RemoteModelError) -> [Event] {
        for byte in bytes {
            let endsTwice = byte == 0x0A && isAfterReturn
            isAfterReturn = byte == 0x0D
            if endsTwice { continue }
            if byte == 0x0A || byte == 0x0D {
                try endLine()
            } else {
                line.append(byte)
                guard line.count <= bytesMax else { throw tooLong }
            }
        }
        defer { ready.removeAll() }
        return ready
    }

    /// What stands behind the last blank line: not an event by the letter, but some services close
    /// behind their last line.
    package mutating func finish() throws(RemoteModelError) -> Event? {
        if !line.isEmpty { try endLine() }
        return hasData ? event : nil
    }

    private var tooLong: RemoteModelError {
        RemoteModelError(.badResponse, "an event is longer than \(bytesMax) bytes")
    }

    private mutating func endLine() throws(RemoteModelError) {
        defer { line.removeAll(keepingCapacity: true) }
        var text = line[...]
        if isFirstLine, text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        isFirstLine = false
        guard !text.isEmpty else { return endEvent() }
        let colon = text.firstIndex(of: UInt8(ascii: ":"))
        let field = text[..<(colon ?? text.endIndex)]
        var value = colon.map { text[($0 + 1)...] } ?? []
        if value.first == 0x20 { value = value.dropFirst() }
        if field.elementsEqual("data".utf8) {
            if hasData { event.data.append(0x0A) }
            hasData = true
            event.data.append(contentsOf: value)
            guard event.data.count <= bytesMax else { throw tooLong }
        } else if field.elementsEqual("event".utf8) {
            event.name = String(decoding: value, as: UTF8.self)
        }
    }

    private mutating func endEvent() {
        if hasData { ready.append(event) }
        event = Event()
        hasData = false
    }
}
