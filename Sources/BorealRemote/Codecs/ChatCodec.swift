import BorealBase

/// The request of OpenAI's chat (`/chat/completions`) or of its older completions.
struct ChatRequest: RequestForm {
    let rowsMax = 1
    /// What stands before and behind the text of a row, its quotes among it; made once.
    private let head: [UInt8]
    private let tail: [UInt8]
    private let isChat: Bool

    /// - Parameter isChat: false for completions, which have one text in place of messages.
    init(_ parameters: CodecParameters, isChat: Bool) {
        var head = Array("{\"model\":".utf8)
        JSON.quote(parameters.model, into: &head)
        if isChat {
            head += Array(",\"messages\":[".utf8)
            if let system = parameters.system {
                head += Array("{\"role\":\"system\",\"content\":".utf8)
                JSON.quote(system, into: &head)
                head += Array("},".utf8)
            }
            head += Array("{\"role\":\"user\",\"content\":\"".utf8)
        } else {
            head += Array(",\"prompt\":\"".utf8)
            if let system = parameters.system { JSON.escape(system + "\n\n", into: &head) }
        }
        self.head = head
        self.isChat = isChat
        tail = Array((isChat ? "\"}]" : "\"").utf8) + Self.options(parameters)
    }

    private static func options(_ parameters: CodecParameters) -> [UInt8] {
        var options: [UInt8] = []
        JSONText.append(
            member: "temperature",
            parameters.temperature.map(JSON.number),
            into: &options
        )
        JSONText.append(member: "top_p", parameters.topP.map(JSON.number), into: &options)
        let tokens = parameters.maxTokens.map { JSON.integer(Int64($0)) }
        JSONText.append(member: "max_tokens", tokens, into: &options)
        if parameters.wantsJSON {
            options += Array(",\"response_format\":{\"type\":\"json_object\"}".utf8)
        }
        if parameters.isStreamed {
            options += Array(",\"stream\":true,\"stream_options\":{\"include_usage\":true}".utf8)
        }
        return options + [UInt8(ascii: "}")]
    }

    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        if isChat, case .pictured(let prompt, let pictures) = inputs[0] {
            return try self.body(prompt, pictures)
        }
        var body = head
        JSON.escape(try inputs[0].singleText(), into: &body)
        return body + tail
    }

    /// The content as a list of parts, pictures first.
    private func body(
        _ prompt: String,
        _ pictures: [Picture]
    ) throws(RemoteModelError) -> [UInt8] {
        var body = Array(head.dropLast()) + [UInt8(ascii: "[")]
        for picture in pictures {
            body += Array("{\"type\":\"image_url\",\"image_url\":{\"url\":\"".utf8)
            // A data URL has no character that JSON escapes.
            body += Array(try picture.dataURL().utf8)
            body += Array("\"}},".utf8)
        }
        body += Array("{\"type\":\"text\",\"text\":".utf8)
        JSON.quote(prompt, into: &body)
        body += Array("}]".utf8)
        return body + tail.dropFirst()
    }
}

/// The answer of chat or completions, whole or as server-sent events.
struct ChatAnswer: AnswerForm {
    let rowsMax = 1

    func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        if Self.isEventStream(body) { return try events(body, inputs) }
        let answer = try JSONText.tree(body)
        if let failure = UpstreamText.failure(answer["error"]) { throw failure }
        let choice = try Self.choice(answer)
        let value: Result<RemoteAnswer, RemoteModelError>
        do { value = .success(try Self.answer(choice)) } catch { value = .failure(error) }
        return CallReading(
            answers: [value],
            usage: TokenCounts.usage(answer["usage"], inputs, [value])
        )
    }

    private func events(
        _ body: [UInt8],
        _ inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        var stream = ChatStream()
        try stream.receive(body)
        let answer = try stream.finish()
        return CallReading(
            answers: [answer],
            usage: TokenCounts.usage(stream.usage, inputs, [answer])
        )
    }

    /// True when the text begins with a field of an event or a comment, as no JSON does.
    private static func isEventStream(_ body: [UInt8]) -> Bool {
        let start = body.drop { $0 == 0x0A || $0 == 0x0D || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        return [":", "data:", "event:", "id:", "retry:"].contains { start.starts(with: $0.utf8) }
    }

    /// The first of the answer's choices.
    private static func choice(_ answer: JSON) throws(RemoteModelError) -> JSON {
        guard let choice = answer["choices"]?.array?.first, choice.object != nil else {
            throw RemoteModelError(.badResponse, "the answer has no choices[0]")
        }
        return choice
    }

    /// What one choice says.
    private static func answer(_ choice: JSON) throws(RemoteModelError) -> RemoteAnswer {
        let reason = choice["finish_reason"]?.string
        if reason == "content_filter" { throw .filtered }
        let message = choice["message"]
        if let refusal = message?["refusal"]?.string, !refusal.isEmpty {
            throw RemoteModelError(.filtered, "refused: " + UpstreamText.clean(refusal.utf8))
        }
        guard let text = (choice["text"] ?? message?["content"]).flatMap(text) else {
            throw RemoteModelError(.badResponse, "the answer has no text in choices[0]")
        }
        return RemoteAnswer(.text(text), isTruncated: reason == "length")
    }

    /// A text, or a list of parts with texts in them.
    static func text(_ content: JSON) -> String? {
        guard let parts = content.array else { return content.string }
        let texts = parts.compactMap { $0["text"]?.string }
        return texts.count == parts.count ? texts.joined() : nil
    }
}

extension RemoteModelError {
    /// What a service's filter held back.
    static let filtered = RemoteModelError(.filtered, "the service's filter held the answer back")
}
