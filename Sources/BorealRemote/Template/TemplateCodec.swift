import BorealBase

/// A request of the user's own form.
struct TemplateRequest: RequestForm {
    private let template: JSONTemplate
    private let parameters: CodecParameters

    /// Names that a template may have beside `parameters.x`.
    private static let names = [
        "content", "contents", "image", "model", "query", "document", "documents",
    ]

    /// - Throws: `RemoteModelError` CONFIG for a name that no row can fill.
    init(_ template: JSONTemplate, _ parameters: CodecParameters) throws(RemoteModelError) {
        for name in template.names where !Self.names.contains(name) {
            guard name.hasPrefix("parameters.") else {
                let known = Self.names.map { "${\($0)}" }.joined(separator: ", ")
                throw RemoteModelError(
                    .config,
                    "the template has no ${\(name)}; there are \(known) and ${parameters.NAME}"
                )
            }
        }
        self.template = template
        self.parameters = parameters
    }

    /// One row, unless the template has a place for many.
    var rowsMax: Int {
        template.isBare("contents") || template.isBare("documents") ? 256 : 1
    }

    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        switch (first, second) {
        case (.pair(let query, _), .pair(let other, _)):
            query == other && template.isBare("documents")
        case (.prompt, .prompt), (.text, .text): template.isBare("contents")
        default: false
        }
    }

    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        var image: JSON?
        if case .pictured(_, let pictures) = inputs[0], let first = pictures.first {
            image = .string(try first.dataURL())
        }
        return try template.filled { name in
            if name == "image" { return image }
            if name.hasPrefix("parameters.") {
                return parameters.named[String(name.dropFirst("parameters.".count))]
            }
            return name == "model" ? .string(parameters.model) : Self.value(name, inputs)
        }
    }

    private static func value(_ name: String, _ inputs: [RemoteInput]) -> JSON? {
        switch (name, inputs[0]) {
        case ("content", .prompt(let text)), ("content", .text(let text)),
            ("content", .pictured(let text, _)):
            .string(text)
        case ("query", .pair(let query, _)): .string(query)
        case ("document", .pair(_, let document)): .string(document)
        case ("contents", .prompt), ("contents", .text):
            .array(
                inputs.compactMap {
                    switch $0 {
                    case .prompt(let text), .text(let text): .string(text)
                    case .pair, .pictured, .written: nil
                    }
                }
            )
        case ("documents", .pair):
            .array(
                inputs.compactMap {
                    guard case .pair(_, let document) = $0 else { return nil }
                    return .string(document)
                }
            )
        default: nil
        }
    }
}

/// The answer at the end of a path.
struct PathAnswer: AnswerForm {
    let path: JSONPath

    /// A path with `[*]` finds a value for each row.
    var rowsMax: Int { path.findsMany ? 2_048 : 1 }

    func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        var beside = Beside()
        var answers: [Result<RemoteAnswer, RemoteModelError>] = []
        try AnswerScanner.whole(body) { (scanner) throws(RemoteModelError) in
            var start = scanner
            let spans = try path.spans(&scanner)
            try beside.read(&start)
            if spans.isEmpty, let failure = UpstreamText.failure(beside.error) { throw failure }
            answers = try values(spans, &scanner, inputs)
        }
        return CallReading(
            answers: answers,
            usage: TokenCounts.usage(beside.usage, inputs, answers)
        )
    }

    private func values(
        _ spans: [Range<Int>],
        _ scanner: inout AnswerScanner,
        _ inputs: [RemoteInput]
    ) throws(RemoteModelError) -> [Result<RemoteAnswer, RemoteModelError>] {
        // One row takes all that a path with `[*]` finds, as an array.
        if inputs.count == 1, path.findsMany, spans.count != 1 {
            var elements: [JSON] = []
            for span in spans { elements.append(try JSONText.tree(scanner.bytes[span])) }
            return [answer(.array(elements), inputs[0])]
        }
        guard !spans.isEmpty else {
            throw RemoteModelError(.badResponse, "the answer has nothing at \(path.text)")
        }
        guard spans.count == inputs.count else {
            throw Placing.wrongCount(spans.count, inputs.count)
        }
        var answers: [Result<RemoteAnswer, RemoteModelError>] = []
        for (span, input) in zip(spans, inputs) {
            var place = scanner.moved(to: span.lowerBound)
            if case .text = input, try place.peek() == UInt8(ascii: "[") {
                answers.append(vector(try place.numbers(expected: 1_024)))
            } else {
                answers.append(answer(try JSONText.tree(scanner.bytes[span]), input))
            }
        }
        return answers
    }

    private func vector(_ numbers: [Double]?) -> Result<RemoteAnswer, RemoteModelError> {
        guard let numbers, !numbers.isEmpty else { return wrong("an array of numbers") }
        return .success(RemoteAnswer(.vector(numbers)))
    }

    /// A found value as the row wants it: numbers for a text to embed, a number for a document,
    /// anything for a prompt.
    private func answer(
        _ value: JSON,
        _ input: RemoteInput
    ) -> Result<RemoteAnswer, RemoteModelError> {
        switch input {
        case .prompt, .pictured, .written:
            return .success(RemoteAnswer(value.string.map { .text($0) } ?? .json(value)))
        case .pair:
            guard let score = value.double else { return wrong("a number") }
            return .success(RemoteAnswer(.score(score)))
        case .text:
            let numbers = value.array?.compactMap(\.double)
            return vector(numbers?.count == value.array?.count ? numbers : nil)
        }
    }

    private func wrong(_ wanted: String) -> Result<RemoteAnswer, RemoteModelError> {
        .failure(RemoteModelError(.badResponse, "the answer has not \(wanted) at \(path.text)"))
    }

    /// What most services write beside the answer, wherever the path leads.
    private struct Beside {
        var usage: JSON?
        var error: JSON?

        mutating func read(_ scanner: inout AnswerScanner) throws(RemoteModelError) {
            guard try scanner.peek() == UInt8(ascii: "{") else { return }
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                switch name {
                case "usage": usage = try scanner.tree()
                case "error": error = try scanner.tree()
                default: try scanner.skip()
                }
            }
        }
    }
}
