import BorealBase

/// Several rows in one prompt, answered by a JSON array: `rows_per_prompt`. The answers are not
/// what the rows would get alone, so nobody gets this who did not ask for it.
struct PackedChatRequest: RequestForm {
    let inner: ChatRequest
    let rowsMax: Int

    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        // A list of texts has no place for pictures.
        if case .pictured = first { return false }
        if case .pictured = second { return false }
        return rowsMax > 1
    }

    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        guard inputs.count > 1 else { return try inner.body(for: inputs) }
        let count = inputs.count
        var prompt = Array(
            """
            Answer each of the \(count) prompts of the JSON array below by itself. Reply with one \
            JSON array of \(count) strings, the answers in the order of the prompts, and with \
            nothing else.
            [
            """.utf8
        )
        for (place, input) in inputs.enumerated() {
            if place > 0 { prompt.append(UInt8(ascii: ",")) }
            JSON.quote(try input.singleText(), into: &prompt)
        }
        prompt.append(UInt8(ascii: "]"))
        return try inner.body(for: [.prompt(String(decoding: prompt, as: UTF8.self))])
    }
}

/// The answer to such a prompt.
struct PackedChatAnswer: AnswerForm {
    let rowsMax: Int

    /// - Throws: BAD_RESPONSE for an answer that is no array of as many as the rows, is cut or was
    ///   held back: each row may then be asked alone.
    func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        let whole = try ChatAnswer().read(body, for: inputs)
        guard inputs.count > 1 else { return whole }
        guard case .success(let answer) = whole.answers[0], !answer.isTruncated,
            case .text(let text) = answer.value
        else {
            throw RemoteModelError(.badResponse, "the answer to several rows is cut or filtered")
        }
        let elements = try JSONText.tree(Self.withoutFence(text)).array ?? []
        guard elements.count == inputs.count else {
            throw Placing.wrongCount(elements.count, inputs.count)
        }
        let answers = elements.map { element in
            RemoteAnswer(.text(element.string ?? element.description))
        }
        return CallReading(answers: answers.map(Result.success), usage: whole.usage)
    }

    /// The text between the three back quotes that models like to put around code.
    private static func withoutFence(_ text: String) -> [UInt8] {
        let fence = Array("```".utf8)
        let bytes = Array(text.utf8)
        let start = bytes.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }
        guard start.starts(with: fence), let line = start.firstIndex(of: 0x0A) else { return bytes }
        let end = bytes.lastIndex(of: fence[0]) ?? bytes.endIndex
        return Array(bytes[line..<max(line, end - 2)])
    }
}
