import BorealBase
import Synchronization

/// The way of a streamed answer from a service to a client: server-sent events, each passed on when
/// its last byte is there, with the model's name in the registry in place of the service's own.
///
/// Called by one thread at a time.
package final class StreamPassage: Sendable {
    private struct State {
        /// Bytes of the line that is not whole yet.
        var line: [UInt8] = []
        /// Whole lines of the event that is not whole yet.
        var event: [UInt8] = []
        var passedBytes = 0
        var usage: JSON?
        /// `[DONE]` or a `finish_reason` was seen.
        var hasEnd = false
        /// The service told of a failure inside the stream.
        var failure: RemoteModelError?
        /// An event was longer than is passed on.
        var isTooLong = false
    }

    /// Bytes of one event.
    private static let eventBytesMax = 8 << 20

    private let shownName: String?
    private let write: @Sendable ([UInt8]) -> Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - shownName: what the client calls the model; nil leaves the service's name.
    ///   - write: takes whole events, one call after the other; false when nobody reads any more.
    package init(shownName: String?, write: @escaping @Sendable ([UInt8]) -> Bool) {
        self.shownName = shownName
        self.write = write
    }

    /// Something has been passed on: the request cannot be made again.
    package var hasBegun: Bool { state.withLock { $0.passedBytes > 0 } }

    /// Takes the next bytes of the answer.
    ///
    /// - Returns: false when the call may end.
    func receive(_ bytes: some Collection<UInt8>) -> Bool {
        let (ready, isTooLong) = state.withLock { state -> ([UInt8], Bool) in
            var ready: [UInt8] = []
            for byte in bytes {
                state.line.append(byte)
                guard byte == 0x0A else { continue }
                endLine(&state)
                if isBlank(state.line) {
                    ready += state.event
                    state.event.removeAll(keepingCapacity: true)
                }
                state.line.removeAll(keepingCapacity: true)
            }
            state.passedBytes += ready.count
            state.isTooLong = state.line.count + state.event.count > Self.eventBytesMax
            return (ready, state.isTooLong)
        }
        guard !isTooLong else { return false }
        return ready.isEmpty || write(ready)
    }

    /// The end of the answer's bytes.
    ///
    /// - Returns: what the stream said of tokens; an answer without a value.
    /// - Throws: `RemoteModelError` BAD_RESPONSE for a stream that was cut or told of a failure.
    func finish(_ inputs: [RemoteInput]) throws(RemoteModelError) -> CallReading {
        let (rest, state) = state.withLock { state -> ([UInt8], State) in
            // Some services close behind their last line.
            if !state.line.isEmpty {
                endLine(&state)
                state.event += Array("\n".utf8)
            }
            let rest = state.event
            state.event = []
            state.line = []
            state.passedBytes += rest.count
            return (rest, state)
        }
        if !rest.isEmpty { _ = write(rest) }
        if let failure = state.failure { throw failure }
        guard !state.isTooLong else {
            let text = "an event is longer than \(Self.eventBytesMax) bytes"
            throw RemoteModelError(.badResponse, text)
        }
        guard state.hasEnd else {
            throw RemoteModelError(.badResponse, "the stream ends without [DONE]")
        }
        return CallReading(
            answers: [.success(RemoteAnswer(.written([])))],
            usage: TokenCounts.read(state.usage)
                ?? .estimated(inputs, answerBytes: state.passedBytes)
        )
    }

    /// What an answer without its end has cost: nothing before its first event; then what the
    /// service has said, or an estimate from what was passed on.
    func spent(_ inputs: [RemoteInput]) -> TokenUsage {
        let (usage, passedBytes) = state.withLock { ($0.usage, $0.passedBytes) }
        guard passedBytes > 0 else { return .none }
        return TokenCounts.read(usage) ?? .estimated(inputs, answerBytes: passedBytes)
    }

    private func isBlank(_ line: [UInt8]) -> Bool { line == [0x0A] || line == [0x0D, 0x0A] }

    /// Adds a whole line to the event, the model's name in it replaced.
    private func endLine(_ state: inout State) {
        let line = state.line
        guard let payload = Self.payload(of: line) else { return state.event += line }
        let data = Array(line[payload])
        if data.elementsEqual("[DONE]".utf8) { state.hasEnd = true }
        look(at: data, &state)
        // What is no JSON object goes as it came: it may be part of a longer one.
        let shown = shownName.flatMap { try? ModelMember.replaced(in: data, with: $0) } ?? data
        state.event += line[..<payload.lowerBound]
        state.event += shown
        state.event += line[payload.upperBound...]
    }

    /// Where the data of a line stand; nil for a line of another field.
    private static func payload(of line: [UInt8]) -> Range<Int>? {
        guard line.starts(with: "data:".utf8) else { return nil }
        var start = 5
        if start < line.count, line[start] == 0x20 { start += 1 }
        var end = line.count
        while end > start, line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }

    /// What an event says of tokens, of the end and of failures.
    private func look(at data: [UInt8], _ state: inout State) {
        guard data.first == UInt8(ascii: "{") else { return }
        var (usage, failure, hasEnd) = (JSON?.none, RemoteModelError?.none, false)
        // What cannot be read says nothing; the client sees it as it is.
        try? AnswerScanner.whole(data) { (scanner) throws(RemoteModelError) in
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                switch name {
                case "usage": usage = try JSONText.tree(data[try scanner.span()])
                case "error":
                    failure = UpstreamText.failure(try JSONText.tree(data[try scanner.span()]))
                case "choices":
                    try scanner.elements { (scanner) throws(RemoteModelError) in
                        try scanner.members { (name, scanner) throws(RemoteModelError) in
                            let isReason = name == "finish_reason"
                            if isReason, try scanner.peek() == UInt8(ascii: "\"") { hasEnd = true }
                            try scanner.skip()
                        }
                    }
                default: try scanner.skip()
                }
            }
        }
        if let usage, usage != .null { state.usage = usage }
        if let failure { state.failure = failure }
        if hasEnd { state.hasEnd = true }
    }
}
