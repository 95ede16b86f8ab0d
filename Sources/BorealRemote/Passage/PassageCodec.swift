import BorealBase

/// A request that a client wrote itself, passed on as it is: one row, one request.
package struct PassageCodec: CallCodec {
    /// What the client calls the model, whose own name at the service never reaches it; nil for an
    /// answer that is passed on whatever it is.
    private let shownName: String?
    private let isStream: Bool

    package let batchMax = 1
    /// The same body under two names is answered with two names.
    package var reading: String { "written \(shownName ?? "")" }

    /// - Parameter isStream: the answer goes through a `StreamPassage`, and `read` sees none of it.
    package init(shownName: String?, isStream: Bool = false) {
        self.shownName = shownName
        self.isStream = isStream
    }

    package func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool { false }

    package func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        guard case .written(let body) = inputs[0] else {
            throw RemoteModelError(.config, "the call takes a request, no row")
        }
        return body
    }

    /// The answer with the model's name in the registry, and what it says of tokens.
    ///
    /// - Throws: `RemoteModelError` BAD_RESPONSE for what is no JSON object.
    package func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        guard !isStream else {
            throw RemoteModelError(.badResponse, "the answer is no stream of events")
        }
        guard let shownName else { return Self.whole(body, inputs) }
        var usage: JSON?
        var places: [Range<Int>] = []
        try AnswerScanner.whole(body) { (scanner) throws(RemoteModelError) in
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                let place = try scanner.span()
                switch name {
                case "usage": usage = try JSONText.tree(body[place])
                case "model": places.append(place)
                default: break
                }
            }
        }
        let shown = ModelMember.replaced(in: body, at: places, with: shownName)
        return CallReading(
            answers: [.success(RemoteAnswer(.written(shown)))],
            usage: TokenCounts.read(usage) ?? .estimated(inputs, answerBytes: body.count)
        )
    }

    private static func whole(_ body: [UInt8], _ inputs: [RemoteInput]) -> CallReading {
        // What is no JSON says nothing of tokens.
        let usage = TokenCounts.read((try? JSONText.tree(body))?["usage"])
        return CallReading(
            answers: [.success(RemoteAnswer(.written(body)))],
            usage: usage ?? .estimated(inputs, answerBytes: body.count)
        )
    }
}

extension TokenUsage {
    /// A quarter of the bytes that went and came.
    static func estimated(_ inputs: [RemoteInput], answerBytes: Int) -> TokenUsage {
        TokenUsage(
            input: inputs.reduce(0) { $0 + TokenCounts.estimate($1.tokenByteCount) },
            output: TokenCounts.estimate(answerBytes),
            isEstimated: true
        )
    }
}
